// Memory of idle clients: the difference between few and many, so that what a balancer takes at
// its start drops out.
#include <fmt/format.h>
#include <sys/resource.h>

#include "bench/peers/idle_clients.h"
#include "bench/peers/lineup.h"
#include "bench/peers/process_use.h"
#include "bench/peers/scenario.h"
#include "bench/peers/session.h"

namespace fairlead::bench::peers {
namespace {

Result<double> bytes_per_client(Session& session, const Scenario& scenario, const Peer& peer,
                                std::size_t few, std::size_t many) {
    auto lineup = Lineup::start(session, scenario, std::string(scenario.name), {&peer});
    if (!lineup) return fail(std::move(lineup).error());
    Lineup::Entry& entry = (*lineup)->entries().front();
    IdleClients clients(entry.address(), scenario.work);
    const auto opened_few = clients.open_until(few, session.stop());
    if (!opened_few) return fail(opened_few.error());
    const auto first = memory_use(entry.process.id());
    if (!first) return fail(first.error());
    const auto opened_many = clients.open_until(many, session.stop());
    if (!opened_many) return fail(opened_many.error());
    const auto second = memory_use(entry.process.id());
    if (!second) return fail(second.error());
    return (static_cast<double>(*second) - static_cast<double>(*first)) /
           static_cast<double>(many - few);
}

}  // namespace

Result<void> measure_idle(Session& session, const Scenario& scenario) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t many = idle_clients_max(limit.rlim_cur);
    const std::size_t few = many / 5;
    FigureTable& table =
        session.add_table({std::string(scenario.name),
                           fmt::format("{}: {}; growth from {} to {} clients, once", scenario.name,
                                       scenario.about, few, many),
                           {Metric::ClientBytes},
                           Metric::ClientBytes});
    for (const Peer& peer : session.peers()) {
        if (session.is_stopped()) return {};
        session.show(fmt::format("{}: {}", scenario.name, peer.name()));
        const auto bytes = bytes_per_client(session, scenario, peer, few, many);
        if (session.is_stopped()) return {};
        if (!bytes) return fail(bytes.error());
        table.of(peer.name()).add(Metric::ClientBytes, *bytes);
    }
    return {};
}

}  // namespace fairlead::bench::peers
