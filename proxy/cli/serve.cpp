#include "proxy/cli/serve.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "proxy/base/version.h"
#include "proxy/cli/load_config.h"
#include "proxy/control/admin_server.h"
#include "proxy/net/loop.h"
#include "proxy/net/signals.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/steering.h"
#include "proxy/telemetry/log.h"

namespace fairlead::cli {
namespace {

namespace log = telemetry::log;

int cannot_start(const std::vector<Error>& errors) {
    std::fputs(render(errors).c_str(), stderr);
    return 1;
}

}  // namespace

int serve_file(const std::string& path) {
    auto model = load_config_file(path, "nothing was started");
    if (!model) return 2;
    return serve(std::move(*model), path);
}

int serve(conf::Model model, const std::string& path) {
    net::ignore_sigpipe();
    const std::optional<conf::Admin> admin_config = model.admin;

    net::Loop loop;
    auto server = runtime::Server::make(loop, runtime::prepare(model, nullptr));
    if (!server) return cannot_start(server.error());
    runtime::Steering steering(loop, **server, std::move(model), path, {});
    auto admin = control::AdminServer::make(loop, **server, &steering, admin_config);
    if (!admin) return cannot_start({admin.error()});
    steering.set_observer(**admin);

    const auto on_stop = [&] {
        if ((*server)->is_stopping()) {
            // Somebody insists: what still runs is cut off, the kernel closes the rest.
            log::warn("second signal: stopping at once");
            std::_Exit(0);
        }
        (*server)->stop([&] { loop.stop(); });
    };
    const net::SignalWatch terminate(loop, SIGTERM, on_stop);
    const net::SignalWatch interrupt(loop, SIGINT, on_stop);
    const net::SignalWatch hangup(loop, SIGHUP, [&] { steering.reload("SIGHUP", std::nullopt); });
    const net::SignalWatch reopen(loop, SIGUSR1, [&] {
        (*server)->reopen_logs();
        log::info("SIGUSR1: logs reopened");
    });

    log::info("fairlead {} starts with {} workers, at most {} client connections", version(),
              (*server)->workers(), (*server)->cap().most());
    (*server)->start();
    loop.run();
    admin->reset();
    server->reset();
    return 0;
}

}  // namespace fairlead::cli
