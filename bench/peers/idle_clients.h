/// Clients that made one request each, were answered, and keep their connection without a word.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/peers/scenario.h"
#include "bench/peers/socket.h"

namespace fairlead::bench::peers {

class IdleClients {
  public:
    IdleClients(const SocketAddress& address, const Work& work);

    /// Opens more until there are `count`, one after the other.
    /// @return an Error when one is refused or gets no answer, or `stop` became true
    Result<void> open_until(std::size_t count, const std::atomic<bool>& stop);
    std::size_t count() const { return sockets_.size(); }

  private:
    SocketAddress address_;
    std::string request_;
    const bool is_tls_;
    std::vector<Socket> sockets_;
};

/// How many clients are opened when each process may have so many descriptors.
std::size_t idle_clients_max(std::uint64_t descriptors);

}  // namespace fairlead::bench::peers
