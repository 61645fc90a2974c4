#include "bench/peers/settings.h"

#include <fmt/format.h>

#include "proxy/base/units.h"

namespace fairlead::bench::peers {

std::string rounds_text(const PeersSettings& settings) {
    return fmt::format("{} round{} of {}", settings.rounds, settings.rounds == 1 ? "" : "s",
                       format_duration(settings.duration));
}

}  // namespace fairlead::bench::peers
