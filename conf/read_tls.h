/// `tls` of a listener and of a pool.
#pragma once

#include <optional>

#include "conf/model.h"
#include "conf/section.h"

namespace fairlead::conf {

/// @param section  of the listener; nothing is written when it has no `tls`, or "off"
void read_listener_tls(Section& section, std::optional<ListenerTls>& out);
/// @param section  of the pool, or of [defaults.pool]
void read_pool_tls(Section& section, std::optional<PoolTls>& out);

}  // namespace fairlead::conf
