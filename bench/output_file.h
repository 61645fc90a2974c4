/// Files that are there whole or not at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace fairlead::bench {

/// Writes `text` to a temporary file beside `path` and renames it, so that nobody reads half a file
/// and an older one survives a full disk. On failure the temporary is removed. A symbolic link is
/// followed. What is no regular file (/dev/stdout, a pipe, a terminal) is written directly.
/// @return an Error with the file and the cure: disk full, no such folder, no permission, ...
Result<void> write_file(const std::string& path, std::string_view text);

/// Looks whether write_file() may write there, for whoever has long to do before there is something
/// to write. Changes nothing. A disk may still be full when it comes to it.
/// @return the Error that write_file() would give
Result<void> check_writable(const std::string& path);

/// The whole of a file.
/// @param bytes_max  a longer file is an Error
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace fairlead::bench
