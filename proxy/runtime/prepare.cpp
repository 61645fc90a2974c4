#include "proxy/runtime/prepare.h"

#include <algorithm>
#include <utility>

#include "proxy/net/resolver.h"
#include "proxy/runtime/server.h"

namespace fairlead::runtime {
namespace {

using Kind = conf::SettingGroup::Kind;

/// Something of its `tls` is not as it runs, or of `mode`, by which ALPN goes.
bool is_tls_new(const std::vector<conf::Change>& changes, Kind what, const std::string& name) {
    return std::any_of(changes.begin(), changes.end(), [&](const conf::Change& change) {
        if (change.what != what || change.name != name) return false;
        return change.kind == conf::Change::Kind::Added ||
               std::any_of(change.details.begin(), change.details.end(),
                           [](const std::string& detail) {
                               return detail.starts_with("tls") || detail.starts_with("mode");
                           });
    });
}

void add_errors(std::vector<Error> errors, Prepared& prepared) {
    for (Error& each : errors) prepared.errors.push_back(std::move(each));
}

void make_server(const conf::Listener& listener, const TlsMaking& making, Prepared& prepared) {
    auto settings = making.material->server_settings(listener);
    if (!settings) {
        add_errors(std::move(settings).error(), prepared);
        return;
    }
    settings->tickets = making.tickets;
    auto& servers = prepared.listener_tls[listener.name];
    for (unsigned worker = 0; worker < making.workers; ++worker) {
        auto made = net::TlsServer::make(*settings);
        if (!made) {
            prepared.errors.push_back(std::move(made).error());
            return;
        }
        servers.push_back(std::move(*made));
    }
}

void make_clients(const conf::Pool& pool, const TlsMaking& making, Prepared& prepared) {
    auto settings = making.material->client_settings(pool);
    if (!settings) {
        add_errors(std::move(settings).error(), prepared);
        return;
    }
    PoolTls& tls = prepared.pool_tls[pool.name];
    const auto make = [&] {
        auto made = net::TlsClient::make(*settings);
        if (made) return std::move(*made);
        prepared.errors.push_back(std::move(made).error());
        return std::shared_ptr<net::TlsClient>();
    };
    for (unsigned worker = 0; worker < making.workers; ++worker) tls.of_workers.push_back(make());
    settings->reuses_sessions = false;
    tls.of_checks = make();
}

void make_tls(const conf::Model& model, const TlsMaking& making, Prepared& prepared) {
    for (const conf::Listener& listener : model.listeners) {
        if (listener.tls && is_tls_new(prepared.changes, Kind::Listener, listener.name)) {
            make_server(listener, making, prepared);
        }
    }
    for (const conf::Pool& pool : model.pools) {
        if (pool.tls && is_tls_new(prepared.changes, Kind::Pool, pool.name)) {
            make_clients(pool, making, prepared);
        }
    }
}

}  // namespace

Prepared prepare(conf::Model model, const conf::SettingList* running, TlsMaking making) {
    if (making.tickets == nullptr) {
        making.tickets = std::make_shared<net::TicketKeys>(SystemClock{}.wall());
    }
    if (making.material == nullptr) making.material = std::make_shared<TlsMaterial>();
    if (making.workers == 0) making.workers = workers_of(model.process);
    Prepared prepared;
    prepared.tickets = making.tickets;
    prepared.settings = std::make_shared<const conf::SettingList>(conf::settings(model));
    static const conf::SettingList kNothing;
    prepared.changes = conf::plan(running != nullptr ? *running : kNothing, *prepared.settings);
    make_tls(model, making, prepared);
    for (const conf::Pool& pool : model.pools) {
        for (const conf::Backend& backend : pool.backends) {
            if (!backend.address.is_name()) continue;
            const std::string text = backend.address.text();
            if (prepared.addresses.contains(text)) continue;
            prepared.addresses.emplace(text, net::resolve_now(backend.address));
        }
    }
    prepared.model = std::move(model);
    return prepared;
}

}  // namespace fairlead::runtime
