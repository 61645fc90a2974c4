#include "proxy/l4/sni_route.h"

#include <algorithm>

namespace fairlead::l4 {
namespace {

/// "*.example.com" stands for one label: a.example.com, neither example.com nor a.b.example.com.
bool takes(const conf::SniRoute& row, std::string_view name) {
    if (!row.wildcard) return name == row.name;
    const std::size_t dot = name.find('.');
    return dot != std::string_view::npos && dot > 0 && name.substr(dot + 1) == row.name;
}

}  // namespace

std::optional<std::size_t> find_sni_route(std::span<const conf::SniRoute> rows,
                                          std::string_view name) {
    if (name.empty()) return std::nullopt;
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return takes(row, name); });
    if (found == rows.end()) return std::nullopt;
    return static_cast<std::size_t>(found - rows.begin());
}

}  // namespace fairlead::l4
