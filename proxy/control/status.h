/// What is going on, as JSON and as a plain page (docs/operations.md). Main thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/runtime/server.h"

namespace fairlead::control {

/// `GET /api/v1/status`
std::string status_json(const runtime::Server& server, Time now);
/// `GET /api/v1/pools/{pool}`; nothing when there is none of that name
std::optional<std::string> pool_json(const runtime::Server& server, std::string_view pool);
/// `GET /`
std::string status_page(const runtime::Server& server, Time now);

}  // namespace fairlead::control
