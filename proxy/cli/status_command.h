/// `fairlead status`: the table of the running balancer, once or again and again.
#pragma once

#include "proxy/cli/admin_client.h"

namespace fairlead::cli {

/// @param watches  drawn anew each second until Ctrl-C, or until nobody reads it any more
/// @return the exit code
int show_status(const AdminClient& client, bool watches);

}  // namespace fairlead::cli
