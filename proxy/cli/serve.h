/// Serving in the foreground: the server, its admin endpoint and the signals, until it is told to
/// stop.
#pragma once

#include <string>

#include "conf/model.h"

namespace fairlead::cli {

/// `fairlead run`. @return the exit code
int serve_file(const std::string& path);
/// @param model  loaded without errors
/// @param path   of the file it came from, which HUP loads again; empty when there is none
int serve(conf::Model model, const std::string& path = {});

}  // namespace fairlead::cli
