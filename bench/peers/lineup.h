/// All that runs for one scenario: an origin on three addresses and every peer in front of it, each
/// checked to do the work it is measured at. Destroying it stops them all.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/peers/peer.h"
#include "bench/peers/process.h"
#include "bench/peers/scenario.h"

namespace fairlead::bench::peers {

/// A program to run the peer under, such as valgrind: the words before the peer's own command.
using Wrapper = std::vector<std::string>;

class Lineup {
  public:
    struct Entry {
        const Peer* peer = nullptr;
        Site site;
        Process process;

        const SocketAddress& address() const { return site.listen; }
    };

    /// Starts `peers` in front of an origin, checks them, and leaves them idle.
    /// @param label  of the folder inside the session's: the scenario, or a part of it
    /// @return an Error that names the peer that does not start or does not do its work; nothing is
    ///         left running then
    static Result<std::unique_ptr<Lineup>> start(const Session& session, const Scenario& scenario,
                                                 const std::string& label,
                                                 const std::vector<const Peer*>& peers,
                                                 const Wrapper& wrapper = {});

    std::vector<Entry>& entries() { return entries_; }
    /// @return an Error that names who has ended, the origin or a balancer: what is measured
    ///         without it is no comparison
    Result<void> check_running();
    /// Requests the origin has executed, over all addresses.
    Result<std::uint64_t> executions() const;

  private:
    Lineup() = default;

    std::vector<SocketAddress> backends_;
    std::vector<Process> origins_;  ///< one on all addresses, or one on each
    std::vector<Entry> entries_;    ///< after the origins: they are stopped first
};

/// Every peer of the session.
std::vector<const Peer*> all_peers(const Session& session);
/// Those that can do this work; none when there is no origin for it. @param notes  gets why others
/// cannot, and the cure
std::vector<const Peer*> peers_for(const Session& session, const Work& work,
                                   std::vector<std::string>& notes);

}  // namespace fairlead::bench::peers
