/// What every reader of a TOML file needs beside the document: its bytes, and errors in order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/document.h"
#include "proxy/base/result.h"

namespace fairlead::conf {

/// A file of at most 16 MiB.
/// @param missing_hint  the cure when there is no such file
Result<std::string> read_bytes(const std::string& path, std::string_view missing_hint);

/// The names of the files in a folder, without those in folders of it; none when there is no such
/// folder. At most 100000.
Result<std::vector<std::string>> list_files(const std::string& folder);

/// By file, line and column; equal places keep their order.
/// @param sources  in the order their errors are to have; of one file none are needed
void sort_by_place(std::vector<Error>& errors, const std::vector<Source>& sources = {});

/// Messages quote what a file says, and an escape in it must not steer the terminal.
std::string printable(std::string text);

/// How a message at `here` calls the line of `there`: "line 14", in another file
/// "conf.d/a.toml:14".
std::string line_text(const Location& there, const Location& here);

}  // namespace fairlead::conf
