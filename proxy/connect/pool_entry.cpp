#include "proxy/connect/pool_entry.h"

#include "proxy/telemetry/log.h"

namespace fairlead::connect {
namespace {

/// A backend that fails every handshake must not fill the log.
constexpr Duration kLogEvery = std::chrono::seconds{10};

}  // namespace

void BackendEntry::log_tls_failure(Time now, std::string_view reason) {
    if (tls_failure_logged_ != Time::min() && now - tls_failure_logged_ < kLogEvery) return;
    tls_failure_logged_ = now;
    telemetry::log::warn("pool {}: backend {}: the TLS handshake failed: {}", shared->pool,
                         backend.name(), reason);
}

}  // namespace fairlead::connect
