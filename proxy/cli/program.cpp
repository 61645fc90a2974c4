#include "proxy/cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/text.h"
#include "proxy/base/units.h"
#include "proxy/base/version.h"
#include "proxy/cli/admin_commands.h"
#include "proxy/cli/check.h"
#include "proxy/cli/demo.h"
#include "proxy/cli/demo_server.h"
#include "proxy/cli/print.h"
#include "proxy/cli/proxy_command.h"
#include "proxy/cli/serve.h"

namespace fairlead::cli {
namespace {

constexpr int kBadUsage = 2;

/// A mistyped command is told with the nearest one.
/// @return false when it is none of `app`'s
bool is_known_command(const CLI::App& app, std::string_view word) {
    std::vector<std::string> names;
    for (const CLI::App* each : app.get_subcommands({})) names.push_back(each->get_name());
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (std::find(known.begin(), known.end(), word) != known.end()) return true;
    std::string text = "error: unknown command \"" + std::string(word) + "\"\n  ";
    if (const auto nearest = closest_match(word, known)) {
        text += "did you mean \"" + std::string(*nearest) + "\"?\n";
    } else {
        text += "fairlead --help lists the commands\n";
    }
    std::fputs(text.c_str(), stderr);
    return false;
}

int run_demo_command(const std::string& run_for) {
    DemoSettings settings;
    if (!run_for.empty()) {
        const Result<Duration> duration = parse_duration(run_for);
        if (!duration) {
            std::fputs(("error: --for: " + duration.error().message + "\n").c_str(), stderr);
            std::fputs(("  " + duration.error().hint + "\n").c_str(), stderr);
            return kBadUsage;
        }
        settings.run_for = *duration;
    }
    return run_demo(settings, start_demo_server);
}

}  // namespace

int run_program(int argc, char** argv) {
    CLI::App app{"A reverse-proxy load balancer for HTTP and TCP", "fairlead"};
    app.set_version_flag("--version", "fairlead " + std::string(version()));
    app.require_subcommand(1);
    app.footer("Exit codes: 0 fine, 1 it ran and found a problem, 2 bad usage or configuration.");

    ServiceSettings service;
    CLI::App* run = app.add_subcommand("run", "serve in the foreground until a signal ends it");
    run->add_option("-c,--config", service.path, "the configuration file")->required();
    run->add_flag("--watch", service.watches, "reload when the content of a file changes");
    run->add_flag(
        "--takeover", service.takes_over,
        "take the listening sockets over from the running process, which then drains and ends");

    std::string check_path;
    CLI::App* check =
        app.add_subcommand("check", "tell all mistakes of a configuration, run its [[expect]]");
    check->add_option("-c,--config", check_path, "the configuration file")->required();

    std::string print_path;
    CLI::App* print = app.add_subcommand(
        "print", "show a configuration with every default and the origin of each line");
    print->add_option("-c,--config", print_path, "the configuration file")->required();

    ProxyArguments quick;
    CLI::App* proxy = app.add_subcommand("proxy", "balance without a configuration file");
    proxy->add_option("listen", quick.listen, "where to listen, as \":8080\"")->required();
    proxy->add_option("backends", quick.backends, "host:port or unix:/path of each backend")
        ->required();
    proxy->add_option("--policy", quick.policy,
                      "how a backend is chosen, as \"round_robin\"; default least_connections");
    proxy->add_option("--check", quick.check, "a health check, as \"GET /healthz\" or \"tcp\"");

    std::string demo_for;
    CLI::App* demo = app.add_subcommand(
        "demo", "a show: load on three backends that are killed and revived in turn");
    demo->add_option("--for", demo_for, "end after so long, as \"30s\"; else Ctrl-C does");

    const AdminCommands admin(app);

    if (argc > 1 && argv[1][0] != '-' && !is_known_command(app, argv[1])) return kBadUsage;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are "errors" too, with exit code 0.
        return app.exit(error) == 0 ? 0 : kBadUsage;
    }
    if (run->parsed()) return serve_file(service);
    if (check->parsed()) return check_file(check_path);
    if (print->parsed()) return print_file(print_path);
    if (proxy->parsed()) return serve_arguments(quick);
    if (const std::optional<int> code = admin.run()) return *code;
    return run_demo_command(demo_for);
}

}  // namespace fairlead::cli
