/// What a lane gives a request to, one at a time: a connection, or a place for a stream on one of
/// HTTP/2.
#pragma once

#include "proxy/base/clock.h"

namespace fairlead::bench {

class LoadSlot {
  public:
    virtual ~LoadSlot() = default;
    /// Sends the lane's next request; its end comes by Lane::on_ended(), not before this returns.
    virtual void send(Time planned, Time now) = 0;
    /// Ends a request under way as timed out.
    virtual void give_up(Time now) = 0;
    /// A request is with the other side: not when it still waits for its connection.
    virtual bool is_under_way() const = 0;
};

}  // namespace fairlead::bench
