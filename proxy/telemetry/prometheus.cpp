#include "proxy/telemetry/prometheus.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace fairlead::telemetry {
namespace {

void append_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        fmt::format_to(std::back_inserter(out), "{}", value);
    }
}

double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

void append_name(std::string& out, std::string_view name, std::string_view suffix,
                 std::string_view labels) {
    out += name;
    out += suffix;
    if (!labels.empty()) {
        out += '{';
        out += labels;
        out += '}';
    }
    out += ' ';
}

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram& histogram) {
    // The count is made of the buckets that are shown, so that +Inf and _count always agree, also
    // while workers go on counting.
    std::uint64_t below = 0;
    const std::string_view comma = labels.empty() ? "" : ",";
    for (std::size_t bucket = 0; bucket <= kBucketBounds; ++bucket) {
        below += histogram.bucket(bucket);
        fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"", name, labels, comma);
        if (bucket < kBucketBounds) {
            append_number(out, seconds(kBucketBoundsNs[bucket]));
        } else {
            out += "+Inf";
        }
        fmt::format_to(std::back_inserter(out), "\"}} {}\n", below);
    }
    append_name(out, name, "_sum", labels);
    append_number(out, seconds(histogram.sum_ns()));
    out += '\n';
    append_name(out, name, "_count", labels);
    fmt::format_to(std::back_inserter(out), "{}\n", below);
}

/// @return whether the series was shown.
bool append_series(std::string& out, const MetricRow& metric, std::string_view labels,
                   const Counter& counter) {
    const std::uint64_t value = counter.value();
    if (value == 0 && metric.quiet_at_zero) return false;
    append_name(out, metric.name, "", labels);
    fmt::format_to(std::back_inserter(out), "{}\n", value);
    return true;
}

bool append_series(std::string& out, const MetricRow& metric, std::string_view labels,
                   const Gauge& gauge) {
    const double value = gauge.value();
    if (value == 0 && metric.quiet_at_zero) return false;
    append_name(out, metric.name, "", labels);
    append_number(out, value);
    out += '\n';
    return true;
}

bool append_series(std::string& out, const MetricRow& metric, std::string_view labels,
                   const Histogram& histogram) {
    append_histogram(out, metric.name, labels, histogram);
    return true;
}

}  // namespace

Rendering::Rendering(Registry& registry) : registry_{registry} { registry_.run_collectors(); }

bool Rendering::next(std::string& out, std::size_t piece_bytes) {
    out.clear();
    for (; family_ < kMetricCount; ++family_, series_ = 0, headed_ = false) {
        const MetricRow& metric = metrics()[family_];
        const auto& family = registry_.families_[family_].series;
        while (series_ < family.size()) {
            if (out.size() >= piece_bytes) return true;
            const Registry::Series* const found = family[series_++].get();
            if (found == nullptr || !found->is_listed) continue;
            const Registry::Series& series = *found;

            const std::size_t before_head = out.size();
            if (!headed_) {
                fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n",
                               metric.name, metric.help, word(metric.type));
            }
            const bool is_shown = std::visit(
                [&](const auto& number) {
                    return append_series(out, metric, series.labels(), number);
                },
                series.number);
            if (is_shown) {
                headed_ = true;
            } else if (!headed_) {
                out.resize(before_head);
            }
        }
    }
    return !out.empty();
}

std::string render_all(Registry& registry) {
    Rendering rendering{registry};
    std::string all;
    for (std::string piece; rendering.next(piece);) all += piece;
    return all;
}

void append_label_value(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
}

}  // namespace fairlead::telemetry
