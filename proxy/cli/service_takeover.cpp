/// Service's third part: the next process asks for the listening sockets. Until it accepts on
/// them, nothing has changed here (docs/decisions/0009-takeover.md).
#include <utility>

#include "proxy/cli/service.h"
#include "proxy/telemetry/log.h"

namespace fairlead::cli {
namespace {

namespace log = telemetry::log;

}  // namespace

void Service::on_takeover_asked(net::Descriptor connection, std::string_view already_read) {
    // Of a change under way the next process would know one half, and a configuration that waits to
    // be confirmed would stay for ever there.
    const std::string why = server_->is_stopping()                  ? "the process is stopping"
                            : to_ != nullptr && to_->is_under_way() ? "another one is under way"
                                                                    : steering_->unsettled();
    if (!why.empty()) {
        log::warn("takeover: refused: {}", why);
        runtime::TakeoverServer::refuse(std::move(connection), {why, "ask again later", {}});
        return;
    }
    loop_.retire(std::move(to_));
    runtime::TakeoverObserver& observer = *this;
    auto made = runtime::TakeoverServer::make(loop_, std::move(connection), already_read, observer);
    if (!made) {
        log::warn("takeover: refused: {}", made.error().message);
        return;
    }
    to_ = std::move(*made);
    // What would change from now on the next process would not know.
    steering_->hold("another process is taking over");
    log::info("takeover: process {} asks for the listening sockets", to_->pid());
}

runtime::TakeoverGift Service::on_takeover_begun() {
    runtime::TakeoverGift gift;
    for (const runtime::Binding& binding : server_->bindings()) {
        if (binding.sockets == nullptr) continue;
        gift.sockets.push_back(
            {runtime::OfferedKind::Listener, binding.listener, binding.sockets.get()});
    }
    for (net::SocketSet* const set : {admin_->network_sockets(), admin_->control_sockets()}) {
        if (set != nullptr) gift.sockets.push_back({runtime::OfferedKind::Admin, "", set});
    }
    runtime::SavedState state = collect_state();
    state.written =
        std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
    gift.state = runtime::to_json(state);
    return gift;
}

void Service::on_takeover_ready() {
    log::info("takeover: process {} serves; this one drains", to_->pid());
    if (keeper_ != nullptr) keeper_->give_up();
    server_->monitor().on_changed({});
    keeper_.reset();
    server_->leave_sockets();
    for (net::SocketSet* const set : {admin_->network_sockets(), admin_->control_sockets()}) {
        if (set != nullptr) set->leave();
    }
    watch_.reset();
    admin_->close_listeners();
    manager_.main_pid(to_->pid());
    // At once, without `stop.delay`: nobody is to be told that we go, for somebody has come.
    server_->stop_now([this] { loop_.stop(); });
    to_->release();
}

void Service::on_takeover_failed(const Error& why) {
    steering_->hold({});
    log::warn("takeover: came to nothing, this process serves on: {}", why.message);
}

}  // namespace fairlead::cli
