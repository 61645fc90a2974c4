#include "bench/run_command.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "bench/fail_if.h"
#include "bench/machine.h"
#include "bench/options.h"
#include "bench/output_file.h"
#include "bench/run_html.h"
#include "bench/run_json.h"
#include "bench/run_table.h"
#include "bench/stop_signals.h"
#include "proxy/net/descriptor_limit.h"

namespace fairlead::bench {

namespace {

constexpr int kExitProblem = 1;
constexpr int kExitUsage = 2;

int complain(std::FILE* err, const Error& error, int exit_code) {
    std::fputs(error.render().c_str(), err);
    return exit_code;
}

void describe(RunReport& report, const Machine& machine, const std::string& command_line) {
    report.version = version();
    report.command_line = command_line;
    report.started = machine.time;
    report.host = machine.host;
    report.kernel = machine.kernel;
    report.cpu_model = machine.cpu;
    report.cpus = machine.cpus;
}

Result<void> write_reports(const RunOptions& options, const RunReport& report) {
    if (!options.json.empty()) {
        if (auto done = write_file(options.json, to_json(report)); !done) return done;
    }
    if (!options.html.empty()) return write_file(options.html, to_html(report));
    return {};
}

}  // namespace

int run_command(const RunTexts& texts, const std::string& command_line, std::FILE* out,
                std::FILE* err) {
    const auto options = read_run_options(texts);
    if (!options) {
        std::fputs(render(options.error()).c_str(), err);
        return kExitUsage;
    }
    std::vector<FailCondition> conditions;
    if (!options->fail_if.empty()) {
        auto parsed = parse_fail_if(options->fail_if);
        if (!parsed) return complain(err, parsed.error(), kExitUsage);
        conditions = std::move(*parsed);
    }
    const Machine machine = this_machine(SystemClock().wall());
    net::raise_soft_descriptor_limit();
    std::function<void(const LoadProgress&)> on_second;
    if (isatty(fileno(err)) != 0) {
        on_second = [err](const LoadProgress& progress) {
            std::fputs(progress_line(progress).c_str(), err);
        };
    }
    const StopSignals stop;
    auto report = run_load(options->load, stop.flag(), on_second);
    if (!report) return complain(err, report.error(), kExitProblem);
    describe(*report, machine, command_line);
    std::fputs(run_table(*report).c_str(), out);
    const std::vector<FailFinding> findings = failing(conditions, *report);
    std::fputs(findings_text(findings).c_str(), out);
    std::fflush(out);
    if (auto done = write_reports(*options, *report); !done) {
        return complain(err, done.error(), kExitProblem);
    }
    const bool is_good = findings.empty() && !report->generator_limited && !report->is_interrupted;
    return is_good ? 0 : kExitProblem;
}

}  // namespace fairlead::bench
