/// Who uses which pool, by mode: what a pool does and may have depends on whether requests,
/// connections, or both come to it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "conf/drafts.h"
#include "conf/section.h"

namespace fairlead::conf {

/// Fills in `when_all_down` of the pools that do not say it, and reports a hash key that a listener
/// with mode "tcp" has nothing for.
/// @param drafts  of the pools, by name
void settle_pool_use(const Reading& reading,
                     const std::map<std::string, PoolDraft, std::less<>>& drafts, Model& model);

}  // namespace fairlead::conf
