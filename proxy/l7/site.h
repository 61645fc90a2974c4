/// HTTP listeners as one worker serves them: routes, and the pools they lead to. Built by `runtime`
/// for each worker and configuration; lives on its thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/model.h"
#include "proxy/connect/listener_slot.h"
#include "proxy/connect/pool_entry.h"
#include "proxy/connect/series.h"
#include "proxy/connect/site_use.h"
#include "proxy/l7/rate_limiter.h"
#include "proxy/l7/router.h"
#include "proxy/l7/split.h"

namespace fairlead::l7 {

/// What a listener does with the requests of one route, or of none (its own pool).
struct RouteEntry {
    const conf::Route* config = nullptr;  ///< null: the listener's default
    std::string name;                     ///< as in log and metrics
    connect::PoolEntry* pool = nullptr;   ///< null: redirect or fixed status, or nothing at all
    const conf::Retry* retry = nullptr;   ///< the route's, else the pool's
    const conf::Queue* queue = nullptr;
    Duration response_timeout = kForever;
    Duration total_timeout = kForever;
    connect::RouteSeries series{};
    RateLimiter* limiter = nullptr;  ///< null: clients may ask as often as they like
    RateSettings rate{};             ///< for it
    std::vector<RouteEntry> shares;  ///< of a split route, index as in Route::split; else empty
    std::optional<Split> split;      ///< of a split route

    /// This one, or the share of it that the next request goes to.
    RouteEntry& next() { return split ? shares[split->next()] : *this; }
};

struct ListenerEntry {
    ListenerEntry(const conf::Model& model, const conf::Listener& its_config,
                  connect::SiteLife& its_life)
        : config(its_config), router(model, its_config.name), life(its_life) {}

    const conf::Listener& config;
    Router router;
    std::vector<RouteEntry> routes;  ///< index as in Model::routes
    RouteEntry fallback;             ///< what no route takes
    connect::ListenerSeries series{};
    connect::SiteLife& life;  ///< of the configuration this belongs to
};

/// A connection looks here when its next request begins.
using ListenerSlot = connect::ListenerSlot<ListenerEntry>;

}  // namespace fairlead::l7
