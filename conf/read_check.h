/// Reads a pool's `check`: "GET /healthz", "tcp", "off", or a table.
#pragma once

#include "conf/drafts.h"
#include "conf/section.h"

namespace fairlead::conf {

/// @param needs_kind  false in [defaults.pool], which may hold times only.
void read_check(Section& section, CheckDraft& draft, bool needs_kind);
/// Compares the times once all is read; defaults give way to what is written.
void settle_check(const Reading& reading, CheckDraft& draft);

}  // namespace fairlead::conf
