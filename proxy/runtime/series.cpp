#include "proxy/runtime/series.h"

#include <string_view>

#include "balancing/state.h"
#include "health/probe.h"
#include "proxy/base/failure.h"

namespace fairlead::runtime {
namespace {

using telemetry::Metric;

connect::ClassCounters class_counters(auto&& make) {
    static constexpr std::string_view kClasses[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    connect::ClassCounters counters{};
    for (std::size_t index = 1; index < counters.size(); ++index) {
        counters[index] = make(kClasses[index]);
    }
    return counters;
}

connect::FailureCounters failure_counters(auto&& make) {
    connect::FailureCounters counters{};
    for (const FailureRow& each : failures()) {
        if (each.failure == Failure::None) continue;
        counters[static_cast<std::size_t>(each.failure)] = make(each.word);
    }
    return counters;
}

}  // namespace

void SeriesMaker::take_out(Metric metric, Values values) {
    if (mode_ == Mode::Unlist) registry_.unlist(metric, values);
    if (mode_ == Mode::Forget) registry_.forget(metric, values);
}

telemetry::Counter* SeriesMaker::counter(Metric metric, Values values) {
    if (mode_ == Mode::List) return &registry_.counter(metric, values);
    take_out(metric, values);
    return nullptr;
}

telemetry::Gauge* SeriesMaker::gauge(Metric metric, Values values) {
    if (mode_ == Mode::List) return &registry_.gauge(metric, values);
    take_out(metric, values);
    return nullptr;
}

telemetry::Histogram* SeriesMaker::histogram(Metric metric, Values values) {
    if (mode_ == Mode::List) return &registry_.histogram(metric, values);
    take_out(metric, values);
    return nullptr;
}

connect::BackendSeries SeriesMaker::backend(const std::string& pool, const std::string& backend) {
    connect::BackendSeries series{};
    series.seconds = histogram(Metric::BackendSeconds, {pool, backend});
    series.requests = class_counters([&](std::string_view word) {
        return counter(Metric::BackendRequestsTotal, {pool, backend, word});
    });
    series.failures = failure_counters([&](std::string_view word) {
        return counter(Metric::BackendFailuresTotal, {pool, backend, word});
    });
    series.connections_active = gauge(Metric::BackendConnections, {pool, backend, "active"});
    series.connects_ok = counter(Metric::BackendConnectsTotal, {pool, backend, "ok"});
    series.connects_failed = counter(Metric::BackendConnectsTotal, {pool, backend, "failed"});
    if (mode_ == Mode::List) return series;
    // What the collector sets at each listing.
    gauge(Metric::BackendConnections, {pool, backend, "idle"});
    gauge(Metric::BackendUp, {pool, backend});
    gauge(Metric::BackendInFlight, {pool, backend});
    for (std::size_t state = 0; state < balancing::kStateCount; ++state) {
        gauge(Metric::BackendState,
              {pool, backend, balancing::word(static_cast<balancing::State>(state))});
    }
    // What the monitor makes when it begins to watch.
    for (const health::Outcome outcome : health::kOutcomes) {
        counter(Metric::ChecksTotal, {pool, backend, health::word(outcome)});
    }
    histogram(Metric::CheckSeconds, {pool, backend});
    return series;
}

connect::PoolSeries SeriesMaker::pool(const std::string& pool) {
    static constexpr std::string_view kReasons[connect::kRetryReasonCount] = {
        "connect", "stale", "reset", "timeout", "status"};
    connect::PoolSeries series{};
    series.request_seconds = histogram(Metric::RequestSeconds, {pool});
    for (std::size_t index = 0; index < connect::kRetryReasonCount; ++index) {
        series.retries[index] = counter(Metric::RetriesTotal, {pool, kReasons[index]});
    }
    series.retry_budget_exhausted = counter(Metric::RetryBudgetExhaustedTotal, {pool});
    series.queue_seconds = histogram(Metric::QueueSeconds, {pool});
    if (mode_ != Mode::List) gauge(Metric::QueueLength, {pool});
    return series;
}

connect::ListenerSeries SeriesMaker::listener(const std::string& listener) {
    connect::ListenerSeries series{};
    series.connections = gauge(Metric::Connections, {listener});
    series.connections_total = counter(Metric::ConnectionsTotal, {listener});
    series.bytes_in = counter(Metric::BytesTotal, {listener, "in"});
    series.bytes_out = counter(Metric::BytesTotal, {listener, "out"});
    series.requests_without_route = route_requests(listener, "", "");
    series.failures_without_pool = route_failures(listener, "");
    for (const net::TlsVersion version : {net::TlsVersion::V1_2, net::TlsVersion::V1_3}) {
        for (const bool is_resumed : {false, true}) {
            series.tls_handshakes[static_cast<std::size_t>(version) * 2 + (is_resumed ? 1 : 0)] =
                counter(Metric::TlsHandshakesTotal,
                        {listener, net::name(version), is_resumed ? "yes" : "no"});
        }
    }
    return series;
}

telemetry::Gauge* SeriesMaker::certificate(const std::string& listener, const std::string& path) {
    return gauge(Metric::CertificateExpiresSeconds, {listener, path});
}

connect::ClassCounters SeriesMaker::route_requests(const std::string& listener,
                                                   const std::string& route,
                                                   const std::string& pool) {
    return class_counters([&](std::string_view word) {
        return counter(Metric::RequestsTotal, {listener, route, pool, word});
    });
}

connect::FailureCounters SeriesMaker::route_failures(const std::string& listener,
                                                     const std::string& pool) {
    return failure_counters([&](std::string_view word) {
        return counter(Metric::FailuresTotal, {listener, pool, word});
    });
}

}  // namespace fairlead::runtime
