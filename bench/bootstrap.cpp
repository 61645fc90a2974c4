#include "bench/bootstrap.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fairlead::bench {

namespace {

/// @param values  sorted, not empty
Interval middle(const std::vector<double>& values, double confidence) {
    const double outside = (1 - confidence) / 2 * static_cast<double>(values.size());
    const auto skipped =
        std::min(static_cast<std::size_t>(std::max(outside, 0.0)), (values.size() - 1) / 2);
    return {values[skipped], values[values.size() - 1 - skipped]};
}

/// Share of a standard normal variable above `z`.
double normal_above(double z) { return std::erfc(z / std::sqrt(2)) / 2; }

/// The value that a standard normal variable exceeds with this probability, 0 to 0.5: by halving,
/// which is plain and fast enough for once a comparison.
double normal_exceeded(double probability) {
    double low = 0;
    double high = 40;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (normal_above(middle) > probability ? low : high) = middle;
    }
    return low;
}

/// The same of Student's t, by its expansion in 1/degrees (Abramowitz and Stegun 26.7.5): to 0.5 %
/// from 5 degrees on.
double student_exceeded(double probability, double degrees) {
    const double z = normal_exceeded(probability);
    const double z2 = z * z;
    const double first = z * (z2 + 1) / 4;
    const double second = z * (5 * z2 * z2 + 16 * z2 + 3) / 96;
    const double third = z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15) / 384;
    return z + first / degrees + second / (degrees * degrees) +
           third / (degrees * degrees * degrees);
}

std::vector<double> chosen(std::span<const double> values, std::span<const std::size_t> rows) {
    std::vector<double> out;
    out.reserve(rows.size());
    for (const std::size_t row : rows) out.push_back(values[row]);
    return out;
}

}  // namespace

std::vector<Interval> bootstrap(const BootstrapSettings& settings, const Resample& resample) {
    Random random(settings.seed);
    std::vector<std::vector<double>> found;  // by statistic
    for (unsigned i = 0; i < settings.resamples; ++i) {
        const std::vector<double> statistics = resample(random);
        found.resize(statistics.size());
        for (std::size_t s = 0; s < statistics.size(); ++s) found[s].push_back(statistics[s]);
    }
    std::vector<Interval> intervals;
    for (std::vector<double>& values : found) {
        std::sort(values.begin(), values.end());
        intervals.push_back(middle(values, settings.confidence));
    }
    return intervals;
}

std::vector<std::size_t> draw_rows(std::size_t rows, Random& random) {
    return draw_blocks(rows, 1, random);
}

std::vector<std::size_t> draw_blocks(std::size_t rows, std::size_t block, Random& random) {
    assert(rows > 0 && block > 0);
    std::vector<std::size_t> drawn;
    drawn.reserve(rows);
    while (drawn.size() < rows) {
        const std::size_t start = random.below(rows);
        for (std::size_t i = 0; i < block && drawn.size() < rows; ++i) {
            drawn.push_back((start + i) % rows);
        }
    }
    return drawn;
}

std::size_t block_length(std::size_t rows) {
    const auto root = static_cast<std::size_t>(std::lround(std::cbrt(static_cast<double>(rows))));
    return std::max<std::size_t>(root, 1);
}

double expanded_confidence(double confidence, std::size_t rows) {
    assert(rows > 1);
    const auto n = static_cast<double>(rows);
    const double t = student_exceeded((1 - confidence) / 2, n - 1);
    return 1 - 2 * normal_above(std::sqrt(n / (n - 1)) * t);
}

double median(std::span<const double> values) {
    if (values.empty()) return 0;
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

Interval ratio_of_medians(std::span<const double> a, std::span<const double> b,
                          const BootstrapSettings& settings) {
    assert(a.size() == b.size() && !a.empty());
    const std::vector<Interval> intervals = bootstrap(settings, [a, b](Random& random) {
        const std::vector<std::size_t> rounds = draw_rows(a.size(), random);
        return std::vector<double>{median(chosen(b, rounds)) / median(chosen(a, rounds))};
    });
    return intervals.front();
}

}  // namespace fairlead::bench
