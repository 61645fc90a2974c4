/// `http` and `h2` of a listener: which versions of HTTP it speaks, and what one HTTP/2 connection
/// may do.
#pragma once

#include "conf/model.h"
#include "conf/section.h"

namespace fairlead::conf {

/// @param out  its `tls` has been read
void read_http2(Section& section, Listener& out);

}  // namespace fairlead::conf
