/// The file of `[process] state_file`: read at the start, written whole each time. Blocks; any
/// thread. The file decides what the balancer does and may hold secrets one day, so it is only
/// believed when nobody else can have written it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/runtime/saved_state.h"

namespace fairlead::runtime {

struct LoadedState {
    std::optional<SavedState> state;  ///< nothing: there was no file, or a damaged one
    std::string warning;              ///< empty: nothing to tell
};

/// A damaged file, or one of another version, is renamed to `path.damaged-TIME` with a warning:
/// health is found out again, and a person can look at what was lost. Also removes what writers
/// that were killed left behind.
/// @return an error that tells the cure when the file or its folder belongs to somebody else or can
///         be written by others, when the folder is missing, or when reading fails
/// @param also_trusted  a uid beside root and our own: that of `[process] user`, when this process
///                      has not become it yet
Result<LoadedState> load_state(const std::string& path, std::optional<uid_t> also_trusted = {});

/// Replaces the file so that a reader (and a machine that loses power) finds the old text or the
/// new one, complete: a new file in the same folder, mode 0600, synced, renamed over the old one.
Result<void> write_state(const std::string& path, std::string_view text);

}  // namespace fairlead::runtime
