#include "bench/peers/floor_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "bench/peers/peer.h"
#include "proxy/net/descriptor_limit.h"
#include "proxy/net/signals.h"

namespace fairlead::bench::peers {
namespace {

constexpr int kExitUsage = 2;

}  // namespace

CLI::App* add_floor_command(CLI::App& app, FloorTexts& texts) {
    CLI::App* floor = app.add_subcommand(std::string(kFloorCommand), "the floor of peers");
    floor->group("");  // hidden: it is of use to peers alone
    floor->add_option("--bind", texts.bind, "where to listen");
    floor->add_option("--backend", texts.backends, "where to connect; may be repeated");
    return floor;
}

Result<FloorRelaySettings> read_floor_settings(const FloorTexts& texts) {
    FloorRelaySettings settings;
    auto bind = BindAddress::parse(texts.bind);
    if (!bind) return fail(std::move(bind).error());
    settings.bind = std::move(*bind);
    for (const std::string& text : texts.backends) {
        auto backend = BindAddress::parse(text);  // an address with a port, never a name
        if (!backend) return fail(std::move(backend).error());
        settings.backends.push_back(std::move(backend->address));
    }
    if (settings.backends.empty()) {
        return fail(fmt::format("{} needs a backend", kFloorCommand),
                    "write --backend 127.0.0.1:3001");
    }
    return settings;
}

int run_floor(FloorRelaySettings settings) {
    net::ignore_sigpipe();
    net::raise_soft_descriptor_limit();
    net::Loop loop;
    const auto relay = FloorRelay::make(loop, std::move(settings));
    if (!relay) {
        std::fputs(relay.error().render().c_str(), stderr);
        return kExitUsage;
    }
    const net::SignalWatch terminate(loop, SIGTERM, [&loop] { loop.stop(); });
    const net::SignalWatch interrupt(loop, SIGINT, [&loop] { loop.stop(); });
    loop.run();
    return 0;
}

}  // namespace fairlead::bench::peers
