/// CPU of the calling thread, and how long it waited for one.
#pragma once

#include "proxy/base/clock.h"

namespace fairlead::bench {

struct ThreadCpu {
    Duration user{};
    Duration system{};
    Duration waited{};  ///< ready to run, and no CPU free; 0 where the kernel does not tell
};

ThreadCpu thread_cpu();

}  // namespace fairlead::bench
