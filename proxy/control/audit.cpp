#include "proxy/control/audit.h"

#include "proxy/control/json_value.h"
#include "proxy/telemetry/log.h"

namespace fairlead::control {
namespace {

constexpr Duration kWindow = std::chrono::seconds{1};
constexpr unsigned kLinesPerWindow = 5;

}  // namespace

void audit(std::string_view who, std::string_view what, std::string_view result) {
    telemetry::log::info("audit who={} what={} result={}", json_text(who), json_text(what),
                         json_text(result));
}

void DeniedAttempts::report(Time now, std::string_view peer, std::string_view what,
                            std::string_view why) {
    if (now - window_begin_ >= kWindow) {
        window_begin_ = now;
        reported_ = 0;
    }
    if (reported_ >= kLinesPerWindow) {
        ++left_out_;
        return;
    }
    ++reported_;
    telemetry::log::warn("denied who={} what={} why={} left_out={}", json_text(peer),
                         json_text(what), json_text(why), left_out_);
    left_out_ = 0;
}

}  // namespace fairlead::control
