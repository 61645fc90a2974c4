/// Every metric there is, one row each: name, type, help and label names.
/// Adding one means a row here, the increment, a test and a row in docs/metrics.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace fairlead::telemetry {

enum class Metric : std::uint8_t {
    BuildInfo,
    ConfigGeneration,
    ConfigLastSuccessSeconds,
    ConfigFileDiffers,
    ReloadsTotal,
    Snapshots,
    Workers,
    LoopLagSeconds,
    LogDroppedTotal,
    Connections,
    ConnectionsTotal,
    TlsHandshakesTotal,
    CertificateExpiresSeconds,
    RequestsTotal,
    FailuresTotal,
    RequestSeconds,
    BytesTotal,
    BackendSeconds,
    BackendUp,
    BackendState,
    BackendInFlight,
    BackendRequestsTotal,
    BackendFailuresTotal,
    BackendConnections,
    BackendConnectsTotal,
    ChecksTotal,
    CheckSeconds,
    EjectionsTotal,
    RetriesTotal,
    RetryBudgetExhaustedTotal,
    QueueLength,
    QueueSeconds,
    ProcessCpuSecondsTotal,
    ProcessResidentMemoryBytes,
    ProcessVirtualMemoryBytes,
    ProcessOpenFds,
    ProcessMaxFds,
    ProcessStartTimeSeconds,
};
inline constexpr std::size_t kMetricCount =
    static_cast<std::size_t>(Metric::ProcessStartTimeSeconds) + 1;
inline constexpr std::size_t kLabelsMax = 4;

enum class MetricType : std::uint8_t { Counter, Gauge, Histogram };
std::string_view word(MetricType type);

/// The label names of a metric, in the order in which values are given.
struct LabelNames {
    std::string_view names[kLabelsMax];
    std::size_t count = 0;

    constexpr LabelNames(std::initializer_list<std::string_view> list) {
        for (const std::string_view name : list) names[count++] = name;
    }
    constexpr const std::string_view* begin() const { return names; }
    constexpr const std::string_view* end() const { return names + count; }
    constexpr std::size_t size() const { return count; }
};

struct MetricRow {
    Metric id;
    std::string_view name;
    MetricType type;
    LabelNames labels;
    std::string_view help;       ///< one sentence without a full stop
    bool quiet_at_zero = false;  ///< series still at zero are left out of the listing
};

/// In the order of the enumeration, which is the order of the listing.
std::span<const MetricRow> metrics();
const MetricRow& row(Metric metric);

}  // namespace fairlead::telemetry
