#include "bench/run_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
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

/// Connections that find no descriptor are counted; a loop or a timer that finds none cannot go on.
/// @param limit  of descriptors; 0: nobody knows
Result<void> check_descriptors(const LoadSettings& load, std::uint64_t limit) {
    constexpr std::uint64_t kOfProcess = 16;
    constexpr std::uint64_t kOfLoop = 4;
    constexpr std::uint64_t kOfLane = 2;  // its timer and a connection
    const std::uint64_t needed =
        kOfProcess + load.threads * (kOfLoop + load.targets.size() * kOfLane);
    if (limit == 0 || limit >= needed) return {};
    return fail(fmt::format("{} threads need {} file descriptors, and there may be {}",
                            load.threads, needed, limit),
                fmt::format("raise the limit with ulimit -n {}, or lower --threads",
                            needed + load.connections));
}

Result<void> print(const std::string& text, std::FILE* out) {
    std::fputs(text.c_str(), out);
    if (std::fflush(out) == 0 && std::ferror(out) == 0) return {};
    return fail(fmt::format("cannot write the result: {}", std::generic_category().message(errno)),
                "see where standard output goes, or name a file with --json");
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
    if (auto enough = check_descriptors(options->load, net::raise_soft_descriptor_limit());
        !enough) {
        return complain(err, enough.error(), kExitUsage);
    }
    for (const std::string& path : {options->json, options->html}) {
        if (path.empty()) continue;
        if (auto can = check_writable(path); !can) return complain(err, can.error(), kExitProblem);
    }
    const Machine machine = this_machine(SystemClock().wall());
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
    const std::vector<FailFinding> findings = failing(conditions, *report);
    const auto told = print(run_table(*report) + findings_text(findings), out);
    if (!told) complain(err, told.error(), kExitProblem);  // the files may hold it all the same
    if (auto done = write_reports(*options, *report); !done) {
        return complain(err, done.error(), kExitProblem);
    }
    const bool is_good =
        told && findings.empty() && !report->generator_limited && !report->is_interrupted;
    return is_good ? 0 : kExitProblem;
}

}  // namespace fairlead::bench
