/// One way to find out whether a backend is well. A probe type is a class of this interface and a
/// row in registry.cpp; tests of the monitor bring their own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/net/tls_client.h"

namespace fairlead::health {

enum class Outcome : std::uint8_t {
    Passed,
    Failed,
    Skipped,  ///< could not be made for a cause on our own side: says nothing about the backend
};
inline constexpr Outcome kOutcomes[] = {Outcome::Passed, Outcome::Failed, Outcome::Skipped};
/// "passed", "failed", "skipped": the metric's label.
std::string_view word(Outcome outcome);

struct ProbeResult {
    Outcome outcome = Outcome::Failed;
    /// What went wrong, to be read after a count: "connect refused", "timeout after 1s",
    /// "status 503 (expected 200-399)". Empty when passed.
    std::string reason;
    Duration took{};  ///< from the start of connecting to the event that decided
};

/// Whom a probe asks.
struct ProbeTarget {
    HostPort address;                      ///< as configured
    std::vector<SocketAddress> addresses;  ///< resolved, tried in turn; at least one
    /// What its connections begin with: a check's says that it is on our own behalf.
    conf::SendProxy send_proxy = conf::SendProxy::Off;
    std::shared_ptr<net::TlsClient> tls{};  ///< null: in clear
    std::string tls_name{};                 ///< asked for and verified
    conf::BackendHttp http = conf::BackendHttp::V1_1;
};

/// How a pool's backends are reached, of a ProbeTarget.
struct Reach {
    conf::SendProxy send_proxy = conf::SendProxy::Off;
    std::shared_ptr<net::TlsClient> tls;
    std::string tls_name;
    conf::BackendHttp http = conf::BackendHttp::V1_1;

    bool operator==(const Reach&) const = default;
};

/// Makes one check after the other, one at a time. Lives on one thread, that of its loop.
class Probe {
  public:
    using OnDone = std::function<void(ProbeResult)>;

    virtual ~Probe() = default;  ///< a check under way ends without a result
    /// Begins a check. `on_done` is called once, never before this returns, at the latest after the
    /// check's timeout; it is the last thing the probe does, and may call start() again but not
    /// destroy the probe.
    virtual void start(OnDone on_done) = 0;
};

/// Where the monitor gets its probes from.
class ProbeMaker {
  public:
    virtual ~ProbeMaker() = default;
    virtual std::unique_ptr<Probe> make(const conf::Check& check, ProbeTarget target) = 0;
};

}  // namespace fairlead::health
