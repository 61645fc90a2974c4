/// The admin endpoint's resources: which path answers what (docs/operations.md). No sockets here.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proxy/http/message.h"
#include "proxy/runtime/server.h"
#include "proxy/telemetry/prometheus.h"

namespace fairlead::control {

struct ApiRequest {
    http::Method method = http::Method::Get;
    std::string_view path;   ///< without query
    std::string_view query;  ///< without "?"
    std::string_view host;   ///< the Host field
};

struct ApiAnswer {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
    /// Set for a listing that is made piece by piece while it is sent; `body` is empty then.
    std::unique_ptr<telemetry::Rendering> listing;
    std::string_view allow;  ///< with 405
};

/// @param bind  the endpoint's own address, one of the hosts it answers to
ApiAnswer answer(runtime::Server& server, const BindAddress& bind, const ApiRequest& request,
                 Time now);

/// Is this a Host a person on this machine would use? Anything else is a web page that had its name
/// point here (DNS rebinding).
bool is_accepted_host(std::string_view host, const BindAddress& bind);

}  // namespace fairlead::control
