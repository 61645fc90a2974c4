/// `${NAME}` in string values. Done after parsing, so a variable's content can never become TOML.
#pragma once

#include <vector>

#include "conf/document.h"
#include "conf/load.h"

namespace fairlead::conf {

/// Replaces `${NAME}` by the variable and `$$` by a dollar in every string value (not in keys) of
/// `root`, whose places are in `document`.
/// A dollar before anything else stays as it is. An unset variable is an error.
/// @return the places of the values that could not be completed; they keep their text.
std::vector<Place> expand_environment(const Document& document, Value& root,
                                      const Environment& environment, std::vector<Error>& errors);

}  // namespace fairlead::conf
