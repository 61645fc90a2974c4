#include "proxy/telemetry/registry.h"

#include <cassert>
#include <new>

#include "proxy/telemetry/prometheus.h"

namespace fairlead::telemetry {
namespace {

constexpr std::align_val_t kCacheLine{64};

/// What finds a series again, and after the first byte what is listed. The escaped labels tell any
/// two lists of values apart.
std::string identity(Metric metric, Registry::Values values) {
    const MetricRow& its_row = row(metric);
    assert(values.size() == its_row.labels.size());
    std::string text(1, static_cast<char>(metric));
    const std::string_view* value = values.begin();
    for (const std::string_view name : its_row.labels) {
        if (text.size() > 1) text += ',';
        text += name;
        text += "=\"";
        append_label_value(text, *value++);
        text += '"';
    }
    return text;
}

}  // namespace

std::uint64_t Cells::sum(std::size_t index) const {
    std::uint64_t total = 0;
    for (std::size_t writer = 0; writer < writers_; ++writer) {
        total += first_[writer * kSlabCells + index].load(std::memory_order_relaxed);
    }
    return total;
}

void Cells::clear(std::size_t count) {
    for (std::size_t writer = 0; writer < writers_; ++writer) {
        for (std::size_t index = 0; index < count; ++index) {
            first_[writer * kSlabCells + index].store(0, std::memory_order_relaxed);
        }
    }
}

double Gauge::value() const {
    const auto counted = static_cast<std::int64_t>(cells_.sum(0));
    return set_.load(std::memory_order_relaxed) + static_cast<double>(counted);
}

std::uint64_t Histogram::count() const {
    std::uint64_t total = 0;
    for (std::size_t index = 0; index <= kBucketBounds; ++index) total += bucket(index);
    return total;
}

Registry::Registry(std::size_t workers) : workers_{workers} {}

Cells Registry::cells(std::size_t count) {
    assert(count <= kSlabCells);
    if (std::vector<Cells>& free = free_cells_[count]; !free.empty()) {
        const Cells reused = free.back();
        free.pop_back();
        return reused;
    }
    const std::size_t writers = workers_ + 1;
    if (slab_used_ + count > kSlabCells) {
        const std::size_t total = writers * kSlabCells;
        auto* memory = static_cast<Cell*>(::operator new(total * sizeof(Cell), kCacheLine));
        std::uninitialized_value_construct_n(memory, total);
        slabs_.push_back(Slab{memory, [](Cell* dead) { ::operator delete(dead, kCacheLine); }});
        slab_used_ = 0;
    }
    Cell* first = slabs_.back().get() + slab_used_;
    slab_used_ += count;
    return Cells{first, writers};
}

template <class Number>
Number& Registry::find_or_make(Metric metric, Values values) {
    std::string text = identity(metric, values);
    const auto found = by_identity_.find(text);
    Series& series =
        found != by_identity_.end() ? *found->second : make<Number>(metric, std::move(text));
    series.is_listed = true;
    auto* number = std::get_if<Number>(&series.number);
    assert(number != nullptr);  // one metric is always asked for in the same way
    return *number;
}

template <class Number>
Registry::Series& Registry::make(Metric metric, std::string text) {
    Family& family = families_[static_cast<std::size_t>(metric)];
    auto made = std::make_unique<Series>(std::move(text), cells(Number::kCells),
                                         std::in_place_type<Number>);
    Series& series = *made;
    if (family.free_places.empty()) {
        series.place = family.series.size();
        family.series.push_back(std::move(made));
    } else {
        series.place = family.free_places.back();
        family.free_places.pop_back();
        family.series[series.place] = std::move(made);
    }
    by_identity_.emplace(series.identity, &series);
    return series;
}

Counter& Registry::counter(Metric metric, Values values) {
    assert(row(metric).type == MetricType::Counter);
    return find_or_make<Counter>(metric, values);
}

Gauge& Registry::gauge(Metric metric, Values values) {
    assert(row(metric).type != MetricType::Histogram);
    return find_or_make<Gauge>(metric, values);
}

Histogram& Registry::histogram(Metric metric, Values values) {
    assert(row(metric).type == MetricType::Histogram);
    return find_or_make<Histogram>(metric, values);
}

void Registry::unlist(Metric metric, Values values) {
    const auto found = by_identity_.find(identity(metric, values));
    if (found != by_identity_.end()) found->second->is_listed = false;
}

void Registry::forget(Metric metric, Values values) {
    const auto found = by_identity_.find(identity(metric, values));
    if (found == by_identity_.end()) return;
    Series& series = *found->second;
    by_identity_.erase(found);  // first: the key is the series' text
    std::visit(
        [this]<class Number>(Number& number) {
            number.cells_.clear(Number::kCells);
            free_cells_[Number::kCells].push_back(number.cells_);
        },
        series.number);
    Family& family = families_[static_cast<std::size_t>(metric)];
    const std::size_t place = series.place;
    family.free_places.push_back(place);
    family.series[place].reset();
}

std::size_t Registry::add_collector(Collector collector) {
    collectors_.emplace_back(++collectors_made_, std::move(collector));
    return collectors_made_;
}

void Registry::remove_collector(std::size_t number) {
    std::erase_if(collectors_, [&](const auto& entry) { return entry.first == number; });
}

void Registry::run_collectors() {
    for (const auto& [number, collector] : collectors_) collector();
}

}  // namespace fairlead::telemetry
