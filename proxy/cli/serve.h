/// Serving in the foreground, from a file or without one.
#pragma once

#include "conf/model.h"
#include "proxy/cli/service.h"

namespace fairlead::cli {

/// `fairlead run`. @return the exit code
int serve_file(const ServiceSettings& settings);
/// @param model  loaded without errors, from no file
int serve(conf::Model model);

}  // namespace fairlead::cli
