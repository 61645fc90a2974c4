/// Listening sockets that were open before this process began: of a service manager (socket
/// activation, sd_listen_fds(3)) or of the process whose work it takes over. Main's thread, at the
/// start and when a listener is added.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/listener.h"

namespace fairlead::runtime {

struct InheritedSocket {
    net::Descriptor descriptor;
    std::string name;  ///< who gave it calls it so; only told in warnings
    net::SocketOwner owner = net::SocketOwner::Lender;
};

class InheritedSockets {
  public:
    explicit InheritedSockets(std::vector<InheritedSocket> sockets)
        : sockets_(std::move(sockets)) {}
    /// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say, which are taken out of the environment.
    /// They stay the manager's. Before other threads exist.
    /// @param first  descriptor; 3 but in tests
    static InheritedSockets from_environment(int first = 3);

    /// A set of all those that listen on this address, which leave this object; nothing when none
    /// does: then bind.
    Result<std::optional<net::SocketSet>> adopt(const BindAddress& address);
    /// Closes those nobody adopted. @return a line for each, for the log
    std::vector<std::string> close_rest();
    bool empty() const { return sockets_.empty(); }

  private:
    std::vector<InheritedSocket> sockets_;
};

}  // namespace fairlead::runtime
