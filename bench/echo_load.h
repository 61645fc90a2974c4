/// Bytes sent and expected back, the same, over one connection of a lane: for tcp://.
#pragma once

#include <cstdint>

#include "bench/load_connection.h"

namespace fairlead::bench {

class EchoLoad final : public LoadConnection {
  public:
    explicit EchoLoad(Lane& lane) : LoadConnection(lane) {}

    void on_bytes(std::span<char> bytes) override;
    void on_end() override;

  private:
    void begin_request(bool is_last) override;

    std::uint64_t expected_ = 0;
    std::uint64_t received_ = 0;
};

}  // namespace fairlead::bench
