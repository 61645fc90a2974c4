#include "proxy/runtime/leaving.h"

#include <utility>

#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

constexpr Duration kLook = std::chrono::milliseconds{100};

}  // namespace

Leaving::Leaving(net::Loop& loop, LeavingObserver& observer)
    : loop_(loop),
      observer_(observer),
      deadline_(net::Deadline::of<&Leaving::on_look>(loop.timers(), *this)) {}

void Leaving::add_backend(std::string name, std::shared_ptr<balancing::Backend> backend,
                          const conf::Drain& drain) {
    Thing thing;
    thing.name = "backend " + std::move(name);
    thing.backend = std::move(backend);
    add(std::move(thing), drain);
}

void Leaving::add_listener(std::string name, std::shared_ptr<const ListenerPresence> presence,
                           std::uint64_t generation, const conf::Drain& drain) {
    Thing thing;
    thing.name = "listener " + std::move(name);
    thing.presence = std::move(presence);
    thing.generation = generation;
    add(std::move(thing), drain);
}

void Leaving::add(Thing thing, const conf::Drain& drain) {
    const Time now = loop_.now();
    thing.requests_until = after(now, drain.requests);
    thing.tunnels_until = after(now, drain.tunnels);
    if (!look(thing, now)) things_.push_back(std::move(thing));
    if (!things_.empty()) deadline_.set(now + kLook);
}

/// @return true when nothing of it is left
bool Leaving::look(Thing& thing, Time now) {
    const bool is_empty = thing.backend != nullptr
                              ? thing.backend->in_flight() == 0 && thing.backend->tunnels() == 0
                              : thing.presence->slots.load(std::memory_order_relaxed) == 0;
    if (is_empty) {
        telemetry::log::info("{}: drained", thing.name);
        return true;
    }
    const bool with_exchanges = !thing.has_ended_requests && now >= thing.requests_until;
    const bool with_tunnels = !thing.has_ended_tunnels && now >= thing.tunnels_until;
    if (with_exchanges || with_tunnels) {
        telemetry::log::warn("{}: the time for draining is up for {}", thing.name,
                             !with_tunnels     ? "requests"
                             : !with_exchanges ? "tunnels"
                                               : "requests and tunnels");
        thing.has_ended_requests = thing.has_ended_requests || with_exchanges;
        thing.has_ended_tunnels = thing.has_ended_tunnels || with_tunnels;
        if (thing.backend != nullptr) {
            observer_.abort_on(thing.backend, with_exchanges, with_tunnels);
        } else {
            observer_.abort_leaving(thing.generation, with_exchanges, with_tunnels);
        }
    }
    return thing.has_ended_requests && thing.has_ended_tunnels;
}

void Leaving::on_look() {
    const Time now = loop_.now();
    std::erase_if(things_, [&](Thing& thing) { return look(thing, now); });
    if (!things_.empty()) deadline_.set(now + kLook);
}

}  // namespace fairlead::runtime
