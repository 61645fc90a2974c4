// What a request costs in things that can be counted: instructions, heap allocations, system
// calls. Each is the difference of a long run and a short one over the difference of their
// requests, so that starting, connecting and stopping drop out. Repeatable to a percent or so on
// any machine, which times are not; measured once.
#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "bench/output_file.h"
#include "bench/peers/counts.h"
#include "bench/peers/lineup.h"
#include "bench/peers/program_path.h"
#include "bench/peers/scenario.h"
#include "bench/peers/session.h"

namespace fairlead::bench::peers {
namespace {

/// A tool that counts one thing.
struct Counter {
    Metric metric;
    std::string_view program;
    std::string_view word;  ///< of its files
    std::string_view cure;  ///< when it is not installed
    Wrapper (*wrapper)(const std::string& program, const std::string& output);
    std::optional<std::uint64_t> (*read)(std::string_view output);
};

Wrapper callgrind(const std::string& program, const std::string& output) {
    return {program, "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file=" + output};
}

/// Memcheck with all checks off still counts the heap.
Wrapper memcheck(const std::string& program, const std::string& output) {
    return {program, "--tool=memcheck", "--leak-check=no", "--undef-value-errors=no",
            "--log-file=" + output};
}

/// -D makes strace the child and the balancer our own, so that stopping it is as always.
Wrapper strace(const std::string& program, const std::string& output) {
    return {program, "-D", "-f", "-c", "-o", output};
}

constexpr std::array<Counter, 3> kCounters{{
    {Metric::Instructions, "valgrind", "callgrind",
     "valgrind is not installed, so instructions are not counted: apt install valgrind", &callgrind,
     &instructions_in},
    {Metric::Allocations, "valgrind", "memcheck",
     "valgrind is not installed, so allocations are not counted: apt install valgrind", &memcheck,
     &allocations_in},
    {Metric::SystemCalls, "strace", "strace",
     "strace is not installed, so system calls are not counted: apt install strace", &strace,
     &system_calls_in},
}};

constexpr Duration kShort = std::chrono::seconds(1);
constexpr Duration kLong = std::chrono::seconds(3);
constexpr std::size_t kOutputBytesMax = 1 << 20;

struct Count {
    std::uint64_t events = 0;
    std::uint64_t requests = 0;
    OutcomeCounts outcomes{};
};

/// The tool may still be writing when the balancer has ended.
std::optional<std::uint64_t> wait_for_count(const Counter& counter, const std::string& output) {
    constexpr int kLooks = 250;
    for (int look = 0; look < kLooks; ++look) {
        const auto text = read_file(output, kOutputBytesMax);
        if (text) {
            if (const auto events = counter.read(*text)) return events;
        }
        ::poll(nullptr, 0, 20);
    }
    return std::nullopt;
}

Result<Count> count_run(Session& session, const Scenario& scenario, const Counter& counter,
                        const std::string& tool, const Peer& peer, std::string_view length,
                        Duration duration) {
    const std::string label = fmt::format("{}/{}_{}", scenario.name, counter.word, length);
    const std::string output =
        (session.folder() / label / fmt::format("{}.{}", peer.name(), counter.word)).string();
    auto lineup = Lineup::start(session, scenario, label, {&peer}, counter.wrapper(tool, output));
    if (!lineup) return fail(std::move(lineup).error());
    Lineup::Entry& entry = (*lineup)->entries().front();
    const auto before = (*lineup)->executions();
    if (!before) return fail(before.error());
    LoadSettings load = load_settings(scenario.work, entry.address());
    load.duration = duration;
    const auto report = session.load(load);
    if (session.is_stopped()) return fail("interrupted");
    const auto running = (*lineup)->check_running();
    if (!running) return fail(running.error());
    if (!report) return fail(report.error());
    const auto after = (*lineup)->executions();
    if (!after) return fail(after.error());
    entry.process.stop(std::chrono::seconds(30));
    const auto events = wait_for_count(counter, output);
    if (!events) {
        return fail(fmt::format("{} printed no count for {}", counter.word, peer.name()),
                    fmt::format("see {}", output));
    }
    return Count{*events, *after - *before, report->outcomes};
}

Result<void> count_peer(Session& session, const Scenario& scenario, const Counter& counter,
                        const std::string& tool, const Peer& peer, FigureTable& table) {
    session.show(
        fmt::format("{}: {} of {}", scenario.name, metric_row(counter.metric).noun, peer.name()));
    const auto few = count_run(session, scenario, counter, tool, peer, "short", kShort);
    if (!few) return fail(few.error());
    const auto many = count_run(session, scenario, counter, tool, peer, "long", kLong);
    if (!many) return fail(many.error());
    PeerFigures& figures = table.of(peer.name());
    figures.outcomes.add(few->outcomes);
    figures.outcomes.add(many->outcomes);
    figures.add(Metric::Errors,
                static_cast<double>(few->outcomes.errors() + many->outcomes.errors()));
    if (many->requests <= few->requests) {
        return fail(fmt::format("{} served no more requests in {} than in {} under {}", peer.name(),
                                "three seconds", "one", counter.word),
                    "run it again on a less busy machine");
    }
    figures.add(counter.metric,
                (static_cast<double>(many->events) - static_cast<double>(few->events)) /
                    static_cast<double>(many->requests - few->requests));
    return {};
}

}  // namespace

Result<void> measure_instructions(Session& session, const Scenario& scenario) {
    FigureTable& table = session.add_table(
        {std::string(scenario.name),
         fmt::format("{}: {}, once", scenario.name, scenario.about),
         {Metric::Instructions, Metric::Allocations, Metric::SystemCalls, Metric::Errors},
         Metric::Instructions});
    const char* path = std::getenv("PATH");
    for (const Counter& counter : kCounters) {
        const auto tool = find_on_path(counter.program, path == nullptr ? "" : path);
        if (!tool) {
            table.notes.emplace_back(counter.cure);
            continue;
        }
        for (const Peer& peer : session.peers()) {
            if (session.is_stopped()) return {};
            auto counted = count_peer(session, scenario, counter, tool->string(), peer, table);
            if (session.is_stopped()) return {};
            if (!counted) return counted;
        }
    }
    return {};
}

}  // namespace fairlead::bench::peers
