/// The balancer as a process: what `fairlead run` consists of, in the order in which it must begin
/// and end. Sockets are bound as whoever started it, then it becomes the configured user, then the
/// first thread starts. Everything lives on main's thread and loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/model.h"
#include "proxy/control/admin_server.h"
#include "proxy/net/loop.h"
#include "proxy/net/signals.h"
#include "proxy/runtime/config_watch.h"
#include "proxy/runtime/discovery.h"
#include "proxy/runtime/privileges.h"
#include "proxy/runtime/saved_state.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/service_manager.h"
#include "proxy/runtime/state_keeper.h"
#include "proxy/runtime/steering.h"
#include "proxy/runtime/takeover_client.h"
#include "proxy/runtime/takeover_server.h"

namespace fairlead::cli {

struct ServiceSettings {
    std::string path;         ///< of the configuration file; empty when there is none
    bool watches = false;     ///< `run --watch`, beside `[process] watch`
    bool takes_over = false;  ///< `run --takeover`
};

class Service final : private runtime::SteeringObserver, private runtime::TakeoverObserver {
  public:
    explicit Service(ServiceSettings settings);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Serves until it is told to stop. No other thread exists yet.
    /// @param model  of the file, loaded without errors
    /// @return the exit code; what was in the way has been printed
    int run(conf::Model model);

  private:
    // service.cpp: the start, signals, the end
    std::vector<Error> start(conf::Model model);
    Result<void> begin_takeover(const conf::Model& model);
    Result<void> recall_state(const conf::Model& model);
    void restore_health();
    Result<void> become_user();
    void watch_signals();
    void on_accepting();
    void on_takeover_end(runtime::TakeoverEnd how, const std::string& text);
    void stop();
    std::string status_line() const;

    // service_changes.cpp: what follows when the configuration changes
    void on_reloading() override;
    std::vector<Error> on_prepare(const conf::Model& model) override;
    void on_applied(const conf::Model& model) override;
    void on_refused() override;
    void on_reloaded(const runtime::ReloadReport& report) override;
    void on_overrides_changed() override;
    void keep_state(const conf::Model& model);
    void watch_files(const conf::Model& model);
    runtime::SavedState collect_state() const;

    // service_takeover.cpp: the next process asks for the sockets
    void on_takeover_asked(net::Descriptor connection, std::string_view already_read);
    runtime::TakeoverGift on_takeover_begun() override;
    void on_takeover_ready() override;
    void on_takeover_failed(const Error& why) override;

    const ServiceSettings settings_;
    const runtime::ServiceManager manager_;
    std::optional<runtime::Account> account_;
    std::optional<runtime::InheritedSockets> inherited_;
    runtime::SavedState recalled_;
    net::Loop loop_;
    std::unique_ptr<runtime::TakeoverClient> from_;  ///< the process this one takes over from
    std::unique_ptr<runtime::Server> server_;
    std::unique_ptr<runtime::Steering> steering_;
    std::unique_ptr<runtime::Discovery> discovery_;
    std::unique_ptr<control::AdminServer> admin_;
    std::unique_ptr<runtime::StateKeeper> keeper_;
    std::string state_path_;  ///< of keeper_
    std::unique_ptr<runtime::ConfigWatch> watch_;
    runtime::WatchList watch_list_;
    std::unique_ptr<runtime::TakeoverServer> to_;  ///< the process that takes over
    std::vector<std::unique_ptr<net::SignalWatch>> signals_;
    int exit_code_ = 0;
};

}  // namespace fairlead::cli
