/// `include`: which files a configuration has beside the main one.
#pragma once

#include <string>
#include <vector>

#include "conf/load.h"
#include "conf/section.h"

namespace fairlead::conf {

/// A file to be read, and the string of `include` that named it first.
struct IncludedFile {
    std::string path;
    Place place;
};

/// Reads `include` of the main file and looks the patterns up. Reports what is wrong with them; a
/// pattern without a match is a warning.
/// @param folders  where it looked for patterns, each once.
/// @return the files in name order, each once, without the main one; at most 1000.
std::vector<IncludedFile> find_included(const Reading& reading, const FileAccess& access,
                                        std::vector<std::string>& folders);

/// Whether a file's name fits a pattern with `*` and `?`. A leading dot must be written.
bool fits_pattern(std::string_view name, std::string_view pattern);

}  // namespace fairlead::conf
