/// The endpoint's resources by their paths, and which methods each has. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::control {

enum class Resource : std::uint8_t {
    None,
    Page,
    Live,
    Ready,
    Metrics,
    Status,
    Pool,
    Backends,  ///< of a pool
    Backend,
    Reload,
    Confirm,
    Plan,
    Takeover,  ///< an upgrade, of the control socket only
};

/// What a path names.
struct Place {
    Resource resource = Resource::None;
    std::string pool;     ///< decoded
    std::string backend;  ///< decoded
};

/// @param path  normalised (see http::Target::route_path)
Place find_place(std::string_view path);
/// The methods of a resource as an Allow field has them: "GET, HEAD".
std::string_view allowed_methods(Resource resource);
bool is_allowed(Resource resource, http::Method method);
/// Methods that only look.
bool is_reading(http::Method method);

}  // namespace fairlead::control
