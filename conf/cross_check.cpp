#include "conf/cross_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "conf/file.h"
#include "conf/sticky_check.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

bool covers(const HostPattern& wide, const HostPattern& narrow) {
    if (wide == narrow) return true;
    if (!wide.wildcard || narrow.wildcard) return false;
    const std::size_t dot = narrow.name.find('.');  // the wildcard is exactly one label
    return dot != std::string::npos && std::string_view{narrow.name}.substr(dot + 1) == wide.name;
}

bool covers(const PathPattern& wide, const PathPattern& narrow) {
    if (wide == narrow) return true;
    if (!wide.prefix) return false;
    return narrow.path == wide.path || narrow.path.starts_with(wide.path + "/");
}

bool covers(const std::string& wide, const std::string& narrow) { return wide == narrow; }

/// Every pattern of `narrow` is covered by one of `wide`; no pattern takes everything.
template <class Pattern>
bool all_covered(const std::vector<Pattern>& wide, const std::vector<Pattern>& narrow) {
    if (wide.empty()) return true;
    if (narrow.empty()) return false;
    return std::all_of(narrow.begin(), narrow.end(), [&](const Pattern& item) {
        return std::any_of(wide.begin(), wide.end(),
                           [&](const Pattern& other) { return covers(other, item); });
    });
}

/// Every condition of `wide` is implied by one of `narrow`.
bool headers_covered(const std::vector<HeaderMatch>& wide, const std::vector<HeaderMatch>& narrow) {
    return std::all_of(wide.begin(), wide.end(), [&](const HeaderMatch& condition) {
        return std::any_of(narrow.begin(), narrow.end(), [&](const HeaderMatch& other) {
            return iequals(condition.name, other.name) &&
                   (!condition.value || condition.value == other.value);
        });
    });
}

/// Routes and expectations are for requests, which come to listeners with mode "http".
void check_modes(const Model& model, std::vector<Error>& errors) {
    const bool has_http =
        std::any_of(model.listeners.begin(), model.listeners.end(),
                    [](const Listener& listener) { return listener.mode == Mode::Http; });
    if (has_http || model.listeners.empty()) return;
    constexpr std::string_view kHint = "write a [listener.NAME] with mode = \"http\"";
    const auto report = [&](std::string message, const Location& where) {
        errors.push_back(Error{std::move(message), std::string{kHint}, where});
    };
    // One that names its listener is reported there.
    for (const Route& route : model.routes) {
        if (!route.listener.empty()) continue;
        report("this route can never match: every listener has mode \"tcp\"", route.where);
    }
    for (const Expectation& expectation : model.expectations) {
        if (!expectation.listener.empty()) continue;
        report("no request can come: every listener has mode \"tcp\"", expectation.where);
    }
}

void check_routes(const Model& model, const ReadNotes& notes, std::vector<Error>& errors) {
    for (std::size_t later = 0; later < model.routes.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            const Route& route = model.routes[later];
            const Route& taker = model.routes[earlier];
            const bool is_sound = notes.route_is_sound[later] && notes.route_is_sound[earlier];
            if (!is_sound || !is_shadowed(route, taker)) continue;
            errors.push_back(Error{
                fmt::format("this route can never match: the one in {} takes all its requests",
                            line_text(taker.where, route.where)),
                "move it up, or narrow the other", route.where});
            break;
        }
    }
}

void check_route_names(const Model& model, std::vector<Error>& errors) {
    std::map<std::string_view, const Route*> seen;
    for (const Route& route : model.routes) {
        const auto [first, is_new] = seen.emplace(route.name, &route);
        // Two made names that are equal have the same match, which is told already.
        if (is_new || is_shadowed(route, *first->second)) continue;
        errors.push_back(
            Error{fmt::format("two routes named \"{}\"", route.name),
                  fmt::format("the first is in {}", line_text(first->second->where, route.where)),
                  route.where});
    }
}

