#include "proxy/base/clock.h"

namespace fairlead {

Time SystemClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace fairlead
