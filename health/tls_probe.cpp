#include "health/tls_probe.h"

#include <cassert>
#include <utility>

namespace fairlead::health {

std::unique_ptr<Probe> TlsProbe::make(net::Loop& loop, const conf::Check& check,
                                      ProbeTarget target) {
    if (target.tls == nullptr) {
        net::TlsClientSettings settings;
        settings.verify = false;
        settings.reuses_sessions = false;
        auto made = net::TlsClient::make(std::move(settings));
        assert(made && "nothing in these settings can be wrong");
        target.tls = std::move(*made);
        target.tls_name = target.address.host;
    }
    return std::make_unique<TlsProbe>(loop, check.timeout, std::move(target));
}

}  // namespace fairlead::health
