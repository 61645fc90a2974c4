/// What can only be seen with the whole model: names and addresses given twice, routes that can
/// never match, listeners without a purpose.
#pragma once

#include <vector>

#include "conf/model.h"
#include "conf/read_file.h"
#include "proxy/base/error.h"

namespace fairlead::conf {

/// Appends what is wrong between the sections of a model. What reading has already complained
/// about (`notes`) is left out, so that one mistake is told once.
void cross_check(const Model& model, const ReadNotes& notes, std::vector<Error>& errors,
                 std::vector<Error>& warnings);

/// Whether every request `later` takes is taken by `earlier`, as far as one pattern covers another.
bool is_shadowed(const Route& later, const Route& earlier);

}  // namespace fairlead::conf
