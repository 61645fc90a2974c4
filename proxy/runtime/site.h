/// A snapshot as one worker serves it. Several live at a time: the present one, and those under
/// which something that began before a reload still runs. Lives on its worker's thread.
#pragma once

#include <memory>
#include <vector>

#include "proxy/connect/pool_entry.h"
#include "proxy/connect/site_use.h"
#include "proxy/l4/site.h"
#include "proxy/l7/site.h"
#include "proxy/net/loop.h"
#include "proxy/runtime/snapshot.h"

namespace fairlead::runtime {

struct Site {
    Site(std::shared_ptr<const Snapshot> its_snapshot, void* owner,
         connect::SiteLife::OnUnused on_unused)
        : snapshot(std::move(its_snapshot)), life(owner, on_unused) {}

    const std::shared_ptr<const Snapshot> snapshot;
    connect::SiteLife life;
    /// Index as in Snapshot::pools. A pool that has not changed has the same entry as before.
    std::vector<std::shared_ptr<connect::PoolEntry>> pools;
    std::vector<std::unique_ptr<l7::ListenerEntry>> http_listeners;
    std::vector<std::unique_ptr<l4::ListenerEntry>> tcp_listeners;
};

/// Fills in pools and listeners.
/// @param previous  the site before, from which unchanged entries are taken; null at start
void build_site(Site& site, const Site* previous, net::Loop& loop, unsigned worker,
                std::uint64_t seed);

}  // namespace fairlead::runtime
