#include "bench/run_json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace fairlead::bench {

namespace {

using nlohmann::ordered_json;  // members stay in the order in which a person looks for them

double in_us(Duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

ordered_json write_buckets(const std::vector<LatencyHistogram::Bucket>& buckets) {
    ordered_json out = ordered_json::array();
    for (const auto& bucket : buckets) out.push_back({bucket.upper_us, bucket.count});
    return out;
}

ordered_json write_histogram(const LatencyHistogram& histogram) {
    ordered_json out{{"count", histogram.count()},
                     {"min", in_us(histogram.min())},
                     {"mean", in_us(histogram.mean())}};
    for (const RunPercentile& row : kRunPercentiles) {
        out[row.name] = in_us(histogram.quantile(row.share));
    }
    out["max"] = in_us(histogram.max());
    out["buckets"] = write_buckets(histogram.buckets());
    return out;
}

ordered_json write_outcomes(const OutcomeCounts& counts, bool is_sparse) {
    ordered_json out = ordered_json::object();
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        if (is_sparse && counts.by_outcome[i] == 0) continue;
        out[std::string(outcome_word(static_cast<Outcome>(i)))] = counts.by_outcome[i];
    }
    return out;
}

ordered_json write_timeline(const RunReport& report) {
    ordered_json rows = ordered_json::array();
    for (const TimelineRow& row : report.timeline) {
        rows.push_back({{"second", row.second},
                        {"outcomes", write_outcomes(row.outcomes, true)},
                        {"late", row.late},
                        {"buckets", write_buckets(row.latencies)}});
    }
    return {{"interval_seconds", report.interval_seconds}, {"rows", std::move(rows)}};
}

ordered_json write_settings(const RunReport& report) {
    return {{"targets", report.targets},         {"protocols", report.protocols},
            {"closed", report.is_closed},        {"poisson", report.is_poisson},
            {"connections", report.connections}, {"streams", report.streams},
            {"threads", report.threads},         {"warmup_seconds", in_seconds(report.warmup)}};
}

ordered_json write_tls(const TlsUse& use) {
    ordered_json agreed = ordered_json::array();
    for (const TlsAgreement& each : use.agreed) {
        agreed.push_back({{"version", each.version}, {"cipher", each.cipher}});
    }
    return {{"agreed", std::move(agreed)}, {"whole", use.whole}, {"resumed", use.resumed}};
}

ordered_json write_executions(const Executions& executions) {
    return {{"sent", executions.sent},
            {"executed", executions.executed},
            {"duplicated", executions.duplicated},
            {"lost", executions.lost},
            {"duplicated_ids", executions.duplicated_ids}};
}

}  // namespace

std::string to_json(const RunReport& report) {
    ordered_json run;
    run["schema"] = kRunSchema;
    run["version"] = report.version;
    run["started"] = report.started;
    run["command_line"] = report.command_line;
    run["host"] = report.host;
    run["kernel"] = report.kernel;
    run["cpu_model"] = report.cpu_model;
    run["cpus"] = report.cpus;
    run["settings"] = write_settings(report);
    run["duration_seconds"] = in_seconds(report.duration);
    run["interrupted"] = report.is_interrupted;
    run["rates"] = {{"offered", report.offered_rate}, {"achieved", report.achieved_rate}};
    run["requests"] = {
        {"planned", report.planned}, {"unsent", report.unsent}, {"reused", report.requests_reused}};
    run["outcomes"] = write_outcomes(report.outcomes, false);
    run["latency_us"] = {{"from_planned", write_histogram(report.from_planned)},
                         {"from_send", write_histogram(report.from_send)}};
    run["bytes"] = {{"sent", report.bytes_sent}, {"received", report.bytes_received}};
    run["connections"] = {{"opened", report.connections_opened}};
    run["tls"] = nullptr;
    if (report.tls) run["tls"] = write_tls(*report.tls);
    run["generator_cpu"] = {{"user_seconds", report.cpu.user_seconds},
                            {"system_seconds", report.cpu.system_seconds},
                            {"busy_share", report.cpu.busy_share}};
    run["generator_limited"] = nullptr;
    if (report.generator_limited) run["generator_limited"] = *report.generator_limited;
    run["executions"] = nullptr;
    if (report.executions) run["executions"] = write_executions(*report.executions);
    run["timeline"] = write_timeline(report);
    return run.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fairlead::bench
