/// `fairlead status` as text. Pure.
#pragma once

#include <string>

#include "proxy/cli/terminal.h"
#include "proxy/control/json_value.h"

namespace fairlead::cli {

/// @param status    what GET /api/v1/status answers
/// @param terminal  lines are cut to its columns (not to its rows); what a name could do to a
///                  terminal is left out
std::string status_table(const control::JsonValue& status, const Terminal& terminal);

}  // namespace fairlead::cli
