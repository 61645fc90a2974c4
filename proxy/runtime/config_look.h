/// One look at the configuration's files: content as hashes, and the folders that lead to it.
/// Blocks; any thread. Private to ConfigWatch.
#pragma once

#include <string>
#include <vector>

#include "proxy/runtime/config_watch.h"

namespace fairlead::runtime {

/// Reads every listed file, and every file in the listed folders but hidden ones and editors'
/// copies ("name~").
ConfigWatch::Looks look_at(const WatchList& list);

/// The folders in which a change can change what the list leads to: those of the files, of the
/// links on the way to them, and the listed ones. Each once.
std::vector<std::string> folders_on_the_way(const WatchList& list);

}  // namespace fairlead::runtime
