#include "bench/origin_command.h"

#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "bench/echo_server.h"
#include "bench/origin.h"
#include "proxy/net/descriptor_limit.h"
#include "proxy/net/signals.h"

namespace fairlead::bench {

int origin_command(const OriginOptions& options, std::FILE* out, std::FILE* err) {
    constexpr int kExitUsage = 2;
    const auto complain = [err](const Error& error) {
        std::fputs(error.render().c_str(), err);
        return kExitUsage;
    };
    net::ignore_sigpipe();
    net::raise_soft_descriptor_limit();  // nothing else bounds the connections
    net::Loop loop;
    ExecutionLog log;
    std::vector<std::unique_ptr<Origin>> origins;
    std::vector<std::unique_ptr<EchoServer>> echoes;
    for (std::size_t i = 0; i < options.binds.size(); ++i) {
        if (options.is_echo) {
            auto echo = EchoServer::make(loop, options.binds[i]);
            if (!echo) return complain(echo.error());
            echoes.push_back(std::move(*echo));
            continue;
        }
        OriginSettings settings;
        settings.bind = options.binds[i];
        if (!options.names.empty()) {
            settings.name = options.names[options.names.size() == 1 ? 0 : i];
        }
        settings.close_idle = options.close_idle;
        auto origin = Origin::make(loop, std::move(settings), log);
        if (!origin) return complain(origin.error());
        origins.push_back(std::move(*origin));
    }
    const auto tell = [out](const BindAddress& address) {
        std::fprintf(out, "listening on %s\n", address.text().c_str());
    };
    for (const auto& origin : origins) tell(origin->address());
    for (const auto& echo : echoes) tell(echo->address());
    std::fflush(out);  // whoever started us waits for these lines
    const net::SignalWatch terminate(loop, SIGTERM, [&loop] { loop.stop(); });
    const net::SignalWatch interrupt(loop, SIGINT, [&loop] { loop.stop(); });
    loop.run();
    return 0;
}

}  // namespace fairlead::bench
