#include "proxy/control/time_text.h"

#include <fmt/format.h>

#include <ctime>

namespace fairlead::control {

std::string time_text(WallTime when) {
    if (when == WallTime{}) return {};
    const auto since_epoch = when.time_since_epoch().count();
    const std::time_t seconds = since_epoch / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       since_epoch % 1000);
}

}  // namespace fairlead::control
