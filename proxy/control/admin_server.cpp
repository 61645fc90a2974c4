#include "proxy/control/admin_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/control/control_socket.h"
#include "proxy/control/token_file.h"
#include "proxy/telemetry/log.h"

namespace fairlead::control {
namespace {

Error in_admin(Error error, const Location& where) {
    error.message += " in [admin]";
    error.where = where;
    return error;
}

/// Where the settings want the control socket; empty: there is no place for it.
std::string control_path(const conf::Admin& settings) {
    return settings.socket.empty() ? default_control_socket(socket_surroundings())
                                   : settings.socket;
}

/// Takes the inherited socket when it is the one wanted.
bool is_at(const std::optional<net::SocketSet>& sockets, const BindAddress& wanted) {
    return sockets && (sockets->address() == wanted ||
                       (wanted.address.port == 0 && !wanted.address.is_unix()));
}

}  // namespace

/// Other settings, and what was bound for them.
struct AdminServer::Prepared {
    std::optional<conf::Admin> settings;
    std::string control_path;
    bool keeps_network = false;
    bool keeps_control = false;
    std::unique_ptr<AdminListener> network;
    std::unique_ptr<AdminListener> control;
};

AdminServer::AdminServer(net::Loop& loop, runtime::Server& server, runtime::Steering* steering)
    : loop_(loop), has_control_(steering != nullptr), api_(server, steering) {}

AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::make(net::Loop& loop, runtime::Server& server,
                                                       runtime::Steering* steering,
                                                       const std::optional<conf::Admin>& settings,
                                                       AdminSockets inherited, Opens opens) {
    std::unique_ptr<AdminServer> admin(new AdminServer(loop, server, steering));
    admin->is_open_ = opens == Opens::AtOnce;
    auto put_in_force = admin->prepare(settings, std::move(inherited));
    if (!put_in_force) return fail(std::move(put_in_force).error());
    (*put_in_force)();
    return admin;
}

void AdminServer::open() {
    if (std::exchange(is_open_, true)) return;
    if (network_ != nullptr) network_->open();
    if (control_ != nullptr) control_->open();
}

Result<std::function<void()>> AdminServer::prepare(const std::optional<conf::Admin>& settings) {
    return prepare(settings, {});
}

Result<void> AdminServer::apply(const std::optional<conf::Admin>& settings) {
    auto put_in_force = prepare(settings);
    if (!put_in_force) return fail(std::move(put_in_force).error());
    (*put_in_force)();
    return {};
}

std::vector<Error> AdminServer::on_prepare(const conf::Model& model) {
    auto put_in_force = prepare(model.admin);
    if (!put_in_force) return {std::move(put_in_force).error()};
    prepared_ = *std::move(put_in_force);
    return {};
}

void AdminServer::on_applied(const conf::Model&) {
    const std::function<void()> put_in_force = std::exchange(prepared_, nullptr);
    if (put_in_force != nullptr) put_in_force();
}

void AdminServer::on_refused() { prepared_ = nullptr; }

Result<std::function<void()>> AdminServer::prepare(const std::optional<conf::Admin>& settings,
                                                   AdminSockets inherited) {
    auto prepared = std::make_shared<Prepared>();
    prepared->settings = settings;
    if (settings) {
        // A token file that breaks while the balancer runs is told at its use, and stops no change
        // that has nothing to do with it.
        const bool is_new = !settings_ || settings_->token_file != settings->token_file;
        std::optional<Error> error = is_new ? check_admin(*settings) : std::nullopt;
        if (error) return fail(*std::move(error));
        if (auto bound = prepare_network(*prepared, inherited); !bound) {
            return fail(std::move(bound).error());
        }
        if (auto bound = prepare_control(*prepared, inherited); !bound) {
            return fail(std::move(bound).error());
        }
    }
    return std::function<void()>([this, prepared] { put_in_force(*prepared); });
}

Result<void> AdminServer::prepare_network(Prepared& prepared, AdminSockets& inherited) {
    const conf::Admin& settings = *prepared.settings;
    prepared.keeps_network = network_ != nullptr && settings_->bind == settings.bind;
    if (prepared.keeps_network) return {};
    const bool is_in_our_way = network_ != nullptr && network_->address().overlaps(settings.bind);
    Result<net::SocketSet> sockets = is_at(inherited.network, settings.bind)
                                         ? Result<net::SocketSet>(*std::move(inherited.network))
                                     : is_in_our_way ? net::SocketSet::bind_beside(settings.bind, 1)
                                                     : net::SocketSet::bind(settings.bind, 1);
    if (!sockets) return fail(in_admin(std::move(sockets).error(), settings.where));
    auto listener =
        AdminListener::make(loop_, api_, AdminListener::Kind::Network, *std::move(sockets));
    if (!listener) return fail(in_admin(std::move(listener).error(), settings.where));
    prepared.network = *std::move(listener);
    return {};
}

Result<void> AdminServer::prepare_control(Prepared& prepared, AdminSockets& inherited) {
    if (!has_control_) return {};
    const conf::Admin& settings = *prepared.settings;
    const bool is_default = settings.socket.empty();
    if (settings_ && settings_->socket == settings.socket) {
        // Also when the default place was taken: it is not tried again at each change.
        prepared.keeps_control = true;
        prepared.control_path = control_path_;
        return {};
    }
    prepared.control_path = control_path(settings);
    if (prepared.control_path.empty()) {
        telemetry::log::info(
            "no control socket: neither RUNTIME_DIRECTORY nor XDG_RUNTIME_DIR is set; [admin] "
            "socket names a place");
        return {};
    }
    prepared.keeps_control = control_ != nullptr && control_path_ == prepared.control_path;
    if (prepared.keeps_control) return {};
    BindAddress wanted;
    wanted.address.unix_path = prepared.control_path;
    Result<net::SocketSet> sockets = is_at(inherited.control, wanted)
                                         ? Result<net::SocketSet>(*std::move(inherited.control))
                                         : bind_control(prepared.control_path, is_default);
    Result<std::unique_ptr<AdminListener>> listener =
        sockets
            ? AdminListener::make(loop_, api_, AdminListener::Kind::Control, *std::move(sockets))
            : Result<std::unique_ptr<AdminListener>>(fail(std::move(sockets).error()));
    if (listener) {
        prepared.control = *std::move(listener);
        return {};
    }
    if (!is_default) return fail(in_admin(std::move(listener).error(), settings.socket_where));
    // Nobody asked for this place: a second instance on the machine is fine without it.
    const Error& error = listener.error();
    telemetry::log::warn("no control socket: {}{}{}; [admin] socket names another place",
                         error.message, error.hint.empty() ? "" : ": ", error.hint);
    prepared.control_path.clear();
    return {};
}

Result<net::SocketSet> AdminServer::bind_control(const std::string& path, bool is_default) {
    if (is_default) {
        const Result<bool> made = make_socket_folder(path);
        if (!made) return fail(made.error());
        if (*made) made_folder_ = path.substr(0, path.rfind('/'));
    }
    return bind_control_socket(path);
}

Result<void> AdminServer::give_files_to(std::uint32_t uid, std::uint32_t gid) {
    std::vector<std::string> paths;
    if (!made_folder_.empty()) paths.push_back(made_folder_);
    for (const AdminListener* each : {network_.get(), control_.get()}) {
        if (each != nullptr && each->address().address.is_unix()) {
            paths.push_back(each->address().address.unix_path);
        }
    }
    for (const std::string& path : paths) {
        if (::lchown(path.c_str(), uid, gid) == 0) continue;
        return fail(fmt::format("cannot give {} to user {}: {}", path, uid, std::strerror(errno)),
                    "start as root, or as that user");
    }
    return {};
}

void AdminServer::put_in_force(Prepared& prepared) {
    settings_ = prepared.settings;
    control_path_ = prepared.control_path;
    if (settings_) api_.set_rules(settings_->hosts, settings_->token_file);
    if (!prepared.keeps_network) {
        end(std::exchange(network_, std::move(prepared.network)));
        if (network_ != nullptr && is_open_) network_->open();
    }
    if (!prepared.keeps_control) {
        end(std::exchange(control_, std::move(prepared.control)));
        if (control_ != nullptr && is_open_) control_->open();
    }
}

void AdminServer::end(std::unique_ptr<AdminListener> listener) {
    if (listener == nullptr) return;
    AdminListener& ended = *listener;
    ending_.push_back(std::move(listener));
    ended.finish([this](AdminListener& finished) {
        const auto found = std::find_if(ending_.begin(), ending_.end(),
                                        [&](const auto& each) { return each.get() == &finished; });
        if (found == ending_.end()) return;
        loop_.retire(std::move(*found));
        ending_.erase(found);
    });
}

const BindAddress* AdminServer::address() const {
    return network_ == nullptr ? nullptr : &network_->address();
}

net::SocketSet* AdminServer::network_sockets() {
    return network_ == nullptr ? nullptr : &network_->sockets();
}

net::SocketSet* AdminServer::control_sockets() {
    return control_ == nullptr ? nullptr : &control_->sockets();
}

void AdminServer::close_listeners() {
    end(std::move(network_));
    end(std::move(control_));
}

AdminSockets adopt_admin(runtime::InheritedSockets& inherited,
                         const std::optional<conf::Admin>& settings) {
    AdminSockets sockets;
    if (!settings || inherited.empty()) return sockets;
    BindAddress control;
    control.address.unix_path = control_path(*settings);
    // What cannot be adopted is bound anew, and says there what is wrong.
    if (auto found = inherited.adopt(settings->bind)) sockets.network = std::move(*found);
    if (control.address.unix_path.empty()) return sockets;
    if (auto found = inherited.adopt(control)) sockets.control = std::move(*found);
    return sockets;
}

std::optional<Error> check_admin(const conf::Admin& settings) {
    if (settings.token_file.empty()) return std::nullopt;
    Result<std::string> token = read_token(settings.token_file);
    if (token) return std::nullopt;
    Error error = std::move(token).error();
    error.where = settings.token_file_where;
    return error;
}

}  // namespace fairlead::control
