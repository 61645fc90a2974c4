/// What names and protocol words may look like.
#pragma once

#include <string>
#include <string_view>

#include "conf/section.h"

namespace fairlead::conf {

/// A method, header name or protocol (RFC 9110 section 5.6.2).
bool is_token(std::string_view text);
/// A header value: no control bytes but tab, no space at either end (RFC 9110 section 5.5).
bool is_field_value(std::string_view text);
/// Reports a listener, pool or route name that is empty, longer than 128 bytes, or has other than
/// letters, digits, "-", "_" and "."; names become labels, log fields and parts of URLs.
void check_name(const Reading& reading, Place place, std::string_view noun, std::string_view name);

}  // namespace fairlead::conf
