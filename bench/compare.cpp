#include "bench/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "bench/compare_rows.h"
#include "bench/compare_text.h"
#include "bench/figures.h"
#include "bench/run_json.h"
#include "proxy/base/units.h"

namespace fairlead::bench {

namespace {

using Unit = Difference::Unit;
using Verdict = Difference::Verdict;

/// Fewer seconds are drawn in too few ways to tell an interval from luck.
constexpr std::size_t kRowsMin = 8;
constexpr const char* kMax = "max";
constexpr double kLeastUs = 0.5;  // shorter than the shortest step of a histogram

/// @param least  stands for a 0 in `a`, so that there is a ratio at all
double relative(double a, double b, double least = 1e-9) {
    if (a == b) return 0;
    return b / std::max(a, least) - 1;
}

std::optional<double> micros(const LatencyHistogram& histogram, double share) {
    if (histogram.count() == 0) return std::nullopt;
    const Duration latency = share < 1 ? histogram.quantile(share) : histogram.max();
    return std::chrono::duration<double, std::micro>(latency).count();
}

std::optional<double> error_share(const RunReport& report) {
    const std::uint64_t total = report.outcomes.total();
    if (total == 0) return std::nullopt;
    return static_cast<double>(report.outcomes.errors()) / static_cast<double>(total);
}

std::optional<double> cpu_us(const RunReport& report) {
    const std::uint64_t total = report.outcomes.total();
    if (total == 0) return std::nullopt;
    const double seconds = report.cpu.user_seconds + report.cpu.system_seconds;
    return seconds * 1e6 / static_cast<double>(total);
}

/// Changes in the order of the lines that have an interval: percentiles, rate, share of errors.
std::vector<double> changes(const RowStatistics& a, const RowStatistics& b) {
    std::vector<double> out;
    for (std::size_t i = 0; i < kComparedPercentiles; ++i) {
        out.push_back(relative(a.percentile_us[i], b.percentile_us[i], kLeastUs));
    }
    out.push_back(relative(a.rate, b.rate));
    out.push_back(b.error_share - a.error_share);
    return out;
}

/// Empty when the runs are too short.
std::vector<Interval> intervals(const RunReport& a, const RunReport& b,
                                const BootstrapSettings& settings) {
    CompareRows a_rows(a);
    CompareRows b_rows(b);
    const std::size_t rows = std::min(a_rows.size(), b_rows.size());
    if (rows < kRowsMin) return {};
    BootstrapSettings expanded = settings;
    expanded.confidence = expanded_confidence(settings.confidence, rows);
    const auto drawn = [](CompareRows& from, Random& random) {
        return from.statistics(draw_blocks(from.size(), block_length(from.size()), random));
    };
    return bootstrap(expanded, [&](Random& random) {
        const RowStatistics from_a = drawn(a_rows, random);
        return changes(from_a, drawn(b_rows, random));
    });
}

Verdict judge(const Difference& difference) {
    if (!difference.change) return Verdict::NotJudged;
    if (!difference.interval) return *difference.change == 0 ? Verdict::None : Verdict::NotJudged;
    if (difference.interval->holds(0)) return Verdict::None;
    return difference.interval->low > 0 ? Verdict::More : Verdict::Less;
}

/// Collects the lines; each with an interval takes the next one.
class Differences {
  public:
    explicit Differences(std::vector<Interval> intervals) : intervals_(std::move(intervals)) {}

    void add(std::string name, Unit unit, std::optional<double> a, std::optional<double> b,
             bool has_interval) {
        Difference difference{std::move(name), unit, a, b, {}, {}, Verdict::NotJudged};
        if (a && b) difference.change = change(unit, *a, *b);
        if (has_interval && !intervals_.empty()) {
            if (difference.change) difference.interval = intervals_[used_];
            ++used_;
        }
        difference.verdict = judge(difference);
        found_.push_back(std::move(difference));
    }
    std::vector<Difference> take() { return std::move(found_); }

  private:
    static double change(Unit unit, double a, double b) {
        if (unit == Unit::Share) return b - a;
        return unit == Unit::Latency ? relative(a, b, kLeastUs) : relative(a, b);
    }

