#include "proxy/cli/admin_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>
#include <vector>

#include "proxy/cli/admin_target.h"
#include "proxy/cli/backend_commands.h"
#include "proxy/cli/reload_commands.h"
#include "proxy/cli/status_command.h"

namespace fairlead::cli {
namespace {

constexpr int kBadUsage = 2;

int tell(const Error& error) {
    std::fputs(error.render().c_str(), stderr);
    return kBadUsage;
}

}  // namespace

/// What was typed, and what each command does.
struct AdminCommands::State {
    struct Row {
        CLI::App* command;
        Action action;
    };
    std::vector<Row> rows;
    std::string admin;
    std::string token_file;
    std::string backend;  ///< POOL/BACKEND
    std::string weight;
    std::string confirm;
    std::string config;
    AddedBackend added;
    bool watches = false;
};

AdminCommands::~AdminCommands() = default;

AdminCommands::AdminCommands(CLI::App& app) : state_(std::make_unique<State>()) {
    State& state = *state_;
    CLI::App* status =
        app.add_subcommand("status", "how the running balancer and its backends are");
    status->add_flag("--watch", state.watches, "draw it anew each second, until Ctrl-C");
    add(status, [&state](const AdminClient& client) { return show_status(client, state.watches); });
    add_backend_commands(app);
    add_reload_commands(app);
}

void AdminCommands::add_backend_commands(CLI::App& app) {
    State& state = *state_;
    const auto for_backend = [&](CLI::App* command) {
        command->add_option("backend", state.backend, "POOL/BACKEND")->required();
        return command;
    };
    add(for_backend(
            app.add_subcommand("drain", "let a backend finish what it has, give it nothing new")),
        [&state](const auto& client) { return set_backend_state(client, state.backend, "drain"); });
    add(for_backend(app.add_subcommand(
            "ready", "end drain or maintenance: health decides about the backend again")),
        [&state](const auto& client) { return set_backend_state(client, state.backend, "ready"); });
    add(for_backend(app.add_subcommand("maintenance",
                                       "use a backend for nothing, whatever its checks say")),
        [&state](const auto& client) {
            return set_backend_state(client, state.backend, "maintenance");
        });

    CLI::App* weight =
        for_backend(app.add_subcommand("weight", "change a backend's share of the requests"));
    weight->add_option("weight", state.weight, "0 to 65535; 0 takes no new requests")->required();
    add(weight, [&state](const auto& client) {
        return set_backend_weight(client, state.backend, state.weight);
    });

    CLI::App* added =
        app.add_subcommand("add", "add a backend to a pool, beside those of the file");
    added->add_option("pool", state.added.pool, "the pool's name")->required();
    added->add_option("address", state.added.address, "host:port or unix:/path of the backend")
        ->required();
    added->add_option("--name", state.added.name, "its name, default the address");
    added->add_option("--weight", state.added.weight, "0 to 65535, default 1");
    added->add_option("--max-in-flight", state.added.max_in_flight,
                      "a number or \"none\", default the pool's");
    added->add_option("--tier", state.added.tier, "0 to 15 or \"backup\", default 0");
    add(added, [&state](const auto& client) { return add_backend(client, state.added); });

    add(for_backend(
            app.add_subcommand("remove", "take a backend out of its pool; what it has may finish")),
        [&state](const auto& client) { return remove_backend(client, state.backend); });
}

void AdminCommands::add_reload_commands(CLI::App& app) {
    State& state = *state_;
    CLI::App* reload_command =
        app.add_subcommand("reload", "load the running balancer's file again, all or nothing");
    reload_command->add_option("--confirm", state.confirm,
                               "go back by itself after so long, as \"60s\", unless confirmed");
    add(reload_command, [&state](const auto& client) { return reload(client, state.confirm); });

    add(app.add_subcommand("confirm", "keep what a reload with --confirm put in force"),
        [](const auto& client) { return confirm_reload(client); });

    CLI::App* diff = app.add_subcommand(
        "diff", "what a reload would change if the running balancer had this file");
    diff->add_option("-c,--config", state.config, "the configuration file")->required();
    add(diff, [&state](const auto& client) { return show_difference(client, state.config); });
}

void AdminCommands::add(CLI::App* command, Action action) {
    command->add_option("--admin", state_->admin,
                        "control socket or address; else FAIRLEAD_ADMIN, else the default socket");
    command->add_option(
        "--token-file", state_->token_file,
        "has the token that changes through an address need; else FAIRLEAD_TOKEN_FILE");
    state_->rows.push_back({command, std::move(action)});
}

std::optional<int> AdminCommands::run() const {
    for (const State::Row& row : state_->rows) {
        if (!row.command->parsed()) continue;
        Result<HostPort> target = find_admin_target(state_->admin);
        if (!target) return tell(target.error());
        Result<std::optional<std::string>> token = find_token(state_->token_file);
        if (!token) return tell(token.error());
        return row.action(AdminClient(*std::move(target), *std::move(token)));
    }
    return std::nullopt;
}

}  // namespace fairlead::cli
