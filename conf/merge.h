/// One namespace for several files: the tables of an included file join those of the document.
#pragma once

#include <vector>

#include "conf/document.h"

namespace fairlead::conf {

/// Moves what `included` has into the root of `document`. Listeners and pools join the others,
/// [[route]] and [[expect]] follow them; what is in both is an error that names both places.
void merge(Document& document, Value included, std::vector<Error>& errors);

}  // namespace fairlead::conf
