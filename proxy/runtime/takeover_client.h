/// The new process's end of a takeover (`fairlead run --takeover`): gets the listening sockets and
/// the state of the running process, and later tells it to let go. begin() blocks and comes before
/// any thread; the rest is main's thread and loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/readiness.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/inherited_sockets.h"
#include "proxy/runtime/takeover_channel.h"

namespace fairlead::runtime {

/// How it ended after ready().
enum class TakeoverEnd : std::uint8_t {
    Released,  ///< this process is alone with the sockets
    Gone,      ///< the old one died without a word: as Released
    Silent,    ///< the old one does not answer; it may still accept as well, which harms nobody
    Refused,   ///< the old one has given the takeover up and serves on: end this process
};

class TakeoverClient {
  public:
    static constexpr Duration kBeginMost = std::chrono::seconds{10};
    static constexpr Duration kReleaseMost = std::chrono::seconds{30};

    /// Connects to the control socket of the running process and asks for everything. Destroying
    /// the client before ready() tells the old process that nothing came of it.
    /// @param also_trusted  a uid beside root and our own whose process is believed: that of
    ///                      `[process] user`, when this one has not become it yet
    static Result<std::unique_ptr<TakeoverClient>> begin(const std::string& socket,
                                                         std::optional<uid_t> also_trusted,
                                                         Duration most = kBeginMost);
    ~TakeoverClient();
    TakeoverClient(const TakeoverClient&) = delete;
    TakeoverClient& operator=(const TakeoverClient&) = delete;

    /// Of the old process.
    int old_pid() const { return peer_.pid; }
    /// For parse_state(); empty when there is none. Newer than what the state file holds.
    const std::string& state() const { return state_; }
    /// All that was given, of listeners and of the admin endpoint; once.
    InheritedSockets take_sockets();

    /// Tells the old process that this one accepts. Once.
    /// @param on_end  called once, after at most kReleaseMost; may destroy this. The text says more
    ///                for the log
    void ready(net::Loop& loop, std::function<void(TakeoverEnd, std::string)> on_end);

  private:
    TakeoverClient(net::Descriptor connection, SocketPeer peer);
    Result<void> receive_gift(Time end);
    Result<TakeoverMessage> next_message(Time end);
    void on_turn();
    void on_deadline();
    void end(TakeoverEnd how, std::string text);

    TakeoverChannel channel_;
    const SocketPeer peer_;
    std::string state_;
    std::vector<InheritedSocket> sockets_;
    std::function<void(TakeoverEnd, std::string)> on_end_;
    std::unique_ptr<net::Deadline> deadline_;
    std::unique_ptr<net::Readiness> readiness_;  // gone before the channel
};

}  // namespace fairlead::runtime
