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

Result<double> bytes_per_client(Session& session, const Scenario& scenario,
                                const std::string& label, const Peer& peer, std::size_t few,
                                std::size_t many) {
    auto lineup = Lineup::start(session, scenario, label, {&peer});
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

Result<void> measure_one(Session& session, const Scenario& scenario, const std::string& label) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t many = idle_clients_max(limit.rlim_cur);
    const std::size_t few = many / 5;
    FigureTable& table = session.add_table(
        {label,
         fmt::format("{}: {}{}; growth from {} to {} clients, once", label, scenario.about,
                     scenario.work.is_tls ? ", with TLS 1.3" : "", few, many),
         {Metric::ClientBytes},
         Metric::ClientBytes});
    for (const Peer* peer : peers_for(session, scenario.work, table.notes)) {
        if (session.is_stopped()) return {};
        session.show(fmt::format("{}: {}", label, peer->name()));
        const auto bytes = bytes_per_client(session, scenario, label, *peer, few, many);
        if (session.is_stopped()) return {};
        if (!bytes) return fail(bytes.error());
        table.of(peer->name()).add(Metric::ClientBytes, *bytes);
    }
    return {};
}

}  // namespace

/// In clear, then with TLS.
Result<void> measure_idle(Session& session, const Scenario& scenario) {
    auto measured = measure_one(session, scenario, std::string(scenario.name));
    if (!measured || session.is_stopped()) return measured;
    Scenario with_tls = scenario;
    with_tls.work.is_tls = true;
    return measure_one(session, with_tls, fmt::format("{}-tls", scenario.name));
}

}  // namespace fairlead::bench::peers
