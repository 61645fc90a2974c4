/// Which metric series each thing of a configuration has. One list of labels serves all ways:
/// asking for the series (which lists them), taking them out of the listing when the thing is gone,
/// and freeing them. Main thread.
#pragma once

#include <string>

#include "conf/model.h"
#include "proxy/connect/series.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::runtime {

class SeriesMaker {
  public:
    enum class Mode : std::uint8_t {
        List,    ///< makes what is missing, lists all
        Unlist,  ///< takes all out of the listing; what is returned is empty
        Forget,  ///< frees all, as Registry::forget(); what is returned is empty
    };
    SeriesMaker(telemetry::Registry& registry, Mode mode) : registry_(registry), mode_(mode) {}

    connect::BackendSeries backend(const std::string& pool, const std::string& backend);
    connect::PoolSeries pool(const std::string& pool);
    connect::ListenerSeries listener(const std::string& listener);
    /// When one of a listener's certificates expires.
    telemetry::Gauge* certificate(const std::string& listener, const std::string& path);
    /// The requests of a route, the failures of its listener with its pool: several routes may have
    /// these in common.
    connect::ClassCounters route_requests(const std::string& listener, const std::string& route,
                                          const std::string& pool);
    connect::FailureCounters route_failures(const std::string& listener, const std::string& pool);

  private:
    using Values = telemetry::Registry::Values;
    telemetry::Counter* counter(telemetry::Metric metric, Values values);
    telemetry::Gauge* gauge(telemetry::Metric metric, Values values);
    telemetry::Histogram* histogram(telemetry::Metric metric, Values values);
    void take_out(telemetry::Metric metric, Values values);

    telemetry::Registry& registry_;
    const Mode mode_;
};

}  // namespace fairlead::runtime
