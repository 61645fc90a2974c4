/// The numbers behind the metrics: series with one cell per worker, so that counting costs a load,
/// an add and a store on a cache line nobody else writes; the reader adds the cells up.
///
/// Series are made and listed by the main thread, before a worker learns of them. They are found
/// again by identity (metric and label values), so they survive a reload, and a reference to one
/// stays good until the series is forgotten: which only who knows all its users can do.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/telemetry/metrics.h"

namespace fairlead::telemetry {

/// Cells of one worker that lie side by side. The next worker's cells begin this many further on:
/// whole cache lines, so workers never share one.
inline constexpr std::size_t kSlabCells = 1024;
using Cell = std::atomic<std::uint64_t>;

/// The cells of one series: cell i of worker w.
class Cells {
  public:
    Cells(Cell* first, std::size_t writers) : first_{first}, writers_{writers} {}

    /// Adds to a cell only `worker` writes. No locked instruction: there is no second writer.
    void add(std::size_t worker, std::size_t index, std::uint64_t amount) {
        Cell& cell = first_[worker * kSlabCells + index];
        cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    /// Over all workers, modulo 2^64. Any thread.
    std::uint64_t sum(std::size_t index) const;
    /// The first `count` cells of every worker begin anew. Nobody may be counting.
    void clear(std::size_t count);

  private:
    Cell* first_;
    std::size_t writers_;
};

/// Only goes up.
class Counter {
  public:
    static constexpr std::size_t kCells = 1;

    explicit Counter(Cells cells) : cells_{cells} {}

    /// `worker` is the index of the calling thread: 0 to workers - 1, or Registry::main_index().
    void add(std::size_t worker, std::uint64_t amount = 1) { cells_.add(worker, 0, amount); }
    std::uint64_t value() const { return cells_.sum(0); }

  private:
    friend class Registry;
    Cells cells_;
};

/// Goes up and down, by two means that do not disturb each other: each worker's own count of what
/// it has (add), and a value set by one thread (set). What is shown is the sum of both.
class Gauge {
  public:
    static constexpr std::size_t kCells = 1;

    explicit Gauge(Cells cells) : cells_{cells} {}

    void add(std::size_t worker, std::int64_t amount) {
        cells_.add(worker, 0, static_cast<std::uint64_t>(amount));
    }
    void set(double value) { set_.store(value, std::memory_order_relaxed); }
    double value() const;

  private:
    friend class Registry;
    Cells cells_;
    std::atomic<double> set_{0.0};
};

/// Upper bounds of the buckets, inclusive, rising by 2 to 3 times; one more bucket is above them.
inline constexpr std::uint64_t kBucketBoundsNs[] = {
    100'000,       250'000,       500'000,       1'000'000,      2'500'000,      5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,    250'000'000,    500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000, 60'000'000'000,
};
inline constexpr std::size_t kBucketBounds = std::size(kBucketBoundsNs);

namespace detail {
/// For every bit width of a number, the lowest bucket that such a number can be in.
struct BucketStarts {
    std::uint8_t of_width[65]{};
    constexpr BucketStarts() {
        for (std::size_t width = 1; width <= 64; ++width) {
            const std::uint64_t smallest = std::uint64_t{1} << (width - 1);
            std::uint8_t start = 0;
            while (start < kBucketBounds && kBucketBoundsNs[start] < smallest) ++start;
            of_width[width] = start;
        }
    }
};
inline constexpr BucketStarts kBucketStarts;
}  // namespace detail

/// The bucket (0 to kBucketBounds) that takes a duration. The bit width leads next to it: two
/// bounds are at least a factor of two apart, so at most two steps remain.
constexpr std::size_t bucket_of(std::uint64_t ns) {
    std::size_t bucket = detail::kBucketStarts.of_width[std::bit_width(ns)];
    while (bucket < kBucketBounds && ns > kBucketBoundsNs[bucket]) ++bucket;
    return bucket;
}

/// Durations, counted in fixed buckets from 100 us to 60 s.
class Histogram {
  public:
    static constexpr std::size_t kCells = kBucketBounds + 2;  // the last bucket, and the sum

