/// Does a TLS handshake come to a good end? By the rules of the pool; where that has none, whatever
/// certificate is shown.
#pragma once

#include "health/socket_probe.h"

namespace fairlead::health {

class TlsProbe final : public SocketProbe {
  public:
    using SocketProbe::SocketProbe;
    static std::unique_ptr<Probe> make(net::Loop& loop, const conf::Check& check,
                                       ProbeTarget target);

  private:
    void on_open() override { pass(); }
    void on_bytes(std::span<char>) override {}
    void on_end() override {}
};

}  // namespace fairlead::health
