/// TERM and INT as a flag, for commands that block and end with what they have.
#pragma once

#include <atomic>

namespace fairlead::bench {

/// While it lives, the first TERM or INT sets the flag and the second ends the process as usual.
/// One at a time. Any thread may read the flag.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    const std::atomic<bool>& flag() const;
};

}  // namespace fairlead::bench
