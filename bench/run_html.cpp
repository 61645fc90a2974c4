#include "bench/run_html.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/chart.h"
#include "bench/figures.h"
#include "bench/html_page.h"
#include "bench/html_text.h"
#include "bench/run_charts.h"
#include "bench/run_table.h"

namespace fairlead::bench {

namespace {

std::string title_of(const RunReport& report) {
    std::string title = report.targets.empty() ? "no target" : report.targets.front();
    if (report.targets.size() > 1) {
        title += fmt::format(" and {} more", report.targets.size() - 1);
    }
    return title;
}

void add_head(Page& page, const RunReport& report) {
    page.add("<h1>{}</h1>\n<p class=\"soft\">{}, measured for {} after {} of warm-up, {}</p>\n",
             escape_html(title_of(report)), run_settings(report), human_duration(report.duration),
             human_duration(report.warmup), escape_html(report.started));
    if (report.generator_limited) {
        page.add("<p class=\"notice\"><strong>Generator-limited:</strong> {}<br>{}</p>\n",
                 escape_html(*report.generator_limited),
                 escape_html(generator_limited_cure(report)));
    }
    if (report.is_interrupted) {
        page.add("<p class=\"notice\">Interrupted after {}.</p>\n",
                 human_duration(report.duration));
    }
}

void add_card(Page& page, std::string_view name, std::string_view value, std::string_view below,
              bool is_bad = false) {
    page.add("<div class=\"card{}\"><i>{}</i><b>{}</b><i>{}</i></div>\n", is_bad ? " bad" : "",
             name, value, below);
}

std::string latency_at(const LatencyHistogram& histogram, double share) {
    if (histogram.count() == 0) return "-";
    return human_duration(share < 1 ? histogram.quantile(share) : histogram.max());
}

void add_cards(Page& page, const RunReport& report) {
    page.raw("<section class=\"cards\">\n");
    add_card(page, "achieved rate", human_rate(report.achieved_rate),
             report.is_closed ? "closed loop" : human_rate(report.offered_rate) + " offered");
    struct Row {
        const char* name;
        double share;
    };
    for (const Row& row : {Row{"p50", 0.5}, Row{"p99", 0.99}, Row{"p99.9", 0.999}, Row{"max", 1}}) {
        add_card(page, row.name, latency_at(report.from_planned, row.share),
                 latency_at(report.from_send, row.share) + " from send");
    }
    const std::uint64_t total = report.outcomes.total();
    const std::uint64_t errors = report.outcomes.errors();
    const double share = total == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(total);
    add_card(page, "errors", human_number(errors),
             fmt::format("{} of {}", human_share(share), human_number(total)), errors > 0);
    if (report.executions) {
        const Executions& executions = *report.executions;
        add_card(page, "lost, duplicated",
                 fmt::format("{}, {}", human_number(executions.lost),
                             human_number(executions.duplicated)),
                 fmt::format("of {} sent", human_number(executions.sent)),
                 executions.lost + executions.duplicated > 0);
    }
    page.raw("</section>\n");
}

void add_plots(Page& page, const RunReport& report) {
    page.raw("<section class=\"plots\">\n");
    for (const LineChart& chart : {percentile_chart(report), histogram_chart(report),
                                   rate_chart(report), latency_chart(report)}) {
        page.add("<div class=\"card\">{}</div>\n", figure(chart));
    }
    page.raw("</section>\n");
}

void add_latencies(Page& page, const RunReport& report) {
    page.raw(
        "<div class=\"card\"><h2>Latency</h2><table><thead><tr><th></th>"
        "<th>from the planned start</th><th>from the send</th></tr></thead><tbody>\n");
    const auto row = [&page](std::string_view name, const std::string& planned,
                             const std::string& send) {
        page.add("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", name, planned, send);
    };
    const LatencyHistogram& planned = report.from_planned;
    const LatencyHistogram& send = report.from_send;
    row("mean", planned.count() == 0 ? "-" : human_duration(planned.mean()),
        send.count() == 0 ? "-" : human_duration(send.mean()));
    for (const double share : {0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
        row(fmt::format("p{:g}", share * 100), latency_at(planned, share), latency_at(send, share));
    }
    row("max", latency_at(planned, 1), latency_at(send, 1));
    page.raw("</tbody></table></div>\n");
}

void add_outcomes(Page& page, const RunReport& report) {
    page.raw(
        "<div class=\"card\"><h2>Outcomes</h2><table><thead><tr><th></th><th>requests</th>"
        "<th>share</th></tr></thead><tbody>\n");
    const std::uint64_t total = report.outcomes.total();
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        const std::uint64_t count = report.outcomes.by_outcome[i];
        if (count == 0 && i != 0) continue;
        page.add("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                 outcome_word(static_cast<Outcome>(i)), human_number(count),
                 total == 0 ? "-"
                            : human_share(static_cast<double>(count) / static_cast<double>(total)));
    }
    page.add(
        "<tr><td>planned</td><td>{}</td><td></td></tr>\n<tr><td>unsent</td><td>{}</td>"
        "<td></td></tr>\n</tbody></table></div>\n",
        human_number(report.planned), human_number(report.unsent));
}

using Facts = std::vector<std::pair<std::string_view, std::string>>;

void add_facts(Page& page, std::string_view title, const Facts& facts) {
    page.add("<div class=\"card\"><h2>{}</h2><table class=\"facts\"><tbody>\n", title);
    for (const auto& [name, value] : facts) {
        page.add("<tr><th>{}</th><td>{}</td></tr>\n", name, escape_html(value));
    }
    page.raw("</tbody></table></div>\n");
}

void add_environment(Page& page, const RunReport& report) {
    std::string targets;
    for (const std::string& target : report.targets) {
        targets += (targets.empty() ? "" : ", ") + target;
    }
    Facts traffic{{"targets", targets},
                  {"protocol", protocols_text(report)},
                  {"load", run_settings(report)},
                  {"bytes", fmt::format("{} sent, {} received", human_bytes(report.bytes_sent),
                                        human_bytes(report.bytes_received))},
                  {"connections opened", human_number(report.connections_opened)},
                  {"requests on one used before", human_number(report.requests_reused)}};
    if (report.tls) traffic.emplace_back("TLS", tls_text(*report.tls));
    add_facts(page, "Traffic", traffic);
    add_facts(page, "Environment",
              {{"command", report.command_line},
               {"version", report.version},
               {"host", report.host},
               {"kernel", report.kernel},
               {"CPU", fmt::format("{} ({} usable)", report.cpu_model, report.cpus)},
               {"generator CPU", fmt::format("{:.2f}s user, {:.2f}s system, busiest thread {}",
                                             report.cpu.user_seconds, report.cpu.system_seconds,
                                             human_share(report.cpu.busy_share))}});
}

}  // namespace

std::string to_html(const RunReport& report) {
    Page page("fairlead-bench: " + title_of(report));
    add_head(page, report);
    add_cards(page, report);
    add_plots(page, report);
    page.raw("<section class=\"plots\">\n");
    add_latencies(page, report);
    add_outcomes(page, report);
    add_environment(page, report);
    page.raw("</section>\n");
    return page.take();
}

}  // namespace fairlead::bench
