/// Status codes and their reason phrases (IANA registry).
#pragma once

#include <string_view>

namespace fairlead::http {

/// "OK", "Not Found"; "Status" for a code nobody registered.
std::string_view reason_phrase(int status);

/// Now as IMF-fixdate for the Date field; made once per second and thread.
std::string_view http_date();

}  // namespace fairlead::http
