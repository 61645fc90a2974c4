/// The metric series of backends that are configured no more. A backend that comes back counts on
/// where it was, so they are kept, but not for ever: where names are made up by the minute, as
/// those of containers, they would fill the memory. Lives on main's thread; owned by the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy/connect/series.h"
#include "proxy/telemetry/registry.h"

namespace fairlead::runtime {

class RemovedSeries {
  public:
    using Shared = std::shared_ptr<const connect::BackendSeries>;
    /// Removed backends whose series are kept; of more, only those that are still counted on.
    static constexpr std::size_t kKeptMax = 1000;

    /// `registry` outlives this.
    explicit RemovedSeries(telemetry::Registry& registry) : registry_(registry) {}

    /// A backend is configured no more; its series are unlisted. One that is here already stays as
    /// old as it is.
    void add(const std::string& pool, const std::string& backend, Shared series);
    /// A backend is configured again.
    void take_out(std::string_view pool, std::string_view backend);
    /// The series of a backend that is here, or null. Whoever goes on with them takes this object:
    /// so there is one for each name, as long as anybody counts on it.
    Shared find(std::string_view pool, std::string_view backend) const;

    /// Frees the series of the oldest backends beyond the bound that nobody counts on any more, of
    /// `most` backends at once. The health monitor has forgotten all that are here.
    void trim(std::size_t most = SIZE_MAX);
    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::string pool;
        std::string backend;
        Shared series;
    };

    telemetry::Registry& registry_;
    std::list<Entry> entries_;  ///< the oldest first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_name_;
};

}  // namespace fairlead::runtime
