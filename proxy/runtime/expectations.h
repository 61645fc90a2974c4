/// Runs the `[[expect]]` tests of a configuration through the router that serves traffic.
#pragma once

#include <vector>

#include "conf/model.h"
#include "proxy/base/error.h"

namespace fairlead::runtime {

/// @param model  loaded without errors
/// @return one error per expectation that is not met
std::vector<Error> run_expectations(const conf::Model& model);

}  // namespace fairlead::runtime