    explicit Histogram(Cells cells) : cells_{cells} {}

    /// A negative duration counts as none.
    void observe(std::size_t worker, Duration duration) {
        const std::uint64_t ns =
            duration.count() > 0 ? static_cast<std::uint64_t>(duration.count()) : 0;
        cells_.add(worker, bucket_of(ns), 1);
        cells_.add(worker, kBucketBounds + 1, ns);
    }
    /// Of one bucket alone, not of those below it.
    std::uint64_t bucket(std::size_t index) const { return cells_.sum(index); }
    std::uint64_t count() const;
    /// Nanoseconds over all observations, modulo 2^64 (584 years).
    std::uint64_t sum_ns() const { return cells_.sum(kBucketBounds + 1); }

  private:
    friend class Registry;
    Cells cells_;
};

/// Main thread, except for what is said of the series themselves.
class Registry {
  public:
    explicit Registry(std::size_t workers);
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// The series with these label values, made on the first call, listed (again) by every call.
    /// As many values as the metric has labels, in the row's order.
    using Values = std::initializer_list<std::string_view>;
    Counter& counter(Metric metric, Values values = {});
    /// Also for a metric of type counter whose number is kept elsewhere and set by a collector.
    Gauge& gauge(Metric metric, Values values = {});
    Histogram& histogram(Metric metric, Values values = {});

    /// The index under which the main thread counts.
    std::size_t main_index() const { return workers_; }
    std::size_t workers() const { return workers_; }

    /// Takes one series out of the listing, if it is there. It can be counted on and comes back
    /// with the next call for it.
    void unlist(Metric metric, Values values);
    /// Takes one series out for good, if it is there: the next call for it begins at zero, and its
    /// cells serve other series. Nobody, on any thread, may hold a reference to it any more. May
    /// come between two pieces of a listing.
    void forget(Metric metric, Values values);
    /// Series there are, listed or not.
    std::size_t size() const { return by_identity_.size(); }

    /// Called at the start of each listing, to set gauges that are known only then.
    using Collector = std::function<void()>;
    /// @return a number for remove_collector(). What the collector touches must outlive it.
    std::size_t add_collector(Collector collector);
    void remove_collector(std::size_t number);

  private:
    friend class Rendering;
    struct Series {
        template <class Number>
        Series(std::string text, Cells cells, std::in_place_type_t<Number> kind)
            : identity{std::move(text)}, number{kind, cells} {}

        /// `pool="app",backend="b1"`, escaped, as listed.
        std::string_view labels() const { return std::string_view{identity}.substr(1); }

        const std::string identity;  ///< a byte for the metric, and the labels
        std::size_t place = 0;       ///< in its family
        bool is_listed = false;
        std::variant<Counter, Gauge, Histogram> number;
    };

    /// Series of one metric, in the order of first use, but that a new one takes the place of one
    /// that was forgotten. A place stays the same: a listing goes by it.
    struct Family {
        std::vector<std::unique_ptr<Series>> series;  ///< null where one was forgotten
        std::vector<std::size_t> free_places;
    };

    template <class Number>
    Number& find_or_make(Metric metric, Values values);
    template <class Number>
    Series& make(Metric metric, std::string text);
    Cells cells(std::size_t count);
    void run_collectors();

    using Slab = std::unique_ptr<Cell[], void (*)(Cell*)>;
    const std::size_t workers_;
    std::vector<Slab> slabs_;
    std::size_t slab_used_ = kSlabCells;
    std::unordered_map<std::size_t, std::vector<Cells>> free_cells_;  ///< all zero, by their count
    Family families_[kMetricCount];
    std::unordered_map<std::string_view, Series*> by_identity_;  ///< the texts are the series' own
    std::vector<std::pair<std::size_t, Collector>> collectors_;
    std::size_t collectors_made_ = 0;
};

}  // namespace fairlead::telemetry
