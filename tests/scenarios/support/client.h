/// A client of the balancer: a wire that connects, and the requests most tests need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/scenarios/support/wire.h"

namespace fairlead::scenarios {

class Client : public Wire {
  public:
    /// Connects to 127.0.0.1. Whether that worked: is_connected().
    explicit Client(std::uint16_t port);
    static Client over_ipv6(std::uint16_t port);
    static Client over_unix(const std::string& path);
    /// With a receive buffer as small as it gets, so that a slow reader is felt early.
    static Client with_small_buffer(std::uint16_t port);

    bool is_connected() const { return is_connected_; }
    /// The port of our end.
    std::uint16_t own_port() const;

    /// Sends a request and reads its response.
    Message ask(std::string_view request);
    /// GET with `Host: test`; `fields` are whole lines.
    Message get(std::string_view target, std::string_view fields = {});
    /// POST with a length.
    Message post(std::string_view target, std::string_view body, std::string_view fields = {});

  private:
    Client(int descriptor, bool is_connected) : Wire(descriptor), is_connected_(is_connected) {}

    bool is_connected_ = false;
};

/// GET on a connection of its own.
Message get(std::uint16_t port, std::string_view target, std::string_view fields = {});

}  // namespace fairlead::scenarios
