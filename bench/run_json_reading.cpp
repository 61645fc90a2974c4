// The other half of run_json.h: a file back into a RunReport.
#include <fmt/format.h>

#include <utility>

#include "bench/figures.h"
#include "bench/json_reading.h"
#include "bench/output_file.h"
#include "bench/run_json.h"

namespace fairlead::bench {

namespace {

/// Hours of timeline in fine steps stay far below; what is longer is no run.
constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;

std::vector<std::string> read_texts(JsonReading reading) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < reading.size(); ++i) texts.push_back(reading.item(i).text());
    return texts;
}

OutcomeCounts read_outcomes(JsonReading reading, bool is_sparse) {
    OutcomeCounts counts;
    for (const std::string& name : reading.names()) {
        std::size_t i = 0;
        while (i < kOutcomes && outcome_word(static_cast<Outcome>(i)) != name) ++i;
        if (i == kOutcomes) {
            // Left out it would be missing from the total, and shares of errors be wrong.
            reading.complain(fmt::format("holds the outcome \"{}\", which is not known", name));
            return counts;
        }
        counts.by_outcome[i] = reading.member(name).count();
    }
    if (!is_sparse) {
        for (std::size_t i = 0; i < kOutcomes; ++i) {
            reading.member(outcome_word(static_cast<Outcome>(i)));
        }
    }
    return counts;
}

LatencyHistogram read_histogram(JsonReading reading) {
    const std::vector<LatencyHistogram::Bucket> buckets = reading.member("buckets").buckets();
    const Duration min = reading.member("min").microseconds();
    const Duration mean = reading.member("mean").microseconds();
    const Duration max = reading.member("max").microseconds();
    LatencyHistogram histogram = LatencyHistogram::restored(buckets, min, mean, max);
    if (reading.member("count").count() != histogram.count()) {
        reading.complain("has a count that is not the sum of its buckets");
    }
    if (min > max) reading.complain("has a min above its max");
    // Taken from the buckets again; looked at, because a file without them is none of ours.
    for (const RunPercentile& row : kRunPercentiles) reading.member(row.name).microseconds();
    return histogram;
}

void read_timeline(JsonReading reading, RunReport& report) {
    report.interval_seconds = reading.member("interval_seconds").number();
    if (report.interval_seconds <= 0) reading.complain("has an interval of nothing");
    const JsonReading rows = reading.member("rows");
    double before = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const JsonReading from = rows.item(i);
        TimelineRow row;
        row.second = from.member("second").number();
        row.outcomes = read_outcomes(from.member("outcomes"), true);
        row.late = from.member("late").count();
        row.latencies = from.member("buckets").buckets();
        if (row.second <= before) from.complain("does not end after the row before it");
        before = row.second;
        report.timeline.push_back(std::move(row));
    }
}

void read_settings(JsonReading reading, RunReport& report) {
    report.targets = read_texts(reading.member("targets"));
    // Not in files of before there was a choice.
    if (reading.has("protocols")) report.protocols = read_texts(reading.member("protocols"));
    if (reading.has("streams")) report.streams = reading.member("streams").small();
    report.is_closed = reading.member("closed").flag();
    report.is_poisson = reading.member("poisson").flag();
    report.connections = reading.member("connections").small();
    report.threads = reading.member("threads").small();
    report.warmup = reading.member("warmup_seconds").seconds();
}

void read_results(const JsonReading& run, RunReport& report) {
    report.duration = run.member("duration_seconds").seconds();
    report.is_interrupted = run.member("interrupted").flag();
    report.offered_rate = run.member("rates").member("offered").number();
    report.achieved_rate = run.member("rates").member("achieved").number();
    report.planned = run.member("requests").member("planned").count();
    report.unsent = run.member("requests").member("unsent").count();
    report.requests_reused = run.member("requests").member("reused").count();
    report.connections_opened = run.member("connections").member("opened").count();
    report.bytes_sent = run.member("bytes").member("sent").count();
    report.bytes_received = run.member("bytes").member("received").count();
    report.outcomes = read_outcomes(run.member("outcomes"), false);
    report.from_planned = read_histogram(run.member("latency_us").member("from_planned"));
    report.from_send = read_histogram(run.member("latency_us").member("from_send"));
    const JsonReading cpu = run.member("generator_cpu");
    report.cpu.user_seconds = cpu.member("user_seconds").number();
    report.cpu.system_seconds = cpu.member("system_seconds").number();
    report.cpu.busy_share = cpu.member("busy_share").number();
}

TlsUse read_tls(const JsonReading& reading) {
    TlsUse use;
    const JsonReading agreed = reading.member("agreed");
    for (std::size_t i = 0; i < agreed.size(); ++i) {
        const JsonReading each = agreed.item(i);
        use.agreed.push_back({each.member("version").text(), each.member("cipher").text()});
    }
    use.whole = reading.member("whole").count();
    use.resumed = reading.member("resumed").count();
    return use;
}

Executions read_executions(const JsonReading& reading) {
    Executions executions;
    executions.sent = reading.member("sent").count();
    executions.executed = reading.member("executed").count();
    executions.duplicated = reading.member("duplicated").count();
    executions.lost = reading.member("lost").count();
    executions.duplicated_ids = read_texts(reading.member("duplicated_ids"));
    return executions;
}

}  // namespace

Result<RunReport> from_json(std::string_view text, const std::string& file) {
    JsonFile json(text, file, "take a file that fairlead-bench run --json has written");
    const JsonReading run = json.root();
    const std::string schema = run.member("schema").text();
    if (schema != kRunSchema) {
        json.complain(fmt::format("schema is \"{}\", not \"{}\"", printable(schema), kRunSchema));
        return fail(*json.first_error());
    }
    RunReport report;
    report.version = run.member("version").text();
    report.started = run.member("started").text();
    report.command_line = run.member("command_line").text();
    report.host = run.member("host").text();
    report.kernel = run.member("kernel").text();
    report.cpu_model = run.member("cpu_model").text();
    report.cpus = run.member("cpus").small();
    read_settings(run.member("settings"), report);
    read_results(run, report);
    if (const JsonReading limited = run.member("generator_limited"); !limited.is_null()) {
        report.generator_limited = limited.text();
    }
    if (run.has("tls") && !run.member("tls").is_null()) report.tls = read_tls(run.member("tls"));
    if (const JsonReading executions = run.member("executions"); !executions.is_null()) {
        report.executions = read_executions(executions);
    }
    read_timeline(run.member("timeline"), report);
    if (json.first_error()) return fail(*json.first_error());
    return report;
}

Result<RunReport> read_run(const std::string& path) {
    const Result<std::string> text = read_file(path, kFileBytesMax);
    if (!text) return fail(text.error());
    return from_json(*text, path);
}

}  // namespace fairlead::bench
