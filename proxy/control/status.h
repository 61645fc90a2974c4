/// What is going on, as JSON and as a plain page (docs/steering.md). Main thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/runtime/server.h"
#include "proxy/runtime/steering.h"

namespace fairlead::control {

/// `GET /api/v1/status`
/// @param steering        null: nothing of it is shown
/// @param may_see_errors  those of the last reload quote lines of the file
std::string status_json(const runtime::Server& server, const runtime::Steering* steering, Time now,
                        bool may_see_errors);
/// `GET /api/v1/pools/{pool}`; nothing when there is none of that name
std::optional<std::string> pool_json(const runtime::Server& server,
                                     const runtime::Steering* steering, std::string_view pool);
/// One backend of it.
std::optional<std::string> backend_json(const runtime::Server& server,
                                        const runtime::Steering* steering, std::string_view pool,
                                        std::string_view backend);
/// `GET /`
std::string status_page(const runtime::Server& server, Time now);

}  // namespace fairlead::control
