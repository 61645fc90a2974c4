#include "bench/peers/found_peers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "bench/peers/process.h"
#include "bench/peers/program_path.h"
#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

constexpr Duration kVersionLimit = std::chrono::seconds(10);

Result<std::optional<fs::path>> program_of(const PeerRow& row, const PeersSettings& settings,
                                           const fs::path& bench, std::string_view path) {
    if (row.program.empty()) return bench;
    const auto named = settings.programs.find(std::string(row.name));
    if (named == settings.programs.end()) {
        return row.program == "fairlead" ? find_fairlead(bench, path)
                                         : find_on_path(row.program, path);
    }
    std::error_code error;
    const fs::path file = fs::absolute(named->second, error);
    if (!fs::is_regular_file(file, error) || ::access(file.c_str(), X_OK) != 0) {
        return fail(fmt::format("--{} {} is no program that can be run", row.name, named->second),
                    "give the path of its executable file");
    }
    return file;
}

Result<std::string> version_of(const PeerRow& row, const fs::path& program) {
    const auto output =
        output_of({program.string(), std::string(row.version_option)}, kVersionLimit);
    if (!output) return fail(output.error());
    return std::string(trim(std::string_view(*output).substr(0, output->find('\n'))));
}

}  // namespace

Result<FoundPeers> find_peers(const PeersSettings& settings, const fs::path& bench,
                              std::string_view path) {
    FoundPeers found;
    for (const PeerRow& row : peer_rows()) {
        const auto program = program_of(row, settings, bench, path);
        if (!program) return fail(program.error());
        if (!*program && row.program == "fairlead") {
            return fail("there is no fairlead beside this program or on PATH",
                        "build or install it, or name it with --fairlead PATH");
        }
        if (!*program) {
            found.missing.push_back(
                fmt::format("{} is not installed, so it is left out: apt install {}, or name it "
                            "with --{} PATH",
                            row.name, row.program, row.name));
            continue;
        }
        auto version = version_of(row, **program);
        if (!version) return fail(std::move(version).error());
        found.peers.push_back({&row, **program, std::move(*version)});
    }
    return found;
}

}  // namespace fairlead::bench::peers
