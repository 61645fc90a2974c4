#include "bench/peers/round.h"

#include <fmt/format.h>

#include "bench/peers/process_use.h"
#include "proxy/base/units.h"

namespace fairlead::bench::peers {
namespace {

constexpr Duration kWarmUp = std::chrono::milliseconds(300);

double microseconds(Duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

Result<RunReport> measure_round(Session& session, Lineup& lineup, const Lineup::Entry& entry,
                                const LoadSettings& load, PeerFigures& figures) {
    const auto running_before = lineup.check_running();
    if (!running_before) return fail(running_before.error());
    const auto before = cpu_use(entry.process.id());
    if (!before) return fail(before.error());
    auto report = session.load(load);
    if (session.is_stopped()) return report;
    const auto running_after = lineup.check_running();
    if (!running_after) return fail(running_after.error());
    if (!report) return report;
    const auto requests = static_cast<double>(report->outcomes.total());
    if (requests == 0) return too_short(entry, load.duration);
    const auto after = cpu_use(entry.process.id());
    if (!after) return fail(after.error());
    figures.outcomes.add(report->outcomes);
    figures.add(Metric::Errors, static_cast<double>(report->outcomes.errors()));
    figures.add(Metric::Rate, report->achieved_rate);
    const CpuUse used = after->since(*before);
    const double cpu = microseconds(used.total) / requests;
    figures.add(Metric::Cpu, cpu);
    if (const auto user_share = used.user_share()) {
        figures.add(Metric::UserCpu, cpu * *user_share);
        figures.add(Metric::SystemCpu, cpu * (1 - *user_share));
    }
    figures.add(Metric::P50, microseconds(report->from_planned.quantile(0.5)));
    figures.add(Metric::P99, microseconds(report->from_planned.quantile(0.99)));
    figures.add(Metric::P999, microseconds(report->from_planned.quantile(0.999)));
    return report;
}

tl::unexpected<Error> too_short(const Lineup::Entry& entry, Duration duration) {
    return fail(fmt::format("no request through {} ended within {}", entry.peer->name(),
                            format_duration(duration)),
                "give a turn more time with --duration");
}

std::vector<Lineup::Entry*> turns(std::vector<Lineup::Entry>& entries, unsigned round) {
    std::vector<Lineup::Entry*> order;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        order.push_back(&entries[(i + round - 1) % entries.size()]);
    }
    return order;
}

Result<void> warm_up(Session& session, Lineup& lineup, const Work& work) {
    for (Lineup::Entry& entry : lineup.entries()) {
        if (session.is_stopped()) break;
        LoadSettings load = load_settings(work, entry.address());
        load.duration = kWarmUp;
        const auto report = session.load(load);
        if (session.is_stopped()) break;
        auto running = lineup.check_running();
        if (!running) return running;
        if (!report) return fail(report.error());
    }
    return {};
}

}  // namespace fairlead::bench::peers
