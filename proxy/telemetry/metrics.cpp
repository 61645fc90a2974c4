#include "proxy/telemetry/metrics.h"

#include <cassert>

namespace fairlead::telemetry {
namespace {

constexpr MetricType kCounter = MetricType::Counter;
constexpr MetricType kGauge = MetricType::Gauge;
constexpr MetricType kHistogram = MetricType::Histogram;
/// One series per failure word: most of them never happen.
constexpr bool kQuietAtZero = true;

constexpr MetricRow kMetrics[] = {
    {Metric::BuildInfo,
     "fairlead_build_info",
     kGauge,
     {"version"},
     "Always 1; the label says which release runs"},
    {Metric::ConfigGeneration,
     "fairlead_config_generation",
     kGauge,
     {},
     "Configurations put in force since the start"},
    {Metric::ConfigLastSuccessSeconds,
     "fairlead_config_last_success_seconds",
     kGauge,
     {},
     "When the running configuration was put in force, in seconds since 1970"},
    {Metric::ConfigFileDiffers,
     "fairlead_config_file_differs",
     kGauge,
     {},
     "1 while the file differs from what runs: it was refused, or undone"},
    {Metric::ReloadsTotal,
     "fairlead_reloads_total",
     kCounter,
     {"result"},
     "Attempts to load the configuration again, by what came of them"},
    {Metric::Snapshots,
     "fairlead_snapshots",
     kGauge,
     {},
     "Configurations that something still runs under; 1 when nothing from before a reload is left"},
    {Metric::Workers, "fairlead_workers", kGauge, {}, "Worker threads"},
    {Metric::LoopLagSeconds,
     "fairlead_loop_lag_seconds",
     kGauge,
     {"worker"},
     "How late a worker's event loop runs its timers"},
    {Metric::LogDroppedTotal,
     "fairlead_log_dropped_total",
     kCounter,
     {},
     "Log lines dropped because the sink did not take them"},
    {Metric::Connections,
     "fairlead_connections",
     kGauge,
     {"listener"},
     "Client connections open now"},
    {Metric::ConnectionsTotal,
     "fairlead_connections_total",
     kCounter,
     {"listener"},
     "Client connections accepted"},
    {Metric::TlsHandshakesTotal,
     "fairlead_tls_handshakes_total",
     kCounter,
     {"listener", "version", "resumed"},
     "TLS handshakes with clients that came to a good end",
     kQuietAtZero},
    {Metric::CertificateExpiresSeconds,
     "fairlead_certificate_expires_seconds",
     kGauge,
     {"listener", "certificate"},
     "When a listener's certificate expires, in seconds since 1970; by the path of its file"},
    {Metric::RequestsTotal,
     "fairlead_requests_total",
     kCounter,
     {"listener", "route", "pool", "class"},
     "Requests answered, by class of the status"},
    {Metric::FailuresTotal,
     "fairlead_failures_total",
     kCounter,
     {"listener", "pool", "failure"},
     "Exchanges that ended in a failure, by its word",
     kQuietAtZero},
    {Metric::RequestSeconds,
     "fairlead_request_seconds",
     kHistogram,
     {"pool"},
     "Time from the first byte of a request to the last of its response"},
    {Metric::BytesTotal,
     "fairlead_bytes_total",
     kCounter,
     {"listener", "direction"},
     "Bytes from (in) and to (out) clients"},
    {Metric::BackendSeconds,
     "fairlead_backend_seconds",
     kHistogram,
     {"pool", "backend"},
     "Time from a request sent to a backend to the head of its response"},
    {Metric::BackendUp,
     "fairlead_backend_up",
     kGauge,
     {"pool", "backend"},
     "1 when the backend takes requests, else 0"},
    {Metric::BackendState,
     "fairlead_backend_state",
     kGauge,
     {"pool", "backend", "state"},
     "1 for the state the backend is in, 0 for the others"},
    {Metric::BackendInFlight,
     "fairlead_backend_in_flight",
     kGauge,
     {"pool", "backend"},
     "Requests the backend has now"},
    {Metric::BackendRequestsTotal,
     "fairlead_backend_requests_total",
     kCounter,
     {"pool", "backend", "class"},
     "Responses of a backend, by class of the status"},
    {Metric::BackendFailuresTotal,
     "fairlead_backend_failures_total",
     kCounter,
     {"pool", "backend", "failure"},
     "Attempts on a backend that failed, by the failure's word",
     kQuietAtZero},
    {Metric::BackendConnections,
     "fairlead_backend_connections",
     kGauge,
     {"pool", "backend", "state"},
     "Connections to a backend that are idle or active now"},
    {Metric::BackendConnectsTotal,
     "fairlead_backend_connects_total",
     kCounter,
     {"pool", "backend", "result"},
     "Connections tried to a backend, by result"},
    {Metric::ChecksTotal,
     "fairlead_checks_total",
     kCounter,
     {"pool", "backend", "result"},
     "Health checks, by result"},
    {Metric::CheckSeconds,
     "fairlead_check_seconds",
     kHistogram,
     {"pool", "backend"},
     "How long health checks took"},
    {Metric::RetriesTotal,
     "fairlead_retries_total",
     kCounter,
     {"pool", "reason"},
     "Attempts made again, by what failed before",
     kQuietAtZero},
    {Metric::RetryBudgetExhaustedTotal,
     "fairlead_retry_budget_exhausted_total",
     kCounter,
     {"pool"},
     "Retries not made because the budget was used up"},
    {Metric::QueueLength,
     "fairlead_queue_length",
     kGauge,
     {"pool"},
     "Requests that wait for a backend now"},
    {Metric::QueueSeconds,
     "fairlead_queue_seconds",
     kHistogram,
     {"pool"},
     "How long requests waited for a backend"},
    {Metric::ProcessCpuSecondsTotal,
     "process_cpu_seconds_total",
     kCounter,
     {},
     "CPU time used, user and system, in seconds"},
    {Metric::ProcessResidentMemoryBytes,
     "process_resident_memory_bytes",
     kGauge,
     {},
     "Memory in RAM, in bytes"},
    {Metric::ProcessVirtualMemoryBytes,
     "process_virtual_memory_bytes",
     kGauge,
     {},
     "Address space, in bytes"},
    {Metric::ProcessOpenFds, "process_open_fds", kGauge, {}, "Open file descriptors"},
    {Metric::ProcessMaxFds, "process_max_fds", kGauge, {}, "Limit of open file descriptors"},
    {Metric::ProcessStartTimeSeconds,
     "process_start_time_seconds",
     kGauge,
     {},
     "Start of the process, in seconds since 1970"},
};
static_assert(std::size(kMetrics) == kMetricCount);

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < kMetricCount; ++i) {
        if (static_cast<std::size_t>(kMetrics[i].id) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

}  // namespace

std::string_view word(MetricType type) {
    switch (type) {
        case MetricType::Counter:
            return "counter";
        case MetricType::Gauge:
            return "gauge";
        case MetricType::Histogram:
            return "histogram";
    }
    return {};
}

std::span<const MetricRow> metrics() { return kMetrics; }

const MetricRow& row(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

}  // namespace fairlead::telemetry
