#include "bench/fail_if_values.h"

#include <fmt/format.h>

#include "bench/figures.h"

namespace fairlead::bench {

namespace {

using Kind = FailMetric::Kind;

FailValue unknown(std::string_view why) { return {{}, fmt::format("is not known: {}", why)}; }

FailValue latency(const FailMetric& metric, const RunReport& report) {
    const LatencyHistogram& histogram =
        metric.is_from_send ? report.from_send : report.from_planned;
    if (histogram.count() == 0) return unknown("no request was answered");
    const Duration found = metric.kind == Kind::Mean  ? histogram.mean()
                           : metric.kind == Kind::Max ? histogram.max()
                                                      : histogram.quantile(metric.share);
    return {static_cast<double>(found.count()), "is " + human_duration(found)};
}

FailValue counted(std::uint64_t count, std::uint64_t all, bool is_share) {
    if (!is_share) return {static_cast<double>(count), "is " + human_number(count)};
    if (all == 0) return unknown("there were no requests");
    const double share = static_cast<double>(count) / static_cast<double>(all);
    return {share, fmt::format("is {}, {} of {}", human_share(share), human_number(count),
                               human_number(all))};
}

FailValue executed(const FailCondition& condition, const RunReport& report) {
    if (!report.executions) {
        return unknown("the target does not tell what it executed, as fairlead-bench origin does");
    }
    const Executions& executions = *report.executions;
    const std::uint64_t count =
        condition.metric.kind == Kind::Lost ? executions.lost : executions.duplicated;
    return counted(count, executions.sent, condition.is_share);
}

FailValue rate(const FailCondition& condition, const RunReport& report) {
    if (!condition.is_share)
        return {report.achieved_rate, "is " + human_rate(report.achieved_rate)};
    if (report.offered_rate <= 0) return unknown("a closed loop has no offered rate");
    const double share = report.achieved_rate / report.offered_rate;
    return {share, fmt::format("is {}, {} of {}", human_share(share),
                               human_rate(report.achieved_rate), human_rate(report.offered_rate))};
}

}  // namespace

std::string metric_name(const FailMetric& metric) {
    const std::string_view prefix = metric.is_from_send ? "send." : "";
    switch (metric.kind) {
        case Kind::Percentile:
            return fmt::format("{}p{:.10g}", prefix, metric.share * 100);
        case Kind::Mean:
            return fmt::format("{}mean", prefix);
        case Kind::Max:
            return fmt::format("{}max", prefix);
        case Kind::Errors:
            return "errors";
        case Kind::Outcome:
            return std::string(outcome_word(metric.outcome));
        case Kind::Unsent:
            return "unsent";
        case Kind::Lost:
            return "lost";
        case Kind::Duplicated:
            return "duplicated";
        case Kind::Rate:
            return "rate";
    }
    return {};
}

FailValue value_of(const FailCondition& condition, const RunReport& report) {
    const std::uint64_t total = report.outcomes.total();
    switch (condition.metric.kind) {
        case Kind::Percentile:
        case Kind::Mean:
        case Kind::Max:
            return latency(condition.metric, report);
        case Kind::Errors:
            return counted(report.outcomes.errors(), total, condition.is_share);
        case Kind::Outcome:
            return counted(report.outcomes[condition.metric.outcome], total, condition.is_share);
        case Kind::Unsent:
            return counted(report.unsent, report.planned, condition.is_share);
        case Kind::Lost:
        case Kind::Duplicated:
            return executed(condition, report);
        case Kind::Rate:
            return rate(condition, report);
    }
    return {};
}

}  // namespace fairlead::bench
