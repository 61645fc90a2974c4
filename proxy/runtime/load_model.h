/// Reads a configuration completely: the file, what it includes, its checks and its `[[expect]]`
/// tests. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "conf/load.h"

namespace fairlead::runtime {

class TlsMaterial;

/// As conf::load_file, with the policies there are, certificates that can be used and the
/// expectations met.
/// @param material  learns what its certificates are, for prepare(); null: nobody asks again
conf::LoadResult load_model(const std::string& path, TlsMaterial* material = nullptr);
/// The same for text; `name` is what errors call it.
conf::LoadResult load_model_text(std::string_view text, const std::string& name);

}  // namespace fairlead::runtime
