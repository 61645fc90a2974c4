// Closed-loop scenarios: CPU per request, every peer in turn, round after round.
#include <fmt/format.h>

#include "bench/peers/lineup.h"
#include "bench/peers/round.h"
#include "bench/peers/scenario.h"
#include "bench/peers/session.h"

namespace fairlead::bench::peers {

Result<void> measure_load(Session& session, const Scenario& scenario) {
    session.show(fmt::format("{}: starting", scenario.name));
    std::vector<std::string> notes;
    const std::vector<const Peer*> peers = peers_for(session, scenario.work, notes);
    if (peers.empty()) {
        session
            .add_table({std::string(scenario.name),
                        fmt::format("{}: {}; not measured", scenario.name, scenario.about),
                        {}})
            .notes = std::move(notes);
        return {};
    }
    auto lineup = Lineup::start(session, scenario, std::string(scenario.name), peers);
    if (!lineup) return fail(std::move(lineup).error());
    FigureTable& table =
        session.add_table({std::string(scenario.name),
                           fmt::format("{}: {}; medians of {}", scenario.name, scenario.about,
                                       rounds_text(session.settings())),
                           {Metric::Cpu, Metric::UserCpu, Metric::SystemCpu, Metric::Rate,
                            Metric::P99, Metric::Errors},
                           Metric::Cpu});
    table.notes = std::move(notes);
    auto warm = warm_up(session, **lineup, scenario.work);
    if (!warm) return warm;
    const unsigned rounds = session.settings().rounds;
    for (unsigned round = 1; round <= rounds; ++round) {
        for (Lineup::Entry* entry : turns((*lineup)->entries(), round)) {
            if (session.is_stopped()) return {};
            session.show(fmt::format("{}: round {} of {}, {}", scenario.name, round, rounds,
                                     entry->peer->name()));
            LoadSettings load = load_settings(scenario.work, entry->address());
            load.duration = session.settings().duration;
            const auto report =
                measure_round(session, **lineup, *entry, load, table.of(entry->peer->name()));
            if (session.is_stopped()) return {};
            if (!report) return fail(report.error());
        }
    }
    return {};
}

}  // namespace fairlead::bench::peers
