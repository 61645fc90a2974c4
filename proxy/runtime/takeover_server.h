/// The old process's end of a takeover: gives its listening sockets to a new process of the same
/// user and waits for that to accept. Until then nothing changes; whatever goes wrong, this process
/// serves on. Main's thread and loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/error.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/readiness.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/takeover_channel.h"

namespace fairlead::runtime {

/// What the new process gets.
struct TakeoverGift {
    struct Sockets {
        OfferedKind kind = OfferedKind::Listener;
        std::string listener;
        const net::SocketSet* set = nullptr;  ///< needed only until on_takeover_begun() returns
    };
    std::vector<Sockets> sockets;
    std::string state;  ///< to_json() of the SavedState of now
};

/// The last two may destroy the server.
class TakeoverObserver {
  public:
    /// The new process is entitled and speaks our version.
    virtual TakeoverGift on_takeover_begun() = 0;
    /// The new process accepts on the sockets: from here on there is no way back. Write the state
    /// no more, call leave() on every set, accept no more, call release(), drain and end.
    virtual void on_takeover_ready() = 0;
    /// It came to nothing, nothing has changed.
    virtual void on_takeover_failed(const Error& why) = 0;

  protected:
    ~TakeoverObserver() = default;
};

struct TakeoverLimits {
    Duration hello = std::chrono::seconds{5};
    Duration giving = std::chrono::seconds{30};
    /// The new one binds, resolves names and has a first round of checks.
    Duration ready = std::chrono::minutes{2};
};

class TakeoverServer {
  public:
    /// @param connection    a unix socket, on which the 101 has been sent
    /// @param already_read  what came behind the head of the request
    /// @return an error when the peer is another user and not root; then nothing was begun
    static Result<std::unique_ptr<TakeoverServer>> make(net::Loop& loop, net::Descriptor connection,
                                                        std::string_view already_read,
                                                        TakeoverObserver& observer,
                                                        TakeoverLimits limits = {});
    /// Says why not on a connection on which the 101 has been sent, and closes it.
    static void refuse(net::Descriptor connection, const Error& why);
    /// Before release(): the new process is refused.
    ~TakeoverServer();
    TakeoverServer(const TakeoverServer&) = delete;
    TakeoverServer& operator=(const TakeoverServer&) = delete;

    /// The new process, as the kernel knows it.
    int pid() const { return peer_.pid; }
    /// Tells the new process that it is alone with the sockets now. After on_takeover_ready().
    void release();
    /// Neither failed nor released yet.
    bool is_under_way() const { return phase_ != Phase::Ended; }

  private:
    enum class Phase : std::uint8_t {
        Hello,   ///< waiting for it
        Giving,  ///< offer and descriptors are on their way
        Given,   ///< waiting for ready
        Ready,   ///< waiting for our owner to call release()
        Ended,
    };

    TakeoverServer(net::Loop& loop, net::Descriptor connection, std::string_view already_read,
                   SocketPeer peer, TakeoverObserver& observer, TakeoverLimits limits);
    void enter(Phase phase, Duration limit);
    void on_turn();
    void on_deadline();
    void on_message(const TakeoverMessage& message);
    Result<void> give(const TakeoverGift& gift);
    void refuse(const Error& why);
    void fail_with(const Error& why);

    net::Loop& loop_;
    TakeoverChannel channel_;
    const SocketPeer peer_;
    TakeoverObserver& observer_;
    const TakeoverLimits limits_;
    Phase phase_ = Phase::Hello;
    net::Deadline deadline_;
    std::unique_ptr<net::Readiness> readiness_;  // gone before the channel
};

}  // namespace fairlead::runtime
