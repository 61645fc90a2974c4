#include "conf/pool_use.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

namespace fairlead::conf {
namespace {

struct Use {
    std::set<std::string_view> by_requests;
    /// Of each pool that connections come to, the first listener they come from.
    std::map<std::string_view, const Listener*> by_connections;
};

Use find_use(const Model& model) {
    Use use;
    for (const Listener& listener : model.listeners) {
        if (listener.mode == Mode::Http) {
            use.by_requests.insert(listener.pool);
            continue;
        }
        use.by_connections.emplace(listener.pool, &listener);
        for (const SniRoute& row : listener.sni) use.by_connections.emplace(row.pool, &listener);
    }
    for (const Route& route : model.routes) {
        use.by_requests.insert(route.pool);
        for (const SplitShare& share : route.split) use.by_requests.insert(share.pool);
    }
    return use;
}

void check_hash_key(const Reading& reading, const PoolDraft& draft, const Listener& listener) {
    const Pool& pool = draft.pool;
    if (pool.policy != "hash" || pool.hash.key == HashKey::ClientIp || !draft.hash_key) return;
    reading.error(draft.hash_key->place,
                  fmt::format("a connection has only its \"client_ip\" to hash, and those of "
                              "[listener.{}] come to [pool.{}]",
                              listener.name, pool.name),
                  "write hash = \"client_ip\", or give the listener a pool of its own");
}

/// Bytes go to such a backend as they are; ALPN would promise it something else.
void check_http2(const Reading& reading, const Pool& pool, const Listener& listener) {
    if (pool.http != BackendHttp::V2) return;
    reading.error(pool.where,
                  fmt::format("[pool.{}] has http = \"2\", and [listener.{}] sends it bytes",
                              pool.name, listener.name),
                  "give the listener a pool of its own");
}

}  // namespace

void settle_pool_use(const Reading& reading,
                     const std::map<std::string, PoolDraft, std::less<>>& drafts, Model& model) {
    const Use use = find_use(model);
    for (Pool& pool : model.pools) {
        const auto listener = use.by_connections.find(pool.name);
        const auto draft = drafts.find(pool.name);
        if (listener == use.by_connections.end() || draft == drafts.end()) continue;
        check_hash_key(reading, draft->second, *listener->second);
        check_http2(reading, pool, *listener->second);
        const bool has_requests = use.by_requests.find(pool.name) != use.by_requests.end();
        if (!has_requests && !draft->second.has_when_all_down) {
            pool.when_all_down = WhenAllDown::Fail;
        }
    }
}

}  // namespace fairlead::conf
