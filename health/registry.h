/// The probe types there are, one row each.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "health/probe.h"
#include "proxy/net/loop.h"

namespace fairlead::health {

struct ProbeRow {
    conf::CheckKind kind;
    std::string_view name;     ///< its key in `check`
    std::string_view summary;  ///< what it finds out
    std::unique_ptr<Probe> (*make)(net::Loop& loop, const conf::Check& check, ProbeTarget target);
};

/// In the order of conf::CheckKind.
std::span<const ProbeRow> probes();

/// Real probes, over sockets of one loop. The check's own `port` takes the place of the target's.
class SocketProbes final : public ProbeMaker {
  public:
    /// `loop` outlives this and what it made.
    explicit SocketProbes(net::Loop& loop) : loop_(loop) {}
    std::unique_ptr<Probe> make(const conf::Check& check, ProbeTarget target) override;

  private:
    net::Loop& loop_;
};

}  // namespace fairlead::health
