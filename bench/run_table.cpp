#include "bench/run_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "bench/figures.h"

namespace fairlead::bench {

namespace {

/// Collects lines of a name and what is to be said of it.
class Lines {
  public:
    void add(std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(text_), "{:<16}{}\n", name, value);
    }
    std::string& text() { return text_; }

  private:
    std::string text_;
};

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", human_number(count), noun, count == 1 ? "" : "s");
}

std::string latency_row(const LatencyHistogram& histogram) {
    std::string out;
    for (const double share : {0.5, 0.9, 0.99, 0.999, 1.0}) {
        const std::string latency = histogram.count() == 0 ? "-"
                                    : share < 1 ? human_duration(histogram.quantile(share))
                                                : human_duration(histogram.max());
        fmt::format_to(std::back_inserter(out), "{:>10}", latency);
    }
    return out;
}

void add_latencies(Lines& lines, const RunReport& report) {
    std::string head;
    for (const std::string_view name : {"p50", "p90", "p99", "p99.9", "max"}) {
        fmt::format_to(std::back_inserter(head), "{:>10}", name);
    }
    lines.add("latency", head);
    // For a closed loop, too: a connection may have to be opened between the plan and the send.
    lines.add("  from planned", latency_row(report.from_planned));
    lines.add("  from send", latency_row(report.from_send));
}

void add_errors(Lines& lines, const RunReport& report) {
    const std::uint64_t errors = report.outcomes.errors();
    std::string text = error_list(report.outcomes);
    if (errors > 0) {
        const double share =
            static_cast<double>(errors) / static_cast<double>(report.outcomes.total());
        text += fmt::format(" ({} of the requests)", human_share(share));
    }
    lines.add("errors", text);
}

std::uint64_t answered(const OutcomeCounts& outcomes) {
    return outcomes.ok() + outcomes[Outcome::Status4xx] + outcomes[Outcome::Status5xx];
}

std::string generator(const RunReport& report) {
    const double seconds = report.cpu.user_seconds + report.cpu.system_seconds;
    std::string text = fmt::format("{:.2f}s user + {:.2f}s system", report.cpu.user_seconds,
                                   report.cpu.system_seconds);
    if (const std::uint64_t total = report.outcomes.total(); total > 0) {
        text += fmt::format(", {:.1f}us a request", seconds / static_cast<double>(total) * 1e6);
    }
    return text + fmt::format(", busiest thread {}", human_share(report.cpu.busy_share));
}

void add_executions(Lines& lines, const Executions& executions) {
    lines.add("executions",
              fmt::format("{} sent, {} executed, {} duplicated, {} lost",
                          human_number(executions.sent), human_number(executions.executed),
                          human_number(executions.duplicated), human_number(executions.lost)));
    if (executions.duplicated_ids.empty()) return;
    constexpr std::size_t kShownMax = 5;
    std::string ids;
    for (std::size_t i = 0; i < executions.duplicated_ids.size() && i < kShownMax; ++i) {
        ids += (i == 0 ? "" : ", ") + printable(executions.duplicated_ids[i]);
    }
    if (executions.duplicated > kShownMax) ids += ", ...";
    lines.add("  twice", ids);
}

}  // namespace

std::string error_list(const OutcomeCounts& outcomes) {
    std::string out;
    for (std::size_t i = 1; i < kOutcomes; ++i) {  // 0 is ok
        if (outcomes.by_outcome[i] == 0) continue;
        fmt::format_to(std::back_inserter(out), "{}{} {}", out.empty() ? "" : ", ",
                       outcome_word(static_cast<Outcome>(i)), human_number(outcomes.by_outcome[i]));
    }
    return out.empty() ? "none" : out;
}

std::string run_settings(const RunReport& report) {
    const std::string loop = report.is_closed
                                 ? "closed loop"
                                 : fmt::format("open loop at {}{}", human_rate(report.offered_rate),
                                               report.is_poisson ? " (poisson)" : "");
    return fmt::format("{}, {}, {}", loop, plural(report.connections, "connection"),
                       plural(report.threads, "thread"));
}

std::string protocols_text(const RunReport& report) {
    std::string text = fmt::format("{}", fmt::join(report.protocols, ", "));
    const bool has_streams = std::find(report.protocols.begin(), report.protocols.end(),
                                       "HTTP/2") != report.protocols.end();
    if (!has_streams) return text;
    return text + fmt::format(", {} on each connection", plural(report.streams, "stream"));
}

std::string tls_text(const TlsUse& use) {
    std::string text;
    for (const TlsAgreement& each : use.agreed) {
        text += fmt::format("{} {}, ", each.version, each.cipher);
    }
    return text + fmt::format("{}, {} resumed", plural(use.whole, "whole handshake"),
                              human_number(use.resumed));
}

std::string generator_limited_cure(const RunReport& report) {
    if (report.is_closed) {
        return "the rate is this machine's, not the target's: raise --threads, or make the load on "
               "another machine";
    }
    return "the latencies hold this machine's own delay: lower --rate, raise --threads or "
           "--connections, or make the load on another machine";
}

std::string run_table(const RunReport& report) {
    Lines lines;
    for (const std::string& target : report.targets) lines.add("target", printable(target));
    if (!report.protocols.empty()) lines.add("protocol", protocols_text(report));
    lines.add("load", run_settings(report));
    lines.add("measured", fmt::format("{} after {} of warm-up", human_duration(report.duration),
                                      human_duration(report.warmup)));
    const std::string offered =
        report.is_closed ? "" : fmt::format("{} offered, ", human_rate(report.offered_rate));
    lines.add("rate", fmt::format("{}{} achieved", offered, human_rate(report.achieved_rate)));
    lines.add("requests",
              fmt::format("{} planned, {} answered, {} unsent", human_number(report.planned),
                          human_number(answered(report.outcomes)), human_number(report.unsent)));
    add_latencies(lines, report);
    add_errors(lines, report);
    lines.add("bytes", fmt::format("{} sent, {} received", human_bytes(report.bytes_sent),
                                   human_bytes(report.bytes_received)));
    lines.add("connections", fmt::format("{} opened, {} on one used before",
                                         human_number(report.connections_opened),
                                         plural(report.requests_reused, "request")));
    if (report.tls) lines.add("tls", tls_text(*report.tls));
    lines.add("generator", generator(report));
    if (report.executions) add_executions(lines, *report.executions);
    if (report.is_interrupted) {
        const std::uint64_t ended = report.outcomes.total();
        const std::uint64_t left = report.planned > ended ? report.planned - ended : 0;
        fmt::format_to(std::back_inserter(lines.text()),
                       "interrupted after {}: {} not waited for\n", human_duration(report.duration),
                       plural(left, "request"));
    }
    if (report.generator_limited) {
        fmt::format_to(std::back_inserter(lines.text()), "generator-limited: {}\n  {}\n",
                       printable(*report.generator_limited), generator_limited_cure(report));
    }
    return std::move(lines.text());
}

std::string progress_line(const LoadProgress& progress) {
    std::string out =
        fmt::format("{:>4.0f}s  {:>11}  p50 {:>6}  p99 {:>6}  max {:>6}", progress.second,
                    human_rate(progress.rate), human_duration(progress.p50),
                    human_duration(progress.p99), human_duration(progress.max));
    if (progress.outcomes.errors() > 0) out += "  errors: " + error_list(progress.outcomes);
    if (progress.late > 0) out += fmt::format("  late: {}", human_number(progress.late));
    if (progress.is_warmup) out += "  (warm-up)";
    return out + "\n";
}

}  // namespace fairlead::bench
