/// Can a connection be made? With `send` and `expect_bytes`: is the right thing said over it?
#pragma once

#include "health/socket_probe.h"

namespace fairlead::health {

class TcpProbe final : public SocketProbe {
  public:
    TcpProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target);
    static std::unique_ptr<Probe> make(net::Loop& loop, const conf::Check& check,
                                       ProbeTarget target);

  private:
    void on_open() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;

    const std::string send_;
    const std::string expected_;
    std::string answer_;  // at most kAnswerBytesMax
};

}  // namespace fairlead::health
