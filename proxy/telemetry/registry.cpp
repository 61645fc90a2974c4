#include "proxy/telemetry/registry.h"

#include <cassert>
#include <new>

#include "proxy/telemetry/prometheus.h"

namespace fairlead::telemetry {
namespace {

constexpr std::align_val_t kCacheLine{64};

std::string labels_text(const MetricRow& metric, Registry::Values values) {
    assert(values.size() == metric.labels.size());
    std::string text;
    const std::string_view* value = values.begin();
    for (const std::string_view name : metric.labels) {
        if (!text.empty()) text += ',';
        text += name;
        text += "=\"";
        append_label_value(text, *value++);
        text += '"';
    }
    return text;
}

/// What finds a series again. The escaped labels tell any two lists of values apart.
std::string identity(Metric metric, std::string_view labels) {
    std::string key(1, static_cast<char>(metric));
    key += labels;
    return key;
}

}  // namespace

std::uint64_t Cells::sum(std::size_t index) const {
    std::uint64_t total = 0;
    for (std::size_t writer = 0; writer < writers_; ++writer) {
        total += first_[writer * kSlabCells + index].load(std::memory_order_relaxed);
    }
    return total;
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
Number& Registry::find_or_make(Metric metric, Values values, std::size_t cell_count) {
    std::string labels = labels_text(row(metric), values);
    Series*& series = by_identity_[identity(metric, labels)];
    if (series == nullptr) {
        auto made = std::make_unique<Series>(std::move(labels), cells(cell_count),
                                             std::in_place_type<Number>);
        series = made.get();
        families_[static_cast<std::size_t>(metric)].push_back(std::move(made));
    }
    series->is_listed = true;
    auto* number = std::get_if<Number>(&series->number);
    assert(number != nullptr);  // one metric is always asked for in the same way
    return *number;
}

Counter& Registry::counter(Metric metric, Values values) {
    assert(row(metric).type == MetricType::Counter);
    return find_or_make<Counter>(metric, values, 1);
}

Gauge& Registry::gauge(Metric metric, Values values) {
    assert(row(metric).type != MetricType::Histogram);
    return find_or_make<Gauge>(metric, values, 1);
}

Histogram& Registry::histogram(Metric metric, Values values) {
    assert(row(metric).type == MetricType::Histogram);
    return find_or_make<Histogram>(metric, values, Histogram::kCells);
}

void Registry::unlist(Metric metric, Values values) {
    const auto found = by_identity_.find(identity(metric, labels_text(row(metric), values)));
    if (found != by_identity_.end()) found->second->is_listed = false;
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
