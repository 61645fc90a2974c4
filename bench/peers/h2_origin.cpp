#include "bench/peers/h2_origin.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "bench/output_file.h"
#include "bench/peers/program_path.h"
#include "bench/peers/work_check.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> nghttpd() {
    const char* path = std::getenv("PATH");
    return find_on_path("nghttpd", path == nullptr ? "" : path);
}

}  // namespace

std::string h2_origin_lacks() {
    if (nghttpd()) return "";
    return "no backend that speaks HTTP/2 is installed, so nothing is measured: apt install "
           "nghttp2-server";
}

Result<Process> start_h2_origin(const Session& session, const Work& work,
                                const SocketAddress& address, const fs::path& folder) {
    const auto program = nghttpd();
    if (!program) return fail(h2_origin_lacks());
    const fs::path root = folder / "h2_root";
    std::error_code error;
    fs::create_directories(root, error);
    // It looks at the path alone, which is "/".
    const auto written =
        write_file((root / "index.html").string(), response_body(work.response_bytes));
    if (!written) return fail(written.error());
    ProcessSettings settings;
    settings.name = fmt::format("origin_{}", address.port);
    settings.command = {program->string(),           "--no-tls", "--address",
                        address.ip.text(),           "--htdocs", root.string(),
                        std::to_string(address.port)};
    settings.log = folder / fmt::format("{}.log", settings.name);
    settings.folder = folder;
    settings.cpu = session.cpus().load;
    return Process::start(std::move(settings));
}

}  // namespace fairlead::bench::peers
