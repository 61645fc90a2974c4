#include "conf/sticky_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace fairlead::conf {
namespace {

/// Requests that one client may send with the same cookies: those of a host.
struct Taker {
    const Route* route = nullptr;        ///< null: a listener's own pool
    const Listener* listener = nullptr;  ///< null: every listener
    std::vector<const Pool*> pools;      ///< sticky ones only
};

void add_pool(const Model& model, const std::string& name, Taker& taker) {
    const Pool* const pool = model.pool(name);
    if (pool != nullptr && pool->sticky) taker.pools.push_back(pool);
}

std::vector<Taker> find_takers(const Model& model) {
    std::vector<Taker> takers;
    for (const Route& route : model.routes) {
        Taker taker{&route, model.listener(route.listener), {}};
        add_pool(model, route.pool, taker);
        for (const SplitShare& share : route.split) add_pool(model, share.pool, taker);
        if (!taker.pools.empty()) takers.push_back(std::move(taker));
    }
    for (const Listener& listener : model.listeners) {
        Taker taker{nullptr, &listener, {}};
        if (listener.mode == Mode::Http) add_pool(model, listener.pool, taker);
        if (!taker.pools.empty()) takers.push_back(std::move(taker));
    }
    return takers;
}

/// A browser sends its cookies to the host it has them from, and to no other.
bool may_meet(const Taker& a, const Taker& b) {
    const bool same_listener =
        a.listener == nullptr || b.listener == nullptr || a.listener == b.listener;
    const bool has_hosts = a.route != nullptr && b.route != nullptr && !a.route->host.empty() &&
                           !b.route->host.empty();
    return same_listener && (!has_hosts || a.route->host == b.route->host);
}

void check_splits(const Model& model, std::vector<Error>& errors) {
    for (const Route& route : model.routes) {
        const Pool* first = nullptr;
        for (const SplitShare& share : route.split) {
            const Pool* const pool = model.pool(share.pool);
            if (pool == nullptr || !pool->sticky) continue;
            if (first == nullptr) first = pool;
            if (pool->sticky->cookie == first->sticky->cookie) continue;
            errors.push_back(Error{
                fmt::format("the sticky cookies of this split are \"{}\" in [pool.{}] and "
                            "\"{}\" in [pool.{}]",
                            first->sticky->cookie, first->name, pool->sticky->cookie, pool->name),
                "give them one name: a client has one place in a split", route.where});
            break;
        }
    }
}

void check_clashes(const Model& model, std::vector<Error>& warnings) {
    const std::vector<Taker> takers = find_takers(model);
    std::set<std::pair<const Pool*, const Pool*>> told;
    const auto look_at = [&](const Pool* a, const Pool* b) {
        if (a == b || a->sticky->cookie != b->sticky->cookie) return;
        if (a > b) std::swap(a, b);
        if (!told.emplace(a, b).second) return;
        const Pool& later = *std::max(a, b);  // model.pools is in file order
        const Pool& earlier = *std::min(a, b);
        warnings.push_back(
            Error{fmt::format("[pool.{}] and [pool.{}] have the same sticky cookie \"{}\": a "
                              "client of both keeps its place in one only",
                              earlier.name, later.name, later.sticky->cookie),
                  fmt::format("write sticky = {{ cookie = \"{}-{}\" }}", later.sticky->cookie,
                              later.name),
                  later.sticky->where});
    };
    // Pools of one split are one place, and share the cookie on purpose.
    for (const Taker& taker : takers) {
        for (const Pool* a : taker.pools) {
            for (const Pool* b : taker.pools) told.emplace(std::min(a, b), std::max(a, b));
        }
    }
    for (std::size_t i = 0; i < takers.size(); ++i) {
        for (std::size_t j = i + 1; j < takers.size(); ++j) {
            if (!may_meet(takers[i], takers[j])) continue;
            for (const Pool* a : takers[i].pools) {
                for (const Pool* b : takers[j].pools) look_at(a, b);
            }
        }
    }
}

/// With a state file the process's own key outlives it.
void check_keys(const Model& model, std::vector<Error>& warnings) {
    if (!model.process.state_file.empty()) return;
    for (const Pool& pool : model.pools) {
        if (!pool.sticky || pool.sticky->key != nullptr) continue;
        warnings.push_back(
            Error{fmt::format("the sticky cookies of [pool.{}] end with the process", pool.name),
                  "set [process] state_file, or sticky = { key_file = \"sticky.key\" }",
                  pool.sticky->where});
    }
}

}  // namespace

void check_sticky(const Model& model, std::vector<Error>& errors, std::vector<Error>& warnings) {
    check_splits(model, errors);
    if (!errors.empty()) return;
    check_clashes(model, warnings);
    check_keys(model, warnings);
}

}  // namespace fairlead::conf
