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

tl::unexpected<Error> has_ended(const Lineup::Entry& entry) {
    return fail(fmt::format("{} ended under load; the end of its log:\n{}", entry.peer->name(),
                            entry.process.log_end()),
                "see its configuration and its log in the folder that was kept");
}

}  // namespace

Result<RunReport> measure_round(Session& session, Lineup::Entry& entry, const LoadSettings& load,
                                PeerFigures& figures) {
    const auto before = cpu_use(entry.process.id());
    if (!before) return has_ended(entry);
    auto report = session.load(load);
    if (session.is_stopped()) return report;
    if (!entry.process.is_running()) return has_ended(entry);
    if (!report) return report;
    const auto after = cpu_use(entry.process.id());
    if (!after) return fail(after.error());
    figures.outcomes.add(report->outcomes);
    figures.add(Metric::Errors, static_cast<double>(report->outcomes.errors()));
    figures.add(Metric::Rate, report->achieved_rate);
    const auto requests = static_cast<double>(report->outcomes.total());
    if (requests > 0) {
        const CpuUse used = after->since(*before);
        const double cpu = microseconds(used.total) / requests;
        figures.add(Metric::Cpu, cpu);
        figures.add(Metric::UserCpu, cpu * used.user_share());
        figures.add(Metric::SystemCpu, cpu * (1 - used.user_share()));
    }
    figures.add(Metric::P50, microseconds(report->from_planned.quantile(0.5)));
    figures.add(Metric::P99, microseconds(report->from_planned.quantile(0.99)));
    figures.add(Metric::P999, microseconds(report->from_planned.quantile(0.999)));
    return report;
}

Result<void> warm_up(Session& session, Lineup& lineup, const Work& work) {
    for (Lineup::Entry& entry : lineup.entries()) {
        if (session.is_stopped()) break;
        LoadSettings load = load_settings(work, entry.address());
        load.duration = kWarmUp;
        const auto report = session.load(load);
        if (session.is_stopped()) break;
        if (!entry.process.is_running()) return has_ended(entry);
        if (!report) return fail(report.error());
    }
    return {};
}

std::string rounds_text(const Session& session) {
    const unsigned rounds = session.settings().rounds;
    return fmt::format("; medians of {} round{} of {}", rounds, rounds == 1 ? "" : "s",
                       format_duration(session.settings().duration));
}

}  // namespace fairlead::bench::peers
