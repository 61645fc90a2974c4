#include "proxy/runtime/overrides.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/settings.h"

namespace fairlead::runtime {
namespace {

using balancing::AdminState;

conf::Pool* find_pool(conf::Model& model, std::string_view name) {
    for (conf::Pool& pool : model.pools) {
        if (pool.name == name) return &pool;
    }
    return nullptr;
}

template <class Pool>
auto find_backend(Pool& pool, std::string_view name) {
    return std::find_if(pool.backends.begin(), pool.backends.end(),
                        [&](const auto& each) { return each.name == name; });
}

bool is_same(const conf::Backend& a, const conf::Backend& b) {
    return a.name == b.name && a.address == b.address && a.weight == b.weight &&
           a.max_in_flight == b.max_in_flight && a.tier == b.tier;
}

/// @return why it ends; empty: it stays
std::string lay_removed(conf::Model& model, const RemovedBackend& removed) {
    conf::Pool* const pool = find_pool(model, removed.pool);
    if (pool == nullptr) return "the pool is gone";
    const auto found = find_backend(*pool, removed.backend.name);
    if (found == pool->backends.end()) return "the file has it no more";
    if (!is_same(*found, removed.backend)) return "the file has changed it";
    if (pool->backends.size() == 1) return "it is the pool's last one in the file";
    pool->backends.erase(found);
    return {};
}

std::string lay_added(conf::Model& model, const AddedBackend& added) {
    conf::Pool* const pool = find_pool(model, added.pool);
    if (pool == nullptr) return "the pool is gone";
    if (find_backend(*pool, added.backend.name) != pool->backends.end()) {
        return "the file has it now";
    }
    pool->backends.push_back(added.backend);
    return {};
}

}  // namespace

const BackendOverride* Overrides::find(std::string_view pool, std::string_view backend) const {
    const auto found = std::find_if(backends.begin(), backends.end(), [&](const auto& each) {
        return each.pool == pool && each.backend == backend;
    });
    return found == backends.end() ? nullptr : &*found;
}

BackendOverride& Overrides::at(std::string_view pool, std::string_view backend) {
    const auto found = std::find_if(backends.begin(), backends.end(), [&](const auto& each) {
        return each.pool == pool && each.backend == backend;
    });
    if (found != backends.end()) return *found;
    BackendOverride made;
    made.pool = pool;
    made.backend = backend;
    backends.push_back(std::move(made));
    return backends.back();
}

conf::Model lay_over(const conf::Model& file, Overrides& overrides,
                     std::vector<std::string>& ended) {
    conf::Model model = file;
    const auto note = [&](std::string_view what, const std::string& pool,
                          const std::string& backend, std::string_view why) {
        ended.push_back(fmt::format("{} of {}/{} at run time ends: {}", what, pool, backend, why));
    };
    std::erase_if(overrides.removed, [&](const RemovedBackend& each) {
        const std::string why = lay_removed(model, each);
        if (!why.empty()) note("removal", each.pool, each.backend.name, why);
        return !why.empty();
    });
    std::erase_if(overrides.added, [&](const AddedBackend& each) {
        const std::string why = lay_added(model, each);
        if (!why.empty()) note("addition", each.pool, each.backend.name, why);
        return !why.empty();
    });
    std::erase_if(overrides.backends, [&](BackendOverride& each) {
        conf::Pool* const pool = find_pool(model, each.pool);
        const bool is_there =
            pool != nullptr && find_backend(*pool, each.backend) != pool->backends.end();
        if (!is_there) {
            if (each.state != AdminState::Ready) {
                note(word(each.state), each.pool, each.backend, "the backend is gone");
            }
            if (each.weight) note("weight", each.pool, each.backend, "the backend is gone");
            return true;
        }
        conf::Backend& backend = *find_backend(*pool, each.backend);
        if (each.weight && each.weight->file_weight != backend.weight) {
            note("weight", each.pool, each.backend,
                 fmt::format("the file now says {}", backend.weight));
            each.weight.reset();
        }
        if (each.weight) backend.weight = each.weight->weight;
        return each.state == AdminState::Ready && !each.weight;
    });
    return model;
}

}  // namespace fairlead::runtime
