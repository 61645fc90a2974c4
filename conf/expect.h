/// The configuration's own tests: does each [[expect]] request end where it says? Routing itself is
/// handed in, so that this folder needs no router and the check runs the code that serves traffic.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/base/error.h"

namespace fairlead::conf {

/// A request to be routed. Everything referred to outlives the call only.
struct ExpectRequest {
    const Listener&
        listener;  ///< named by the expectation, else the one whose port fits, else the first
    std::string_view method;
    std::string_view scheme;  ///< "http" or "https"
    std::string_view host;    ///< without port
    std::uint16_t port;
    std::string_view target;  ///< path with query, as written
    const std::vector<HeaderField>& header;
};

/// Where a request ends.
struct Outcome {
    std::string route;                    ///< the route that took it; empty: none did
    std::optional<std::string> pool;      ///< set when it goes to a pool
    std::optional<int> status;            ///< of an answer made here: fixed, redirect, 404, 400
    std::optional<std::string> redirect;  ///< the Location of a redirect
    std::vector<std::string> shares{};    ///< pools of a split route that get requests
};

using RouteRequest = std::function<Outcome(const ExpectRequest&)>;

/// Runs every expectation of a model that loaded without errors.
/// @return one error per expectation that is not met, in file order.
std::vector<Error> check_expectations(const Model& model, const RouteRequest& route);

}  // namespace fairlead::conf
