/// Who waits for a moment of its own, exact to some tens of microseconds: one precise timer for
/// all, set to the earliest. Holds as many entries as there are waiting connections, one each.
/// Lives on one loop's thread.
#pragma once

#include <memory>
#include <set>
#include <utility>

#include "proxy/base/clock.h"
#include "proxy/net/loop.h"
#include "proxy/net/precise_timer.h"

namespace fairlead::bench {

class OriginConnection;

class DelayQueue {
  public:
    explicit DelayQueue(net::Loop& loop);
    DelayQueue(const DelayQueue&) = delete;
    DelayQueue& operator=(const DelayQueue&) = delete;

    /// Calls `connection.on_delay_passed()` at `when`, never before. It does not wait yet.
    void add(OriginConnection& connection, Time when);
    /// Takes it out again; `when` as it was added.
    void remove(OriginConnection& connection, Time when);

  private:
    void on_passed();
    void set_timer();

    net::Loop& loop_;
    std::set<std::pair<Time, OriginConnection*>> waiting_;
    std::unique_ptr<net::PreciseTimer> timer_;
};

}  // namespace fairlead::bench
