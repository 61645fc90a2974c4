/// What the endpoint answers, as values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/telemetry/prometheus.h"

namespace fairlead::control {

struct ApiAnswer {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
    /// Set for a listing that is made piece by piece while it is sent; `body` is empty then.
    std::unique_ptr<telemetry::Rendering> listing;
    std::string_view allow;  ///< with 405
};

/// Takes the one answer to a request, now or later. Nothing happens when the client has gone.
using Reply = std::function<void(ApiAnswer)>;

/// @param json  one value, without a line end
ApiAnswer json_answer(int status, std::string json);
/// {"error":"...","hint":"..."}
ApiAnswer problem(int status, std::string_view error, std::string_view hint);
ApiAnswer text_answer(int status, std::string_view text);

}  // namespace fairlead::control
