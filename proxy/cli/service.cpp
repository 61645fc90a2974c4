#include "proxy/cli/service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "conf/load.h"
#include "proxy/base/version.h"
#include "proxy/control/control_socket.h"
#include "proxy/runtime/prepare.h"
#include "proxy/runtime/state_file.h"
#include "proxy/telemetry/log.h"

namespace fairlead::cli {
namespace {

namespace log = telemetry::log;
using balancing::State;

/// Health that is older says little about now: it is found out again before clients are accepted.
constexpr std::chrono::minutes kHealthKept{1};

WallTime wall_now() {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

}  // namespace

Service::Service(ServiceSettings settings)
    : settings_(std::move(settings)), manager_(runtime::ServiceManager::from_environment()) {}

Service::~Service() = default;

int Service::run(conf::Model model) {
    net::ignore_sigpipe();
    const std::vector<Error> errors = start(std::move(model));
    if (!errors.empty()) {
        std::fputs(render(errors).c_str(), stderr);
        return 1;
    }
    loop_.run();
    signals_.clear();
    to_.reset();
    watch_.reset();
    if (keeper_ != nullptr) keeper_->save_now();
    keeper_.reset();
    admin_.reset();
    discovery_.reset();
    steering_.reset();
    server_.reset();
    return exit_code_;
}

std::vector<Error> Service::start(conf::Model model) {
    if (!model.process.user.empty()) {
        auto account = runtime::find_account(model.process.user);
        if (!account) {
            Error error = std::move(account).error();
            error.where = model.process.user_where;
            return {error};
        }
        account_ = std::move(*account);
    }
    inherited_ = runtime::InheritedSockets::from_environment();
    if (settings_.takes_over) {
        if (auto begun = begin_takeover(model); !begun) return {begun.error()};
    }
    if (auto recalled = recall_state(model); !recalled) return {recalled.error()};

    runtime::Overrides overrides = recalled_.overrides;
    std::vector<std::string> ended;
    runtime::DnsBook dns = runtime::complete({}, model, runtime::Discovery::kPatience);
    conf::Model running = model;
    runtime::lay_members(running, dns);
    running = runtime::lay_over(running, overrides, ended);
    const std::optional<conf::Admin> admin = model.admin;
    const auto tickets = std::make_shared<net::TicketKeys>(wall_now());
    tickets->restore(recalled_.ticket_secrets, wall_now());
    recalled_.ticket_secrets.clear();
    runtime::Prepared prepared = runtime::prepare(std::move(running), nullptr, {tickets, 0});
    prepared.sticky_key = std::exchange(recalled_.sticky_key, {});
    auto server = runtime::Server::make(loop_, std::move(prepared), overrides, &*inherited_);
    if (!server) return std::move(server).error();
    server_ = std::move(*server);
    steering_ = std::make_unique<runtime::Steering>(
        loop_, *server_, std::move(model), settings_.path, std::move(dns), std::move(overrides));
    steering_->set_observer(*this);
    auto made = control::AdminServer::make(loop_, *server_, steering_.get(), admin,
                                           control::adopt_admin(*inherited_, admin),
                                           from_ == nullptr ? control::AdminServer::Opens::AtOnce
                                                            : control::AdminServer::Opens::Later);
    if (!made) return {made.error()};
    admin_ = std::move(*made);
    admin_->on_takeover([this](net::Descriptor connection, std::string_view already_read) {
        on_takeover_asked(std::move(connection), already_read);
    });
    for (const std::string& line : inherited_->close_rest()) log::warn("{}", line);
    for (const std::string& line : ended) log::info("{}", line);
    if (auto became = become_user(); !became) return {became.error()};

    // From here on there may be threads.
    restore_health();
    server_->on_accepting([this] { on_accepting(); });
    server_->on_tickets_changed([this] {
        if (keeper_ != nullptr) keeper_->note_changed();
    });
    watch_signals();
    log::info("fairlead {} starts with {} workers, at most {} client connections", version(),
              server_->workers(), server_->cap().most());
    if (auto started = server_->start(); !started) return {started.error()};
    discovery_ = std::make_unique<runtime::Discovery>(loop_, *server_, *steering_);
    keep_state(steering_->file_model());
    watch_files(steering_->file_model());
    return {};
}

Result<void> Service::begin_takeover(const conf::Model& model) {
    const std::string socket =
        model.admin && !model.admin->socket.empty()
            ? model.admin->socket
            : control::default_control_socket(control::socket_surroundings());
    std::optional<uid_t> also_trusted;
    if (account_) also_trusted = account_->uid;
    auto client = runtime::TakeoverClient::begin(socket, also_trusted);
    if (!client) return fail(std::move(client).error());
    from_ = std::move(*client);
    inherited_ = from_->take_sockets();
    log::info("takeover: process {} gives its listening sockets", from_->old_pid());
    return {};
}

Result<void> Service::recall_state(const conf::Model& model) {
    if (from_ != nullptr && !from_->state().empty()) {
        auto state = runtime::parse_state(from_->state());
        if (state) {
            recalled_ = std::move(*state);
        } else {
            log::warn("takeover: the state of the old process is not usable: {}",
                      state.error().message);
        }
        return {};
    }
    if (model.process.state_file.empty()) return {};
    std::optional<uid_t> also_trusted;
    if (account_) also_trusted = account_->uid;
    auto loaded = runtime::load_state(model.process.state_file, also_trusted);
    if (!loaded) return fail(std::move(loaded).error());
    if (!loaded->warning.empty()) log::warn("{}", loaded->warning);
    if (loaded->state) recalled_ = std::move(*loaded->state);
    return {};
}

void Service::restore_health() {
    if (wall_now() - recalled_.written > kHealthKept) return;
    for (const runtime::SavedHealth& each : recalled_.health) {
        if (each.state != State::Up && each.state != State::Down) continue;
        server_->set_health(each.pool, each.backend, each.address, each.state);
    }
}

Result<void> Service::become_user() {
    if (!account_) return {};
    admin_->give_files_to(account_->uid, account_->gid);  // bound by root, used by that user
    return runtime::become(*account_);
}

void Service::watch_signals() {
    const auto watch = [this](int number, auto act) {
        signals_.push_back(std::make_unique<net::SignalWatch>(loop_, number, std::move(act)));
    };
    watch(SIGTERM, [this] { stop(); });
    watch(SIGINT, [this] { stop(); });
    watch(SIGHUP, [this] { steering_->reload("SIGHUP", std::nullopt); });
    watch(SIGUSR1, [this] {
        server_->reopen_logs();
        log::info("SIGUSR1: logs reopened");
    });
}

std::string Service::status_line() const {
    const runtime::Snapshot& snapshot = server_->snapshot();
    return fmt::format("serving: generation {}, {}, {}", snapshot.generation,
                       conf::count_text(snapshot.listeners.size(), "listener"),
                       conf::count_text(snapshot.pools.size(), "pool"));
}

void Service::on_accepting() {
    manager_.ready(status_line());
    if (from_ == nullptr) return;
    admin_->open();
    manager_.main_pid(::getpid());
    from_->ready(loop_, [this](runtime::TakeoverEnd how, const std::string& text) {
        on_takeover_end(how, text);
    });
}

void Service::on_takeover_end(runtime::TakeoverEnd how, const std::string& text) {
    const int old_pid = from_->old_pid();
    loop_.retire(std::move(from_));
    if (how == runtime::TakeoverEnd::Refused) {
        log::error("takeover: process {} serves on: {}", old_pid, text);
        exit_code_ = 1;
        stop();  // the sockets are the other process's alone again, and so are their files
        return;
    }
    server_->take_sockets();
    for (net::SocketSet* const set : {admin_->network_sockets(), admin_->control_sockets()}) {
        if (set != nullptr) set->take();
    }
    log::info("takeover: process {} has let go{}{}", old_pid, text.empty() ? "" : ": ", text);
}

void Service::stop() {
    if (server_->is_stopping()) {
        // Somebody insists: what still runs is cut off, the kernel closes the rest.
        log::warn("second signal: stopping at once");
        std::_Exit(0);
    }
    // The next process must not go on with sockets whose files go with us: it is refused now.
    to_.reset();
    manager_.stopping("draining");
    server_->stop([this] { loop_.stop(); });
}

}  // namespace fairlead::cli
