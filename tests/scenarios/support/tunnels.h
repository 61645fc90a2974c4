/// Many WebSocket-like tunnels, or TCP sessions, that stay open and say a byte now and then; and
/// the backend of tunnels that gives every byte back.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "tests/scenarios/support/client.h"
#include "tests/scenarios/support/fake_backend.h"

namespace fairlead::scenarios {

/// Switches protocols, then sends back what comes, for as long as anybody is there.
void echo_for_good(Peer& peer);

class Tunnels {
  public:
    /// Opens so many to a path that leads to an echo_for_good backend, and keeps them talking.
    /// Fails the test when one does not open.
    Tunnels(std::uint16_t port, std::string_view path, std::size_t count);
    /// The same through a listener with mode "tcp" with an echo behind it: nothing is asked for.
    Tunnels(std::uint16_t port, std::size_t count);
    ~Tunnels();
    Tunnels(const Tunnels&) = delete;
    Tunnels& operator=(const Tunnels&) = delete;

    /// Ends all of them after one more byte each. @return how many did not answer it
    std::size_t close();
    /// Bytes that came back so far.
    std::uint64_t echoes() const { return echoes_; }

  private:
    void talk();
    bool exchange(Client& client);

    std::vector<std::unique_ptr<Client>> clients_;
    std::atomic<bool> is_stopping_ = false;
    std::atomic<std::uint64_t> echoes_ = 0;
    std::size_t broken_ = 0;  ///< the thread's, until it has ended
    std::thread thread_;
};

}  // namespace fairlead::scenarios
