/// The admin endpoint: its addresses (HTTP and the control socket) and the API behind them. Takes
/// other settings while it runs. Main's thread and loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "conf/model.h"
#include "proxy/base/result.h"
#include "proxy/control/admin_listener.h"
#include "proxy/control/api.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/runtime/inherited_sockets.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/steering.h"

namespace fairlead::control {

/// Listening sockets that are there already, from the process this one takes over from.
struct AdminSockets {
    std::optional<net::SocketSet> network;
    std::optional<net::SocketSet> control;
};

class AdminServer final : public runtime::SteeringObserver {
  public:
    /// When clients are let in: at a takeover the process before this one answers until this one
    /// serves, for it may never come to that.
    enum class Opens : std::uint8_t { AtOnce, Later };
    /// Binds and serves from now on, or from open() on. `loop`, `server` and `steering` outlive it.
    /// @param steering   null: the endpoint only shows, and has no control socket
    /// @param settings   nothing: no endpoint, until apply() brings one
    /// @param inherited  used where they are what the settings ask for, else closed
    static Result<std::unique_ptr<AdminServer>> make(net::Loop& loop, runtime::Server& server,
                                                     runtime::Steering* steering,
                                                     const std::optional<conf::Admin>& settings,
                                                     AdminSockets inherited = {},
                                                     Opens opens = Opens::AtOnce);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    /// Lets clients in, if it does not yet.
    void open();
    /// Gets ready for other settings: reads the token, binds what is new.
    /// @return what puts them in force (call it at most once, while this lives); dropped uncalled,
    ///         everything stays as it was. Or what is in the way, with its place in the file.
    Result<std::function<void()>> prepare(const std::optional<conf::Admin>& settings);
    /// Both at once. Clients that wait for an answer still get it.
    Result<void> apply(const std::optional<conf::Admin>& settings);

    /// Before this process becomes another user ([process] user): the files of unix sockets, and
    /// the folder made for the default one, become that user's, who may then use and replace them.
    Result<void> give_files_to(std::uint32_t uid, std::uint32_t gid);

    // ---- follows reloads, when Steering is told of it
    std::vector<Error> on_prepare(const conf::Model& model) override;
    void on_applied(const conf::Model& model) override;
    void on_refused() override;

    /// Of HTTP, with the real port; nullptr when there is no endpoint.
    const BindAddress* address() const;
    /// See Api::OnTakeover.
    void on_takeover(Api::OnTakeover call) { api_.set_on_takeover(std::move(call)); }
    /// Lets nobody in any more: another process has the sockets. Answers under way are still sent.
    void close_listeners();

    /// To give the listening sockets away; nullptr for what there is not.
    net::SocketSet* network_sockets();
    net::SocketSet* control_sockets();

  private:
    struct Prepared;
    AdminServer(net::Loop& loop, runtime::Server& server, runtime::Steering* steering);
    Result<void> prepare_network(Prepared& prepared, AdminSockets& inherited);
    Result<void> prepare_control(Prepared& prepared, AdminSockets& inherited);
    Result<std::function<void()>> prepare(const std::optional<conf::Admin>& settings,
                                          AdminSockets inherited);
    Result<net::SocketSet> bind_control(const std::string& path, bool is_default);
    void put_in_force(Prepared& prepared);
    void end(std::unique_ptr<AdminListener> listener);

    net::Loop& loop_;
    const bool has_control_;
    Api api_;
    bool is_open_ = true;
    std::optional<conf::Admin> settings_;
    std::function<void()> prepared_;  ///< of a reload under way
    std::string control_path_;        ///< of control_
    std::string made_folder_;         ///< for the default place; empty: it was there
    std::unique_ptr<AdminListener> network_;
    std::unique_ptr<AdminListener> control_;
    std::vector<std::unique_ptr<AdminListener>> ending_;  ///< with their last answers
};

/// Takes what `settings` want out of sockets that are open already.
AdminSockets adopt_admin(runtime::InheritedSockets& inherited,
                         const std::optional<conf::Admin>& settings);

/// What `check` can tell without binding anything: is the token file usable?
std::optional<Error> check_admin(const conf::Admin& settings);

}  // namespace fairlead::control
