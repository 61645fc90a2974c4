#include "bench/run_html.h"

#include <fmt/format.h>

#include <initializer_list>
#include <iterator>
#include <string_view>
#include <utility>

#include "bench/chart.h"
#include "bench/figures.h"
#include "bench/html_text.h"
#include "bench/run_charts.h"
#include "bench/run_table.h"

namespace fairlead::bench {

namespace {

constexpr std::string_view kStyle = R"css(
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:1.2rem 1rem 3rem}
h1{font-size:1.35rem;margin:0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 .5rem}
.soft{color:var(--soft);margin:.15rem 0 1rem;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:.7rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));
gap:.7rem;margin:.7rem 0}
.card{background:var(--card);border:1px solid var(--edge);border-radius:10px;
padding:.8rem 1rem;min-width:0}
.card b{display:block;font-size:1.4rem;line-height:1.3;font-variant-numeric:tabular-nums}
.card i{font-style:normal;color:var(--soft);font-size:.85rem;display:block}
.bad b{color:var(--c2)}
.notice{background:var(--card);border:1px solid var(--edge);border-left:5px solid var(--c1);
border-radius:8px;padding:.7rem 1rem;margin:0 0 .7rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.28rem .4rem;border-bottom:1px solid var(--edge);font-weight:400}
th:first-child,td:first-child{text-align:left}
thead th{color:var(--soft);font-size:.85rem}
.facts td{text-align:left;overflow-wrap:anywhere}
.facts th{color:var(--soft);vertical-align:top;white-space:nowrap}
)css";

/// The document while it is written.
class Page {
  public:
    template <class... Values>
    void add(fmt::format_string<Values...> format, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    }
    void raw(std::string_view html) { text_ += html; }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

std::string title_of(const RunReport& report) {
    std::string title = report.targets.empty() ? "no target" : report.targets.front();
    if (report.targets.size() > 1) {
        title += fmt::format(" and {} more", report.targets.size() - 1);
    }
    return title;
}

void add_head(Page& page, const RunReport& report) {
    page.add(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\">"
        "<title>fairlead-bench: {}</title>\n<style>{}{}</style></head>\n<body><main>\n",
        escape_html(title_of(report)), chart_style(), kStyle);
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

using Facts = std::initializer_list<std::pair<std::string_view, std::string>>;

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
    add_facts(page, "Traffic",
              {{"targets", targets},
               {"load", run_settings(report)},
               {"bytes", fmt::format("{} sent, {} received", human_bytes(report.bytes_sent),
                                     human_bytes(report.bytes_received))},
               {"connections opened", human_number(report.connections_opened)},
               {"requests on one used before", human_number(report.requests_reused)}});
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
    Page page;
    add_head(page, report);
    add_cards(page, report);
    add_plots(page, report);
    page.raw("<section class=\"plots\">\n");
    add_latencies(page, report);
    add_outcomes(page, report);
    add_environment(page, report);
    page.raw("</section>\n</main></body></html>\n");
    return page.take();
}

}  // namespace fairlead::bench
