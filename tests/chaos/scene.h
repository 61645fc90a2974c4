/// One balancer with a pool for each fault, alone and beside a backend that is well, and what is
/// there to return to when all is over.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/chaos/faults.h"
#include "tests/scenarios/support/certificates.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::chaos {

class Scene {
  public:
    explicit Scene(unsigned workers);

    scenarios::Balancer& balancer() { return *balancer_; }
    /// Changes something of every pool and loads the file anew, without waiting for it.
    void reload();
    /// Times that a request with this path was executed by anybody.
    std::size_t executions(std::string_view path) const;
    /// The access log's line of this path. Fails the test when none comes.
    scenarios::JsonText line(const std::string& path) const;
    /// Connections, leases and old snapshots are gone, and so are its sockets.
    /// @return what is left; empty: nothing
    std::string left_over();

  private:
    std::string config(int turn) const;
    bool is_quiet() const;

    scenarios::Certificates certificates_;
    scenarios::RefusingAddress refusing_;
    scenarios::SilentAddress silent_;
    std::vector<std::unique_ptr<FakeBackend>> faulty_;  ///< null where there is only an address
    FakeBackend well_;
    unsigned workers_;
    int turn_ = 0;
    std::unique_ptr<scenarios::Balancer> balancer_;
    std::size_t sockets_ = 0;
};

}  // namespace fairlead::chaos
