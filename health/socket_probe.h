/// What probes over a socket have in common: reach one of the addresses, keep the deadline, name
/// what went wrong, tell it once. A probe type adds what is said over the connection.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "health/probe.h"
#include "proxy/connect/connector.h"
#include "proxy/net/loop.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::health {

/// So much of an answer is looked at for the text a check wants.
inline constexpr std::size_t kAnswerBytesMax = 64 * 1024;

class SocketProbe : public Probe, protected net::StreamObserver, private connect::ConnectObserver {
  public:
    SocketProbe(net::Loop& loop, Duration timeout, ProbeTarget target);
    ~SocketProbe() override;
    SocketProbe(const SocketProbe&) = delete;
    SocketProbe& operator=(const SocketProbe&) = delete;

    void start(OnDone on_done) final;

  protected:
    /// The connection is there: say what is to be said.
    virtual void on_open() = 0;

    /// Each ends the check and is the last thing done with it.
    void pass();
    void fail(std::string reason);
    /// Writes, or fails the check. @return false when it failed
    bool send(std::string_view bytes);
    const ProbeTarget& target() const { return target_; }
    /// Connected, and neither passed nor failed.
    bool is_under_way() const { return stream_ != nullptr; }
    Time now() { return loop_.now(); }

  private:
    void on_connect_done(std::unique_ptr<net::Stream> stream) final;
    void on_connect_failed(Failure failure) final;
    void on_broken(Failure failure) final;
    void on_deadline();
    net::ProxyHeaderBytes header() const;
    void finish(Outcome outcome, std::string reason);

    net::Loop& loop_;
    const Duration timeout_;
    const ProbeTarget target_;
    connect::Connector connector_;
    net::Deadline deadline_;
    std::unique_ptr<net::Stream> stream_;  // null while connecting and between checks
    OnDone on_done_;
    Time began_{};
    bool has_grace_ = false;  // the answer may have come while this loop was busy
};

/// `text` for a message: quoted, escaped, cut to a readable length.
std::string in_quotes(std::string_view text);

}  // namespace fairlead::health
