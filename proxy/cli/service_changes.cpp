/// Service's second part: what follows when the configuration or what is known changes.
#include <utility>

#include "proxy/cli/service.h"
#include "proxy/telemetry/log.h"

namespace fairlead::cli {
namespace {

using balancing::State;

}  // namespace

void Service::on_reloading() {
    if (server_->is_ready()) manager_.reloading();
}

std::vector<Error> Service::on_prepare(const conf::Model& model) {
    return admin_->on_prepare(model);
}

void Service::on_refused() { admin_->on_refused(); }

void Service::on_applied(const conf::Model& model) {
    admin_->on_applied(model);
    keep_state(model);
    // Null until start() is through.
    if (discovery_ != nullptr) discovery_->refresh();
}

void Service::on_reloaded(const runtime::ReloadReport& report) {
    // Not before clients are accepted: on_accepting() says so. Nor after "stopping".
    if (server_->is_ready()) manager_.ready(status_line());
    if (watch_ != nullptr && !report.files.empty()) {
        watch_list_ = {report.files, report.folders};
        watch_->watch(watch_list_, report.began);
    }
    if (report.result != runtime::ReloadResult::Refused) watch_files(steering_->file_model());
    if (keeper_ != nullptr) keeper_->note_changed();
}

void Service::on_overrides_changed() {
    if (keeper_ != nullptr) keeper_->note_changed();
}

void Service::keep_state(const conf::Model& model) {
    const std::string& path = model.process.state_file;
    if (path == state_path_) return;
    if (keeper_ != nullptr) keeper_->save_now();
    keeper_.reset();
    state_path_ = path;
    if (path.empty()) {
        server_->monitor().on_changed({});
        return;
    }
    keeper_ =
        std::make_unique<runtime::StateKeeper>(loop_, path, [this] { return collect_state(); });
    server_->monitor().on_changed([this] { keeper_->note_changed(); });
    keeper_->note_changed();
}

void Service::watch_files(const conf::Model& model) {
    const bool is_wanted = !settings_.path.empty() && (settings_.watches || model.process.watch);
    if (!is_wanted) {
        watch_.reset();
        return;
    }
    if (watch_ != nullptr) return;
    watch_ = std::make_unique<runtime::ConfigWatch>(loop_, [this] {
        steering_->reload(std::string(runtime::Steering::kFileChanged), std::nullopt);
    });
    watch_list_ = {model.files, model.include_folders};
    watch_->watch(watch_list_, server_->started_wall());
}

runtime::SavedState Service::collect_state() const {
    runtime::SavedState state;
    state.overrides = steering_->overrides();
    // Clients go on with the sessions they have.
    state.ticket_secrets = server_->tls_making().tickets->secrets();
    state.sticky_key = server_->sticky_key();
    for (const auto& pool : server_->snapshot().pools) {
        if (!pool->config->check) continue;
        for (const auto& each : pool->backends) {
            const balancing::Backend& backend = *each->backend;
            State known = backend.health();
            if (known == State::Rising) known = State::Up;
            if (known != State::Up && known != State::Down) continue;
            state.health.push_back({pool->config->name, backend.name(), backend.address().text(),
                                    known,
                                    server_->monitor().health(*pool->shared, backend).since});
        }
    }
    return state;
}

}  // namespace fairlead::cli
