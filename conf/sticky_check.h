/// What only shows between sticky pools: who shares a cookie, and who keeps the key.
#pragma once

#include <vector>

#include "conf/model.h"
#include "proxy/base/error.h"

namespace fairlead::conf {

/// Errors: a split whose pools have cookies of different names. Warnings: pools that one client
/// meets and that take each other's cookie for a bad one; a key that ends with the process.
void check_sticky(const Model& model, std::vector<Error>& errors, std::vector<Error>& warnings);

}  // namespace fairlead::conf
