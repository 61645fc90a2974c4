/// Reads `retry` and `queue`, which a pool has and a route may have over it.
#pragma once

#include "conf/drafts.h"
#include "conf/section.h"

namespace fairlead::conf {

/// @param draft  holds what is inherited; keys not written stay.
/// @return whether the section has the key.
bool read_retry(Section& section, RetryDraft& draft);
/// The words of `on`.
std::vector<std::string> retry_words(const RetryOn& on);
bool read_queue(Section& section, QueueDraft& draft);

}  // namespace fairlead::conf
