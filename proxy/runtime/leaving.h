/// What has been taken out and still finishes: backends and listeners that a reload or a person
/// removed. Ends what is left of them when `[process] drain` has passed. Main's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancing/backend.h"
#include "conf/model.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/snapshot.h"

namespace fairlead::runtime {

class LeavingObserver {
  public:
    /// Time is up: end what still runs on this backend.
    virtual void abort_on(const std::shared_ptr<balancing::Backend>& backend, bool with_exchanges,
                          bool with_tunnels) = 0;
    /// The same for connections of listeners that left with this generation.
    virtual void abort_leaving(std::uint64_t generation, bool with_exchanges,
                               bool with_tunnels) = 0;

  protected:
    ~LeavingObserver() = default;
};

class Leaving {
  public:
    Leaving(net::Loop& loop, LeavingObserver& observer);

    void add_backend(std::string name, std::shared_ptr<balancing::Backend> backend,
                     const conf::Drain& drain);
    /// @param presence    every worker has the configuration without it
    /// @param generation  with which it left
    void add_listener(std::string name, std::shared_ptr<const ListenerPresence> presence,
                      std::uint64_t generation, const conf::Drain& drain);

  private:
    struct Thing {
        std::string name;
        std::shared_ptr<balancing::Backend> backend;       // of a backend
        std::shared_ptr<const ListenerPresence> presence;  // of a listener
        std::uint64_t generation = 0;
        Time requests_until{};
        Time tunnels_until{};
        bool has_ended_requests = false;
        bool has_ended_tunnels = false;
    };
    void add(Thing thing, const conf::Drain& drain);
    bool look(Thing& thing, Time now);
    void on_look();

    net::Loop& loop_;
    LeavingObserver& observer_;
    net::Deadline deadline_;
    std::vector<Thing> things_;
};

}  // namespace fairlead::runtime
