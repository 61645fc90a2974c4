/// Times of day for machines and people: RFC 3339, UTC, milliseconds.
#pragma once

#include <string>

#include "proxy/base/clock.h"

namespace fairlead::control {

/// "2026-01-02T03:04:05.678Z"; empty for the zero of WallTime.
std::string time_text(WallTime when);

}  // namespace fairlead::control