    std::vector<Interval> intervals_;
    std::size_t used_ = 0;
    std::vector<Difference> found_;
};

std::vector<Difference> differences(const RunReport& a, const RunReport& b,
                                    const BootstrapSettings& settings) {
    Differences lines(intervals(a, b, settings));
    for (const double share : kComparedShares) {
        lines.add(fmt::format("p{:g}", share * 100), Unit::Latency, micros(a.from_planned, share),
                  micros(b.from_planned, share), true);
    }
    lines.add("achieved rate", Unit::Rate, a.achieved_rate, b.achieved_rate, true);
    lines.add("error share", Unit::Share, error_share(a), error_share(b), true);
    // One value of each run: resampling cannot say how far it is off.
    lines.add(kMax, Unit::Latency, micros(a.from_planned, 1), micros(b.from_planned, 1), false);
    lines.add("generator CPU", Unit::CpuTime, cpu_us(a), cpu_us(b), false);
    return lines.take();
}

void warn_of_settings(const RunReport& a, const RunReport& b, std::vector<std::string>& warnings) {
    const auto differ = [&](std::string_view what, const std::string& of_a,
                            const std::string& of_b) {
        if (of_a == of_b) return;
        warnings.push_back(
            fmt::format("different {}: {} and {}", what, printable(of_a), printable(of_b)));
    };
    const auto loop = [](const RunReport& run) { return run.is_closed ? "closed" : "open"; };
    const auto gaps = [](const RunReport& run) { return run.is_poisson ? "poisson" : "constant"; };
    differ("loop", loop(a), loop(b));
    if (!a.is_closed && !b.is_closed) {
        differ("schedule", gaps(a), gaps(b));
        // A poisson schedule offers a little more or less each time.
        if (std::abs(relative(a.offered_rate, b.offered_rate)) > 0.02) {
            differ("offered rate", human_rate(a.offered_rate), human_rate(b.offered_rate));
        }
    }
    differ("connections", human_number(a.connections), human_number(b.connections));
    differ("threads", human_number(a.threads), human_number(b.threads));
    differ("host", a.host, b.host);
    differ("CPU model", a.cpu_model, b.cpu_model);
    differ("number of CPUs", human_number(a.cpus), human_number(b.cpus));
}

void warn_of_run(std::string_view name, const RunReport& run, std::vector<std::string>& warnings) {
    if (run.generator_limited) {
        warnings.push_back(
            fmt::format("{} is generator-limited: {}", name, printable(*run.generator_limited)));
    }
    if (run.is_interrupted) {
        warnings.push_back(
            fmt::format("{} was interrupted after {}", name, human_duration(run.duration)));
    }
    if (run.from_planned.count() == 0) {
        warnings.push_back(fmt::format("{} has no latencies: no request was answered", name));
    }
    if (run.timeline.size() < kRowsMin) {
        warnings.push_back(
            fmt::format("{} has a timeline of {} rows, too few for an interval: "
                        "measure for {}s or longer",
                        name, run.timeline.size(), kRowsMin));
    }
}

std::vector<std::string> warnings_of(const RunReport& a, const RunReport& b,
                                     const std::vector<Difference>& lines) {
    std::vector<std::string> warnings;
    warn_of_settings(a, b, warnings);
    warn_of_run("A", a, warnings);
    warn_of_run("B", b, warnings);
    for (const Difference& line : lines) {
        if (line.unit != Unit::Share || line.verdict == Verdict::None) continue;
        if (line.verdict == Verdict::NotJudged) continue;
        warnings.push_back(
            fmt::format("{} has more errors: an answer that is an error may be a fast one",
                        line.verdict == Verdict::More ? "B" : "A"));
    }
    return warnings;
}

std::vector<std::string> slower_lines(const std::vector<Difference>& lines, double slower_max) {
    std::vector<std::string> failures;
    std::string unknown;
    for (const Difference& line : lines) {
        const bool is_rate = line.unit == Unit::Rate;
        if (line.name == kMax || (line.unit != Unit::Latency && !is_rate)) continue;
        if (!line.interval) {
            unknown += (unknown.empty() ? "" : ", ") + line.name;
            continue;
        }
        const bool is_slower =
            is_rate ? line.interval->high < -slower_max : line.interval->low > slower_max;
        if (!is_slower) continue;
        failures.push_back(fmt::format("{} is {}, {} (95 % interval {}): beyond {}", line.name,
                                       is_rate ? "lower" : "slower", change_text(line),
                                       interval_text(line), human_share(slower_max)));
    }
    if (!unknown.empty()) failures.push_back(unknown + " cannot be judged: see the warnings");
    return failures;
}

}  // namespace

Comparison compare_runs(const RunReport& a, const RunReport& b, const CompareSettings& settings) {
    Comparison comparison;
    comparison.a_name = "A";
    comparison.b_name = "B";
    comparison.differences = differences(a, b, settings.bootstrap);
    comparison.warnings = warnings_of(a, b, comparison.differences);
    if (settings.slower_max) {
        comparison.failures = slower_lines(comparison.differences, *settings.slower_max);
    }
    return comparison;
}

Result<Comparison> compare_files(const std::string& a, const std::string& b,
                                 const CompareSettings& settings) {
    const Result<RunReport> first = read_run(a);
    if (!first) return fail(first.error());
    const Result<RunReport> second = read_run(b);
    if (!second) return fail(second.error());
    Comparison comparison = compare_runs(*first, *second, settings);
    comparison.a_name = a;
    comparison.b_name = b;
    return comparison;
}

Result<double> parse_slower(std::string_view text) { return parse_percent(text, 10); }

}  // namespace fairlead::bench
