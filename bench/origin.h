/// The test origin: an HTTP/1.1 server that answers as each request's query says and remembers what
/// it executed. Several can live on one loop; `fairlead demo` keeps three and kills them in turn.
/// Owns its port and its connections; lives on, and is touched by, its loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/delay_queue.h"
#include "bench/execution_log.h"
#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/random.h"
#include "proxy/base/result.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"

namespace fairlead::bench {

class OriginConnection;

struct OriginSettings {
    BindAddress bind;                     ///< port 0: any free one
    std::string name;                     ///< said in X-Origin; empty: the address as bound
    Duration close_idle = kForever;       ///< a connection idle for so long is closed
    std::optional<std::uint64_t> seed{};  ///< of the draws for fail and reset; absent: entropy
};

class Origin final : public net::ListenerObserver {
  public:
    /// Binds and listens. `loop` and `log` outlive the origin.
    static Result<std::unique_ptr<Origin>> make(net::Loop& loop, OriginSettings settings,
                                                ExecutionLog& log);
    ~Origin();  ///< closes the port and every connection
    Origin(const Origin&) = delete;
    Origin& operator=(const Origin&) = delete;

    /// As bound, with the real port.
    const BindAddress& address() const { return settings_.bind; }
    const std::string& name() const { return settings_.name; }
    const OriginSettings& settings() const { return settings_; }

    /// What a killed process looks like from outside: the port refuses, every connection is reset.
    void kill();
    /// Listens again on the same port. An error when somebody else has taken it.
    Result<void> revive();
    bool is_alive() const { return listener_ != nullptr; }

    /// What GET /healthz says.
    void set_healthy(bool is_healthy) { is_healthy_ = is_healthy; }
    bool is_healthy() const { return is_healthy_; }

    /// Requests executed here; the log counts them over all origins.
    std::uint64_t executions() const { return executions_; }
    std::size_t connections() const { return connections_.size(); }
    /// @param series  whose own numbers are added; empty: none
    std::string stats_json(std::string_view series = {}) const;

    // ---- for its connections
    /// The body of an answer that asks for no size.
    const std::string& greeting() const { return greeting_; }
    /// The X-Origin field as a line of a head.
    const std::string& name_line() const { return name_line_; }
    void record_execution(std::string_view id);
    DelayQueue& delays() { return delays_; }
    /// Draws: true in `share` of the calls.
    bool happens(double share);
    /// The connection has ended; it is destroyed when the stack has unwound.
    void forget(OriginConnection& connection);

    void on_accepted(std::unique_ptr<net::Stream> stream) override;
    void on_accept_failed(Failure failure) override;

  private:
    Origin(net::Loop& loop, OriginSettings settings, ExecutionLog& log);
    Result<void> listen();

    net::Loop& loop_;
    OriginSettings settings_;
    ExecutionLog& log_;
    Random random_;
    std::string greeting_;
    std::string name_line_;
    std::optional<net::SocketSet> sockets_;
    std::unique_ptr<net::Listener> listener_;
    DelayQueue delays_;
    std::unordered_map<OriginConnection*, std::unique_ptr<OriginConnection>> connections_;
    std::uint64_t executions_ = 0;
    bool is_healthy_ = true;
};

}  // namespace fairlead::bench
