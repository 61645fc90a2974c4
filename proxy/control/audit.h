/// Who changed what, one line each in the process log:
/// `audit who="uid 0" what="backend app/b1 state=drain" result="done"`. Main thread.
#pragma once

#include <string_view>

#include "proxy/base/clock.h"

namespace fairlead::control {

/// A change that was made, or not: `result` is "done" or "refused: WHY".
void audit(std::string_view who, std::string_view what, std::string_view result);

/// Attempts of those who may not. They come from outside as fast as somebody likes, so that there
/// are so many lines a second at most; what was left out is counted in the next one.
class DeniedAttempts {
  public:
    void report(Time now, std::string_view peer, std::string_view what, std::string_view why);

  private:
    Time window_begin_{};
    unsigned reported_ = 0;  ///< in this window
    unsigned left_out_ = 0;
};

}  // namespace fairlead::control
