/// One worker's ways to a pool: its policy state, its queue, and for each backend the connections
/// it keeps unused. Layer 4 and layer 7 reach backends through these.
///
/// Entries outlive configurations: a reload that leaves a pool as it is keeps its entry, one that
/// leaves a backend as it is keeps that backend's entry, with all idle connections. Built by
/// `runtime`; each entry lives on its worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "balancing/pool.h"
#include "balancing/sticky_table.h"
#include "conf/model.h"
#include "proxy/connect/connector.h"
#include "proxy/connect/endpoint.h"
#include "proxy/connect/h2_connections.h"
#include "proxy/connect/idle_connections.h"
#include "proxy/connect/series.h"
#include "proxy/net/loop.h"
#include "proxy/net/tls_client.h"

namespace fairlead::connect {

/// What all workers share of one backend: immutable, but for the atomics in it. As long as a reload
/// changes neither identity nor addresses it is the same object.
struct SharedBackend {
    std::shared_ptr<balancing::Backend> backend;
    std::shared_ptr<Endpoint> endpoint;
    /// Whoever may count on these has a share in them: main forgets them when nobody else has.
    std::shared_ptr<const BackendSeries> series;
    std::string host;  ///< its address, for host_header = "backend"
    std::string pool;  ///< the name of its pool, for the log
};

struct BackendEntry : std::enable_shared_from_this<BackendEntry> {
    BackendEntry(net::Loop& loop, std::shared_ptr<const SharedBackend> its_shared,
                 const KeepaliveSettings& keepalive, std::shared_ptr<net::TlsClient> its_tls = {},
                 std::string its_tls_name = {})
        : shared(std::move(its_shared)),
          backend(*shared->backend),
          endpoint(*shared->endpoint),
          series(*shared->series),
          host(shared->host),
          tls(std::move(its_tls)),
          tls_name(std::move(its_tls_name)),
          idle(loop, endpoint, keepalive) {}

    /// How connections to it begin.
    /// @param announcement  a PROXY header; matters with TLS only
    Opening opening(std::string_view announcement) const {
        return {tls, tls_name, host, std::string(announcement)};
    }
    /// Says in the log why a handshake failed, once in a while.
    void log_tls_failure(Time now, std::string_view reason);

    const std::shared_ptr<const SharedBackend> shared;
    balancing::Backend& backend;
    Endpoint& endpoint;
    const BackendSeries& series;
    const std::string& host;
    const std::shared_ptr<net::TlsClient> tls;  ///< null: in clear
    const std::string tls_name;
    IdleConnections idle;
    /// Null: it speaks HTTP/1.1.
    std::unique_ptr<H2Connections> h2;

  private:
    Time tls_failure_logged_ = Time::min();
};

struct PoolEntry {
    PoolEntry(std::shared_ptr<const conf::Pool> its_config,
              std::shared_ptr<balancing::SharedPool> shared, const PoolSeries& its_series,
              unsigned worker, std::uint64_t seed)
        : config_owner(std::move(its_config)),
          config(*config_owner),
          pool(std::move(shared), worker, seed),
          series(its_series),
          is_hashed(config.policy == "hash") {}

    void add(std::shared_ptr<BackendEntry> entry) {
        const std::size_t slot = entry->backend.slot();
        if (by_slot.size() <= slot) by_slot.resize(slot + 1);
        by_slot[slot] = entry.get();
        backends.push_back(std::move(entry));
    }
    /// The entry of a backend of this pool.
    BackendEntry& entry(const balancing::Backend& backend) { return *by_slot[backend.slot()]; }
    /// The same for any backend of the process; null when it is not of this pool.
    BackendEntry* find(const balancing::Backend& backend) {
        BackendEntry* const found =
            backend.slot() < by_slot.size() ? by_slot[backend.slot()] : nullptr;
        return found != nullptr && &found->backend == &backend ? found : nullptr;
    }

    const std::shared_ptr<const conf::Pool> config_owner;
    const conf::Pool& config;
    balancing::Pool pool;
    const PoolSeries series;
    /// What its backends are reached by; null: in clear. Of a pool with the same settings the same
    /// object as before, with its sessions.
    std::shared_ptr<net::TlsClient> tls;
    /// The values of its cookie; null: it is not sticky.
    std::shared_ptr<const balancing::StickyTable> sticky;
    const bool is_hashed;  ///< the policy goes by a key of the request
    std::vector<std::shared_ptr<BackendEntry>> backends;  ///< in the configuration's order
    std::vector<BackendEntry*> by_slot;  ///< index: Backend::slot(); null for other pools' ones
};

}  // namespace fairlead::connect
