/// What every session of one worker uses. Lives on one thread.
#pragma once

#include "proxy/base/random.h"
#include "proxy/net/loop.h"
#include "proxy/telemetry/access_log.h"

namespace fairlead::l4 {

class TcpSession;

class SessionOwner {
  public:
    /// It has ended: retire it.
    virtual void on_session_ended(TcpSession& session) = 0;

  protected:
    ~SessionOwner() = default;
};

struct Context {
    net::Loop& loop;
    const unsigned worker;
    SessionOwner& sessions;
    telemetry::AccessWriter* access_log;  ///< a reload may change it
    Random random;
};

}  // namespace fairlead::l4
