#include "bench/peers/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "bench/machine.h"
#include "bench/output_file.h"
#include "bench/peers/bars.h"
#include "bench/peers/figure_text.h"
#include "bench/peers/found_peers.h"
#include "bench/peers/program_path.h"
#include "bench/peers/ratio.h"
#include "bench/peers/report.h"
#include "bench/peers/scenario.h"
#include "bench/peers/session.h"
#include "bench/stop_signals.h"
#include "proxy/net/descriptor_limit.h"
#include "proxy/net/signals.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

constexpr int kExitProblem = 1;
constexpr int kExitUsage = 2;

void complain(const Error& error) { std::fputs(error.render().c_str(), stderr); }

/// To stdout. Where it cannot be written, all but the printing goes on; check_stdout() tells.
template <class... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
    std::fputs(fmt::format(format, std::forward<Values>(values)...).c_str(), stdout);
}

/// @return false, having complained, when something that was printed is lost
bool check_stdout() {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
    complain({"cannot write to standard output", "see whether its disk is full", {}});
    return false;
}

Result<fs::path> make_folder(const std::string& keep) {
    std::error_code error;
    if (!keep.empty()) {
        fs::create_directories(keep, error);
        if (error) {
            return fail(fmt::format("cannot make {}: {}", keep, error.message()),
                        "name another folder with --keep");
        }
        const fs::path folder = fs::canonical(keep, error);
        if (error || ::access(folder.c_str(), W_OK | X_OK) != 0) {
            return fail(fmt::format("cannot write in {}", keep), "name another folder with --keep");
        }
        return folder;
    }
    const fs::path temporary = fs::temp_directory_path(error);
    if (error) {
        return fail("there is no folder for temporary files: TMPDIR does not name one",
                    "name a folder with --keep");
    }
    std::string name = (temporary / "fairlead-peers.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        return fail(fmt::format("cannot make {}: {}", name, std::strerror(errno)),
                    "name a folder with --keep");
    }
    return fs::path(name);
}

std::vector<const Scenario*> chosen_scenarios(const PeersSettings& settings) {
    std::vector<const Scenario*> chosen;
    for (const Scenario& scenario : scenarios()) {
        const bool is_chosen = std::find(settings.scenarios.begin(), settings.scenarios.end(),
                                         scenario.name) != settings.scenarios.end();
        if (is_chosen) chosen.push_back(&scenario);
    }
    return chosen;
}

std::string estimate_text(const Session& session, const std::vector<const Scenario*>& chosen) {
    Duration total{};
    std::string names;
    for (const Scenario* scenario : chosen) {
        total += scenario->estimate(*scenario, static_cast<unsigned>(session.peers().size()),
                                    session.settings().rounds, session.settings().duration);
        names += fmt::format("{}{}", names.empty() ? "" : ", ", scenario->name);
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(total);
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(total);
    const std::string time = seconds.count() < 100 ? fmt::format("{} s", seconds.count())
                                                   : fmt::format("{} min", minutes.count());
    return fmt::format("{}; about {}", names, time);
}

void print_start(const Session& session, const Machine& machine, const std::string& version,
                 const std::vector<const Scenario*>& chosen,
                 const std::vector<std::string>& missing) {
    say("fairlead-bench {}, {}, {}, {}\n", version, machine.time, machine.kernel, machine.cpu);
    for (const Peer& peer : session.peers()) {
        say("{:<9} {} ({})\n", peer.name(), peer.version, peer.program.string());
    }
    for (const std::string& note : missing) say("note      {}\n", note);
    if (session.settings().rounds < kIntervalRoundsMin) {
        say("note      fewer than {} rounds: too few for intervals\n", kIntervalRoundsMin);
    }
    say("pinning   {}\n", session.cpus().text());
    say("files     {}\n", session.folder().string());
    say("measures  {}\n", estimate_text(session, chosen));
    std::fflush(stdout);
}

/// Prints the tables that one scenario has made.
void print_tables(const Session& session, std::size_t first) {
    session.clear();
    for (std::size_t i = first; i < session.tables().size(); ++i) {
        say("\n{}", table_text(session.tables()[i]));
    }
    std::fflush(stdout);
}

/// Until all is measured, it is told to stop, or something fails.
Result<void> measure(Session& session, const std::vector<const Scenario*>& chosen) {
    for (const Scenario* scenario : chosen) {
        if (session.is_stopped()) break;
        const std::size_t first = session.tables().size();
        auto measured = scenario->measure(session, *scenario);
        // What is stopped fails at whatever it was doing, which is no failure.
        if (session.is_stopped()) measured = {};
        if (session.is_stopped()) session.note_unfinished(first, "interrupted");
        if (!measured) session.note_unfinished(first, "ended by an error");
        print_tables(session, first);
        if (!measured) return measured;
    }
    return {};
}

bool write_reports(const Session& session, const Report& report) {
    bool is_written = true;
    const auto write = [&is_written](const std::string& file, const std::string& text) {
        const auto written = write_file(file, text);
        if (written) return;
        complain(written.error());
        is_written = false;
    };
    const PeersSettings& settings = session.settings();
    if (!settings.json.empty()) write(settings.json, report_json(report));
    if (!settings.html.empty()) write(settings.html, report_html(report));
    return is_written;
}

/// Every bar of every table, and no error anywhere.
bool is_good(const Session& session) {
    return std::all_of(
        session.tables().begin(), session.tables().end(), [](const FigureTable& table) {
            const std::vector<Verdict> verdicts = judge(table);
            return !table.has_errors() &&
                   std::all_of(verdicts.begin(), verdicts.end(),
                               [](const Verdict& verdict) { return verdict.is_met(); });
        });
}

}  // namespace

int run_peers(PeersSettings settings, const std::string& version) {
    const StopSignals stop;
    for (const std::string& file : {settings.json, settings.html}) {
        if (file.empty()) continue;
        const auto able = check_writable(file);
        if (able) continue;
        complain(able.error());
        return kExitUsage;
    }
    net::ignore_sigpipe();
    net::raise_soft_descriptor_limit();  // for the idle clients; the balancers inherit it
    const char* path = std::getenv("PATH");
    const fs::path bench = own_path();
    auto found = find_peers(settings, bench, path == nullptr ? "" : path);
    if (!found) {
        complain(found.error());
        return kExitUsage;
    }
    auto folder = make_folder(settings.keep);
    if (!folder) {
        complain(folder.error());
        return kExitUsage;
    }
    const Machine machine = this_machine(SystemClock().wall());  // before we are pinned
    const Cpus cpus = choose_cpus(usable_cpus(), [](int cpu) { return core_of(cpu); });
    if (cpus.load) {
        const auto pinned = pin_to(*cpus.load);
        if (!pinned) {
            complain(pinned.error());
            return kExitProblem;
        }
    }
    Session session({std::move(settings), bench, std::move(found->peers), cpus, std::move(*folder)},
                    stop.flag());
    const std::vector<const Scenario*> chosen = chosen_scenarios(session.settings());
    print_start(session, machine, version, chosen, found->missing);
    const auto measured = measure(session, chosen);
    if (!measured) complain(measured.error());
    const Report report{version,
                        machine,
                        cpus.text(),
                        session.settings(),
                        session.is_stopped(),
                        measured ? "" : measured.error().message,
                        session.peers(),
                        session.tables()};
    const bool is_written = write_reports(session, report) && check_stdout();
    if (session.is_stopped()) return kExitProblem;
    return measured && is_written && is_good(session) ? 0 : kExitProblem;
}

}  // namespace fairlead::bench::peers
