#include "proxy/control/resource.h"

#include <array>
#include <optional>
#include <vector>

#include "proxy/base/text.h"
#include "proxy/runtime/takeover_message.h"

namespace fairlead::control {
namespace {

struct PathRow {
    std::string_view path;
    Resource resource;
};

constexpr std::array<PathRow, 9> kPaths{{
    {"/", Resource::Page},
    {"/live", Resource::Live},
    {"/ready", Resource::Ready},
    {"/metrics", Resource::Metrics},
    {"/api/v1/status", Resource::Status},
    {"/api/v1/reload", Resource::Reload},
    {"/api/v1/confirm", Resource::Confirm},
    {"/api/v1/plan", Resource::Plan},
    {runtime::kTakeoverPath, Resource::Takeover},
}};

constexpr std::string_view kPools = "/api/v1/pools/";

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char lower = ascii_lower(c);
    if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
    return std::nullopt;
}

/// A name out of a path: "unix:%2Frun%2Fapp.sock". A malformed percent stays as it is, which is the
/// name of nothing.
std::string decoded(std::string_view segment) {
    std::string out;
    for (std::size_t at = 0; at < segment.size(); ++at) {
        if (segment[at] == '%' && at + 2 < segment.size()) {
            const auto high = hex_digit(segment[at + 1]);
            const auto low = hex_digit(segment[at + 2]);
            if (high && low) {
                out += static_cast<char>(*high * 16 + *low);
                at += 2;
                continue;
            }
        }
        out += segment[at];
    }
    return out;
}

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

Place in_pools(std::string_view rest) {
    const std::vector<std::string_view> parts = segments(rest);
    if (parts.front().empty()) return {};
    if (parts.size() == 1) return {Resource::Pool, decoded(parts[0]), {}};
    if (parts[1] != "backends") return {};
    if (parts.size() == 2) return {Resource::Backends, decoded(parts[0]), {}};
    if (parts.size() > 3 || parts[2].empty()) return {};
    return {Resource::Backend, decoded(parts[0]), decoded(parts[2])};
}

}  // namespace

Place find_place(std::string_view path) {
    for (const PathRow& row : kPaths) {
        if (row.path == path) return {row.resource, {}, {}};
    }
    if (path.starts_with(kPools)) return in_pools(path.substr(kPools.size()));
    return {};
}

std::string_view allowed_methods(Resource resource) {
    switch (resource) {
        case Resource::None:
        case Resource::Page:
        case Resource::Live:
        case Resource::Ready:
        case Resource::Metrics:
        case Resource::Status:
        case Resource::Pool:
            break;
        case Resource::Backends:
        case Resource::Reload:
        case Resource::Confirm:
        case Resource::Takeover:
            return "POST";
        case Resource::Backend:
            return "PATCH, DELETE";
        case Resource::Plan:
            return "GET, HEAD, POST";
    }
    return "GET, HEAD";
}

bool is_allowed(Resource resource, http::Method method) {
    switch (method) {
        case http::Method::Get:
        case http::Method::Head:
            return allowed_methods(resource).starts_with("GET");
        case http::Method::Post:
            return allowed_methods(resource).ends_with("POST");
        case http::Method::Patch:
        case http::Method::Delete:
            return resource == Resource::Backend;
        default:
            return false;
    }
}

bool is_reading(http::Method method) {
    return method == http::Method::Get || method == http::Method::Head;
}

}  // namespace fairlead::control
