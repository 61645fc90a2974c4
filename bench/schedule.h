/// When each request of an open loop is to be sent: made in advance, so that a slow answer moves no
/// later request (the opposite is called coordinated omission, Tene 2013). A value: a copy goes on
/// by itself.
#pragma once

#include <cstdint>

#include "proxy/base/clock.h"
#include "proxy/base/random.h"

namespace fairlead::bench {

class Schedule {
  public:
    /// @param rate   starts a second, > 0
    /// @param phase  of the first start, in periods: lanes that share a rate stagger by it
    /// @param seed   of the gaps of a Poisson process; absent: all gaps are equal
    static Schedule constant(Time start, double rate, double phase = 0);
    static Schedule poisson(Time start, double rate, std::uint64_t seed);

    /// The next planned start.
    Time next() const { return next_; }
    void advance();
    /// Advances beyond all starts before `end`. @return how many these were
    std::uint64_t advance_to(Time end);

  private:
    Schedule(Time start, double rate, bool is_poisson, std::uint64_t seed);

    Time start_;
    double period_ns_;
    bool is_poisson_;
    Random random_;
    double offset_ns_ = 0;     // of next_ from start_
    std::uint64_t index_ = 0;  // of next_
    double first_ns_ = 0;
    Time next_;
};

}  // namespace fairlead::bench
