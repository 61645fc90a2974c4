/// Where a listener's connections find its present configuration: a reload changes `entry`, and who
/// begins something looks here. Of layer 4 and layer 7 alike; lives on its worker's thread.
#pragma once

#include <cstdint>

#include "proxy/connect/site_use.h"

namespace fairlead::connect {

/// Found by the listener's name; outlives its connections.
template <class Entry>
struct ListenerSlot {
    Entry* entry = nullptr;
    SiteUse use;                    ///< of entry's configuration
    std::uint32_t connections = 0;  ///< client connections
    std::uint64_t left_with = 0;    ///< generation in which the listener is gone; 0: none

    /// The listener is gone: what still runs ends, and says so where it can.
    bool is_draining() const { return left_with != 0; }
};

}  // namespace fairlead::connect
