// Open loop: latency from the planned start, at rates that even the slowest peer can keep.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "bench/figures.h"
#include "bench/peers/lineup.h"
#include "bench/peers/round.h"
#include "bench/peers/scenario.h"
#include "bench/peers/session.h"

namespace fairlead::bench::peers {
namespace {

struct Step {
    double share;  ///< of the slowest peer's maximum
    std::string_view name;
    FigureTable* table = nullptr;
    double rate = 0;
};

/// What the slowest peer reaches in a closed loop.
Result<double> slowest_rate(Session& session, const Scenario& scenario, Lineup& lineup) {
    double slowest = std::numeric_limits<double>::max();
    for (Lineup::Entry& entry : lineup.entries()) {
        session.show(fmt::format("{}: maximum of {}", scenario.name, entry.peer->name()));
        LoadSettings load = load_settings(scenario.work, entry.address());
        load.duration = session.settings().duration;
        PeerFigures unused;
        const auto report = measure_round(session, lineup, entry, load, unused);
        if (session.is_stopped()) return 0;
        if (!report) return fail(report.error());
        if (report->achieved_rate <= 0) return too_short(entry, load.duration);
        slowest = std::min(slowest, report->achieved_rate);
    }
    return slowest;
}

/// Said once for each peer: its latencies are also those of a late generator.
void note_limit(FigureTable& table, const Peer& peer, const RunReport& report) {
    if (!report.generator_limited) return;
    const std::string start = fmt::format("the generator was the limit for {}: ", peer.name());
    const bool is_known =
        std::any_of(table.notes.begin(), table.notes.end(),
                    [&start](const std::string& note) { return note.starts_with(start); });
    if (!is_known) table.notes.push_back(start + *report.generator_limited);
}

}  // namespace

Result<void> measure_rate(Session& session, const Scenario& scenario) {
    session.show(fmt::format("{}: starting", scenario.name));
    auto lineup = Lineup::start(session, scenario, std::string(scenario.name), all_peers(session));
    if (!lineup) return fail(std::move(lineup).error());
    auto warm = warm_up(session, **lineup, scenario.work);
    if (!warm) return warm;
    const auto slowest = slowest_rate(session, scenario, **lineup);
    if (!slowest) return fail(slowest.error());
    if (session.is_stopped()) return {};
    std::array<Step, 2> steps{{{0.5, "half"}, {0.8, "four fifths"}}};
    for (Step& step : steps) {
        step.rate = *slowest * step.share;
        step.table = &session.add_table(
            {std::string(scenario.name),
             fmt::format("{}: {}, {}, {} of the slowest one's maximum; medians of {}",
                         scenario.name, scenario.about, human_rate(step.rate), step.name,
                         rounds_text(session.settings())),
             {Metric::P50, Metric::P99, Metric::P999, Metric::Cpu, Metric::Rate, Metric::Errors}});
    }
    const unsigned rounds = session.settings().rounds;
    for (unsigned round = 1; round <= rounds; ++round) {
        for (Step& step : steps) {
            for (Lineup::Entry* entry : turns((*lineup)->entries(), round)) {
                if (session.is_stopped()) return {};
                session.show(fmt::format("{}: round {} of {} at {}, {}", scenario.name, round,
                                         rounds, step.name, entry->peer->name()));
                LoadSettings load = load_settings(scenario.work, entry->address());
                load.is_closed = false;
                load.rate = step.rate;
                load.duration = session.settings().duration;
                const auto report = measure_round(session, **lineup, *entry, load,
                                                  step.table->of(entry->peer->name()));
                if (session.is_stopped()) return {};
                if (!report) return fail(report.error());
                note_limit(*step.table, *entry->peer, *report);
            }
        }
    }
    return {};
}

}  // namespace fairlead::bench::peers
