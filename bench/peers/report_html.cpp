#include <fmt/format.h>

#include "bench/html_page.h"
#include "bench/html_text.h"
#include "bench/peers/bars.h"
#include "bench/peers/figure_text.h"
#include "bench/peers/report.h"
#include "bench/peers/report_charts.h"

namespace fairlead::bench::peers {
namespace {

void add_head(Page& page, const Report& report) {
    page.add("<h1>fairlead beside its peers</h1>\n<p class=\"soft\">{}, {}, {}</p>\n",
             escape_html(rounds_text(report.settings)), escape_html(report.pinning),
             escape_html(report.machine.time));
    if (report.is_interrupted) page.raw("<p class=\"notice\">Interrupted.</p>\n");
    if (!report.failure.empty()) {
        page.add("<p class=\"notice\">Ended by an error: {}</p>\n", escape_html(report.failure));
    }
}

void add_row(Page& page, const std::vector<std::string>& cells, std::string_view tag) {
    page.raw("<tr>");
    for (const std::string& cell : cells) page.add("<{0}>{1}</{0}>", tag, escape_html(cell));
    page.raw("</tr>\n");
}

/// "MISSED  ..." in the colour of what is bad.
void add_line(Page& page, std::string_view line, bool is_bad) {
    page.add("<p{}>{}</p>\n", is_bad ? " style=\"color:var(--c2)\"" : "", escape_html(line));
}

void add_table(Page& page, const FigureTable& table) {
    page.add("<section>\n<h2>{}</h2>\n<div class=\"card\"><table><thead>",
             escape_html(table.title));
    const auto rows = table_cells(table);
    add_row(page, rows.front(), "th");
    page.raw("</thead><tbody>\n");
    for (std::size_t i = 1; i < rows.size(); ++i) add_row(page, rows[i], "td");
    page.raw("</tbody></table>\n");
    for (const Verdict& verdict : judge(table)) {
        add_line(page, verdict.text(), !verdict.is_met());
    }
    for (const std::string& line : remarks(table)) add_line(page, line, false);
    page.raw("</div>\n<div class=\"plots\">\n");
    for (const BarChart& chart : charts_of(table)) {
        page.add("<div class=\"card\">{}</div>\n", figure(chart));
    }
    page.raw("</div>\n</section>\n");
}

void add_environment(Page& page, const Report& report) {
    page.raw("<div class=\"card\"><h2>Environment</h2><table class=\"facts\"><tbody>\n");
    const auto fact = [&page](std::string_view name, std::string_view value) {
        page.add("<tr><th>{}</th><td>{}</td></tr>\n", escape_html(name), escape_html(value));
    };
    for (const Peer& peer : report.peers) {
        fact(peer.name(), fmt::format("{} ({})", peer.version, peer.program.string()));
    }
    fact("fairlead-bench", report.version);
    fact("host", report.machine.host);
    fact("kernel", report.machine.kernel);
    fact("CPU", fmt::format("{} ({} usable)", report.machine.cpu, report.machine.cpus));
    page.raw("</tbody></table></div>\n");
}

}  // namespace

std::string report_html(const Report& report) {
    Page page("fairlead-bench: peers");
    add_head(page, report);
    for (const FigureTable& table : report.tables) add_table(page, table);
    add_environment(page, report);
    return page.take();
}

}  // namespace fairlead::bench::peers
