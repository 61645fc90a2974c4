/// TCP listeners as one worker serves them: the pools their connections go to. Built by `runtime`
/// for each worker and configuration; lives on its thread.
#pragma once

#include <string>
#include <vector>

#include "conf/model.h"
#include "proxy/connect/listener_slot.h"
#include "proxy/connect/pool_entry.h"
#include "proxy/connect/series.h"
#include "proxy/connect/site_use.h"

namespace fairlead::l4 {

/// Where connections go: by one row of `sni`, or by none.
struct RouteEntry {
    std::string name;                    ///< as in the log: the row's name, or "default"
    connect::PoolEntry* pool = nullptr;  ///< null: nowhere
    connect::FailureCounters failures{};
};

struct ListenerEntry {
    ListenerEntry(const conf::Listener& its_config, connect::SiteLife& its_life)
        : config(its_config), life(its_life) {}

    const conf::Listener& config;
    std::vector<RouteEntry> sni;  ///< index as in config.sni
    RouteEntry fallback;          ///< the listener's own pool
    connect::ListenerSeries series{};
    connect::SiteLife& life;  ///< of the configuration this belongs to
};

/// A session keeps the entry it began with.
using ListenerSlot = connect::ListenerSlot<ListenerEntry>;

}  // namespace fairlead::l4