/// Whether two sockets would ask for the same address.
bool same_address(const BindAddress& a, const BindAddress& b) {
    if (a.address.is_unix() || b.address.is_unix()) return a.address == b.address;
    if (a.address.port != b.address.port || a.address.port == 0) return false;
    if (a.any && b.any) return true;
    const auto is_any_text = [](const BindAddress& bind) {
        const std::string ip = bind.address.ip.text();
        return ip == "::" || ip == "0.0.0.0";
    };
    if (a.any || b.any) return is_any_text(a.any ? b : a);
    return a.address.ip == b.address.ip;
}

void check_binds(const Model& model, std::vector<Error>& errors) {
    struct Taken {
        const BindAddress* address;
        const Location* where;
        std::string owner;
    };
    std::vector<Taken> taken;
    const auto claim = [&](const BindAddress& address, const Location& where, std::string owner) {
        for (const Taken& other : taken) {
            if (!same_address(address, *other.address)) continue;
            errors.push_back(
                Error{fmt::format("{} is bound twice", address.text()),
                      fmt::format("{} has it in {}", other.owner, line_text(*other.where, where)),
                      where});
            return;
        }
        taken.push_back({&address, &where, std::move(owner)});
    };
    for (const Listener& listener : model.listeners) {
        for (const Bind& bind : listener.bind) {
            claim(bind.address, bind.where, fmt::format("[listener.{}]", listener.name));
        }
    }
    if (model.admin) claim(model.admin->bind, model.admin->where, "[admin]");
}

void check_purpose(const Model& model, const ReadNotes& notes, std::vector<Error>& errors) {
    // A route that could not be read may be the one that was to take the requests.
    const bool all_sound =
        std::all_of(notes.route_is_sound.begin(), notes.route_is_sound.end(), std::identity{});
    if (!all_sound) return;
    for (std::size_t i = 0; i < model.listeners.size(); ++i) {
        const Listener& listener = model.listeners[i];
        const bool has_route =
            std::any_of(model.routes.begin(), model.routes.end(), [&](const Route& route) {
                return route.listener.empty() || route.listener == listener.name;
            });
        if (listener.mode == Mode::Tcp || notes.listener_has_pool[i] || has_route) continue;
        errors.push_back(Error{fmt::format("[listener.{}] has no \"pool\", and no route takes its "
                                           "requests",
                                           listener.name),
                               "write pool = \"NAME\", or a [[route]]", listener.where});
    }
}

void check_use(const Model& model, std::vector<Error>& warnings) {
    std::set<std::string_view> used;
    for (const Listener& listener : model.listeners) {
        used.insert(listener.pool);
        for (const SniRoute& row : listener.sni) used.insert(row.pool);
    }
    for (const Route& route : model.routes) {
        used.insert(route.pool);
        for (const SplitShare& share : route.split) used.insert(share.pool);
    }
    for (const Pool& pool : model.pools) {
        if (used.find(pool.name) != used.end()) continue;
        warnings.push_back(Error{fmt::format("nothing uses [pool.{}]", pool.name),
                                 "name it in a listener or a route", pool.where});
    }
}

}  // namespace

bool is_shadowed(const Route& later, const Route& earlier) {
    const bool listener_covered = earlier.listener.empty() || earlier.listener == later.listener;
    return listener_covered && all_covered(earlier.host, later.host) &&
           all_covered(earlier.path, later.path) && all_covered(earlier.method, later.method) &&
           headers_covered(earlier.header, later.header);
}

void cross_check(const Model& model, const ReadNotes& notes, std::vector<Error>& errors,
                 std::vector<Error>& warnings) {
    check_binds(model, errors);
    check_purpose(model, notes, errors);
    check_modes(model, errors);
    check_routes(model, notes, errors);
    check_route_names(model, errors);
    check_sticky(model, errors, warnings);
    // A pool may be unused because its user's line is one of the errors.
    if (errors.empty()) check_use(model, warnings);
}

}  // namespace fairlead::conf
