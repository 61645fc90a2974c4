/// What every reader of a TOML file needs beside the document: its bytes, and errors in order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace fairlead::conf {

/// A file of at most 16 MiB.
/// @param missing_hint  the cure when there is no such file
Result<std::string> read_bytes(const std::string& path, std::string_view missing_hint);

/// By line and column; equal places keep their order.
void sort_by_place(std::vector<Error>& errors);

/// How a message at `here` calls the line of `there`: "line 14", in another file
/// "conf.d/a.toml:14".
std::string line_text(const Location& there, const Location& here);

}  // namespace fairlead::conf
