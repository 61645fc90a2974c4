#include "bench/peers/statistics.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "proxy/base/random.h"

namespace fairlead::bench::peers {
namespace {

constexpr std::size_t kDraws = 2000;
constexpr double kLow = 0.025;
constexpr double kHigh = 0.975;

double at_share(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

}  // namespace

double median(std::vector<double> values) {
    assert(!values.empty());
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Ratio ratio_of_medians(const std::vector<double>& ours, const std::vector<double>& theirs) {
    const std::size_t rounds = std::min(ours.size(), theirs.size());
    assert(rounds > 0);
    const std::vector<double> a(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(rounds));
    const std::vector<double> b(theirs.begin(),
                                theirs.begin() + static_cast<std::ptrdiff_t>(rounds));
    Random random(1);  // the same figures give the same interval
    std::vector<double> ratios;
    ratios.reserve(kDraws);
    std::vector<double> drawn_a(rounds);
    std::vector<double> drawn_b(rounds);
    for (std::size_t draw = 0; draw < kDraws; ++draw) {
        for (std::size_t i = 0; i < rounds; ++i) {
            const std::size_t round = random.below(rounds);
            drawn_a[i] = a[round];
            drawn_b[i] = b[round];
        }
        ratios.push_back(median(drawn_a) / median(drawn_b));
    }
    std::sort(ratios.begin(), ratios.end());
    return {median(a) / median(b), at_share(ratios, kLow), at_share(ratios, kHigh)};
}

}  // namespace fairlead::bench::peers
