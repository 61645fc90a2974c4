/// How many handshakes of one worker begin at a time. Lives on the worker's thread.
#pragma once

#include <cstdint>
#include <deque>

#include "proxy/net/loop.h"
#include "proxy/net/next_turn.h"

namespace fairlead::runtime {

/// Lets so many handshakes begin in one turn of the loop: each costs as much as dozens of requests,
/// and those whose connections are established are not to wait for a crowd at the door. The others
/// wait in order.
class HandshakeGate {
  public:
    /// More would let requests wait longer and handshakes no shorter: a turn costs a system call,
    /// a handshake some hundred times that.
    static constexpr unsigned kPerTurn = 1;

    class Guest {
      public:
        /// Its turn has come. May let others leave, not enter.
        virtual void begin() = 0;

      protected:
        ~Guest() = default;
    };

    explicit HandshakeGate(net::Loop& loop);
    HandshakeGate(const HandshakeGate&) = delete;
    HandshakeGate& operator=(const HandshakeGate&) = delete;

    /// @return may begin now; otherwise begin() of it is called in a later turn
    bool enter(Guest& guest);
    /// Waits no longer.
    void leave(Guest& guest);

  private:
    void on_turn();

    net::Loop& loop_;
    net::NextTurn next_turn_;
    std::deque<Guest*> waiting_;
    std::uint64_t turn_ = 0;  ///< in which `begun_` have begun
    unsigned begun_ = 0;
};

}  // namespace fairlead::runtime
