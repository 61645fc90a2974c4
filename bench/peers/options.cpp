#include "bench/peers/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bench/peers/scenario.h"
#include "proxy/base/text.h"
#include "proxy/base/units.h"

namespace fairlead::bench::peers {
namespace {

constexpr std::uint64_t kRoundsMax = 1000;
constexpr Duration kDurationMin = std::chrono::milliseconds(100);
constexpr Duration kDurationMax = std::chrono::hours(1);

std::vector<std::string_view> scenario_names() {
    std::vector<std::string_view> names;
    for (const Scenario& scenario : scenarios()) names.push_back(scenario.name);
    return names;
}

std::string scenario_help() {
    std::string help = "Scenarios:\n";
    for (const Scenario& scenario : scenarios()) {
        help += fmt::format("  {:<13} {}\n", scenario.name, scenario.about);
    }
    return help + "Exit code 0: every bar was met; 1: one was missed, or something failed.";
}

/// Names in the order of their rows, each once.
Result<std::vector<std::string>> read_scenarios(const std::string& text) {
    const std::vector<std::string_view> known = scenario_names();
    const std::vector<std::string_view> asked = split_list(text);
    for (const std::string_view name : asked) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const auto near = closest_match(name, known);
        return fail(fmt::format("unknown scenario \"{}\"", name),
                    near ? fmt::format("did you mean \"{}\"?", *near)
                         : fmt::format("there are {}", fmt::join(known, ", ")));
    }
    std::vector<std::string> chosen;
    for (const std::string_view name : known) {
        const bool is_chosen =
            asked.empty() || std::find(asked.begin(), asked.end(), name) != asked.end();
        if (is_chosen) chosen.emplace_back(name);
    }
    return chosen;
}

}  // namespace

CLI::App* add_peers_command(CLI::App& app, PeersTexts& texts) {
    CLI::App* peers =
        app.add_subcommand("peers", "fairlead, HAProxy and NGINX side by side on the same work");
    peers->footer(scenario_help());
    peers->add_option("--scenario", texts.scenarios, "NAME,NAME; default: all");
    peers->add_option("--rounds", texts.rounds,
                      "how often each peer has its turn; default: 5, fewer have no intervals");
    peers->add_option("--duration", texts.duration, "of a turn; default: 2s");
    peers->add_option("--fairlead", texts.fairlead,
                      "path; default: the one beside this program, else on PATH");
    peers->add_option("--haproxy", texts.haproxy, "path; default: on PATH");
    peers->add_option("--nginx", texts.nginx, "path; default: on PATH");
    peers->add_option("--keep", texts.keep,
                      "folder for configurations and logs; default: a new temporary one");
    peers->add_option("--json", texts.json, "write every round's figures to this file");
    peers->add_option("--html", texts.html, "write a page with plots to this file");
    return peers;
}

Result<PeersSettings> read_peers_settings(const PeersTexts& texts) {
    PeersSettings settings;
    auto names = read_scenarios(texts.scenarios);
    if (!names) return fail(std::move(names).error());
    settings.scenarios = std::move(*names);
    if (!texts.rounds.empty()) {
        const auto rounds = parse_number(texts.rounds);
        if (!rounds || *rounds == 0 || *rounds > kRoundsMax) {
            return fail(fmt::format("--rounds cannot be \"{}\"", texts.rounds),
                        fmt::format("write a number from 1 to {}", kRoundsMax));
        }
        settings.rounds = static_cast<unsigned>(*rounds);
    }
    if (!texts.duration.empty()) {
        const auto duration = parse_duration(texts.duration);
        if (!duration) return fail(duration.error());
        if (*duration < kDurationMin || *duration > kDurationMax) {
            return fail(fmt::format("--duration cannot be \"{}\"", texts.duration),
                        "write a time from 100ms to 1h");
        }
        settings.duration = *duration;
    }
    if (!texts.fairlead.empty()) settings.programs["fairlead"] = texts.fairlead;
    if (!texts.haproxy.empty()) settings.programs["haproxy"] = texts.haproxy;
    if (!texts.nginx.empty()) settings.programs["nginx"] = texts.nginx;
    settings.keep = texts.keep;
    settings.json = texts.json;
    settings.html = texts.html;
    return settings;
}

}  // namespace fairlead::bench::peers
