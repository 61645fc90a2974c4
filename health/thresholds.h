/// When results of checks add up to a change, and when to check next. Pure: no clock, no I/O;
/// simulated by its tests. One per checked backend, on the monitor's thread.
#pragma once

#include <cstdint>

#include "conf/model.h"
#include "proxy/base/clock.h"
#include "proxy/base/random.h"

namespace fairlead::health {

/// What the checks say of a backend.
enum class Verdict : std::uint8_t { Unknown, Up, Down };

/// What a backend is taken for before its first result.
Verdict initial_verdict(conf::CheckInit init);

/// Times between checks are spread by up to this part of them in either direction.
inline constexpr double kJitter = 0.10;

class Thresholds {
  public:
    /// @param start  Unknown: the first result alone decides
    Thresholds(const conf::Check& check, Verdict start);

    /// Takes in one result.
    /// @param may_rise  false: not from Down to Up yet, however many have passed (Damping)
    /// @return true when it changed the verdict
    bool note(bool passed, bool may_rise = true);
    /// A reload's numbers; verdict and streak stay.
    void apply(const conf::Check& check);

    Verdict verdict() const { return verdict_; }
    /// Results of the same kind at the end, the last one included; 0 before the first.
    std::uint32_t streak() const { return streak_; }
    bool last_passed() const { return last_passed_; }
    /// Does the last result agree with the verdict? False from the first one that differs until
    /// either wins, and before the first result.
    bool is_settled() const;

    /// From the start of one check to the start of the next: `every` while up, `every_down` while
    /// down, `every_changing` while not settled (never slower than the other two would be).
    Duration interval() const;
    /// The same with jitter.
    Duration next_interval(Random& random) const;

  private:
    std::uint32_t rise_ = 1;
    std::uint32_t fall_ = 1;
    Duration every_{};
    Duration every_changing_{};
    Duration every_down_{};
    Verdict verdict_;
    bool last_passed_ = false;
    std::uint32_t streak_ = 0;
};

/// `interval` times a random factor from 1 - kJitter to 1 + kJitter.
Duration jittered(Duration interval, Random& random);

}  // namespace fairlead::health
