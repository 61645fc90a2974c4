// fairlead-bench: the tools to try a balancer out with.
#include <cstdio>
#include <string>

#include "bench/options.h"
#include "bench/origin_command.h"
#include "bench/peers/command.h"
#include "bench/peers/floor_command.h"
#include "bench/run_command.h"

namespace {

using namespace fairlead;

constexpr int kExitUsage = 2;

std::string command_line(int argc, char** argv) {
    std::string out = "fairlead-bench";
    for (int i = 1; i < argc; ++i) out += std::string(" ") + argv[i];
    return out;
}

int compare(const bench::CompareOptions& options) {
    const auto comparison = bench::compare_files(options.a, options.b, options.settings);
    if (!comparison) {
        std::fputs(comparison.error().render().c_str(), stderr);
        return kExitUsage;
    }
    std::fputs(comparison->text().c_str(), stdout);
    return comparison->exit_code();
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = bench::parse_options(argc, argv);
    if (!options) {
        std::fputs(options.error().render().c_str(), stderr);
        return kExitUsage;
    }
    switch (options->command) {
        case bench::Options::Command::None:
            std::fputs(options->output.c_str(), stdout);
            return 0;
        case bench::Options::Command::Origin:
            return bench::origin_command(options->origin, stdout, stderr);
        case bench::Options::Command::Run:
            return bench::run_command(options->run, command_line(argc, argv), stdout, stderr);
        case bench::Options::Command::Compare:
            return compare(options->compare);
        case bench::Options::Command::Peers:
            return bench::peers::run_peers(options->peers, std::string(bench::version()));
        case bench::Options::Command::Floor:
            return bench::peers::run_floor(options->floor);
    }
    return kExitUsage;
}
