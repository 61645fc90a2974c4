/// Which origin of the demo dies and comes back when: one at a time, in turn. Pure: the time is
/// handed in, the killing is done by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "proxy/base/clock.h"

namespace fairlead::cli {

struct DemoOutageSettings {
    std::size_t origins = 3;
    Duration first = std::chrono::seconds(2);  ///< of undisturbed traffic
    Duration every = std::chrono::seconds(4);  ///< from one kill to the next; more than `down`
    Duration down = std::chrono::seconds(2);
    /// No kill unless so long is left for the origin to die, return and be noticed.
    Duration needed = std::chrono::milliseconds(3500);
};

struct DemoOutageStep {
    enum class Kind : std::uint8_t { Kill, Revive };
    Kind kind;
    std::size_t origin;
    bool operator==(const DemoOutageStep&) const = default;
};

class DemoOutages {
  public:
    /// @param end  of the demo; Time::max() when it runs until somebody stops it
    DemoOutages(const DemoOutageSettings& settings, Time start, Time end);

    /// The step that is due, once; call again until there is none.
    std::optional<DemoOutageStep> next(Time now);
    /// The origin that is down, if one is.
    std::optional<std::size_t> down() const { return down_; }

  private:
    DemoOutageSettings settings_;
    Time end_;
    Time kill_at_;
    Time revive_at_ = Time::max();
    std::size_t turn_ = 0;
    std::optional<std::size_t> down_;
};

}  // namespace fairlead::cli
