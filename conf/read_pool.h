/// Reads [defaults.pool] and one [pool.NAME].
#pragma once

#include <span>
#include <string_view>

#include "conf/drafts.h"
#include "conf/section.h"

namespace fairlead::conf {

/// @param policies  names to choose from; empty takes any.
void read_pool_defaults(Section& section, std::span<const std::string_view> policies,
                        PoolDraft& draft);
/// @param draft  what is inherited; its pool has its name already.
void read_pool(Section& section, std::span<const std::string_view> policies, PoolDraft& draft);

}  // namespace fairlead::conf
