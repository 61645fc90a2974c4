/// Text from elsewhere, made harmless for a page.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::bench {

/// `text` as text or as a quoted attribute of HTML and SVG: & < > " ' escaped, control bytes and
/// what is not UTF-8 replaced by U+FFFD.
std::string escape_html(std::string_view text);

}  // namespace fairlead::bench
