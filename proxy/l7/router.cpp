#include "proxy/l7/router.h"

#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/http/target.h"

namespace fairlead::l7 {
namespace {

bool has_header(const conf::HeaderMatch& match, const http::RequestHead& head) {
    for (const http::Field& field : head.fields) {
        if (!iequals(head.name(field), match.name)) continue;
        if (!match.value.has_value() || head.value(field) == *match.value) return true;
    }
    return false;
}

bool takes(const conf::Route& route, const RouteQuery& query) {
    const auto any_of = [](const auto& patterns, auto&& accepts) {
        return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), accepts);
    };
    return any_of(route.host, [&](const auto& each) { return matches(each, query.host); }) &&
           any_of(route.path, [&](const auto& each) { return matches(each, query.route_path); }) &&
           any_of(route.method, [&](const auto& each) { return each == query.method; }) &&
           std::all_of(route.header.begin(), route.header.end(), [&](const auto& each) {
               return query.head != nullptr && has_header(each, *query.head);
           });
}

}  // namespace

bool matches(const conf::HostPattern& pattern, std::string_view host) {
    if (!pattern.wildcard) return http::host_equals(host, pattern.name);
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && dot > 0 &&
           http::host_equals(host.substr(dot + 1), pattern.name);
}

bool matches(const conf::PathPattern& pattern, std::string_view route_path) {
    if (!pattern.prefix) return route_path == pattern.path;
    return route_path.starts_with(pattern.path) &&
           (route_path.size() == pattern.path.size() || route_path[pattern.path.size()] == '/');
}

Router::Router(const conf::Model& model, std::string_view listener) {
    for (std::size_t index = 0; index < model.routes.size(); ++index) {
        const conf::Route& route = model.routes[index];
        if (route.listener.empty() || route.listener == listener) {
            candidates_.push_back({index, &route});
        }
    }
}

std::optional<std::size_t> Router::find(const RouteQuery& query) const {
    for (const Candidate& candidate : candidates_) {
        if (takes(*candidate.route, query)) return candidate.index;
    }
    return std::nullopt;
}

}  // namespace fairlead::l7
