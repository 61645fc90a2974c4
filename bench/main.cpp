// fairlead-bench: the tools to try a balancer out with.
#include <csignal>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/echo_server.h"
#include "bench/options.h"
#include "bench/origin.h"
#include "proxy/net/descriptor_limit.h"
#include "proxy/net/signals.h"

namespace {

using namespace fairlead;

constexpr int kExitUsage = 2;

int complain(const Error& error) {
    std::fputs(error.render().c_str(), stderr);
    return kExitUsage;
}

int run_origin(const bench::OriginOptions& options) {
    net::ignore_sigpipe();
    net::raise_soft_descriptor_limit();  // nothing else bounds the connections
    net::Loop loop;
    bench::ExecutionLog log;
    std::vector<std::unique_ptr<bench::Origin>> origins;
    std::vector<std::unique_ptr<bench::EchoServer>> echoes;
    for (std::size_t i = 0; i < options.binds.size(); ++i) {
        if (options.is_echo) {
            auto echo = bench::EchoServer::make(loop, options.binds[i]);
            if (!echo) return complain(echo.error());
            echoes.push_back(std::move(*echo));
            continue;
        }
        bench::OriginSettings settings;
        settings.bind = options.binds[i];
        if (!options.names.empty()) {
            settings.name = options.names[options.names.size() == 1 ? 0 : i];
        }
        settings.close_idle = options.close_idle;
        auto origin = bench::Origin::make(loop, std::move(settings), log);
        if (!origin) return complain(origin.error());
        origins.push_back(std::move(*origin));
    }
    const auto tell = [](const BindAddress& address) {
        std::printf("listening on %s\n", address.text().c_str());
    };
    for (const auto& origin : origins) tell(origin->address());
    for (const auto& echo : echoes) tell(echo->address());
    std::fflush(stdout);  // whoever started us waits for these lines
    const net::SignalWatch terminate(loop, SIGTERM, [&loop] { loop.stop(); });
    const net::SignalWatch interrupt(loop, SIGINT, [&loop] { loop.stop(); });
    loop.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = bench::parse_options(argc, argv);
    if (!options) return complain(options.error());
    if (options->is_finished) {
        std::fputs(options->output.c_str(), stdout);
        return 0;
    }
    return run_origin(options->origin);
}
