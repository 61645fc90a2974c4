#include "bench/peers/ratio.h"

#include <algorithm>
#include <span>
#include <vector>

namespace fairlead::bench::peers {

std::optional<Ratio> ratio(const Series& ours, const Series& theirs) {
    const std::size_t rounds = std::min(ours.rounds.size(), theirs.rounds.size());
    const std::span<const double> a(ours.rounds.data(), rounds);
    const std::span<const double> b(theirs.rounds.data(), rounds);
    const auto is_usable = [](double value) { return value > 0; };
    if (rounds == 0 || !std::all_of(a.begin(), a.end(), is_usable) ||
        !std::all_of(b.begin(), b.end(), is_usable)) {
        return std::nullopt;
    }
    Ratio found{median(a) / median(b)};
    if (rounds >= kIntervalRoundsMin) found.interval = ratio_of_medians(b, a);
    return found;
}

std::optional<Ratio> ratio_to(const FigureTable& table, const PeerFigures& peer, Metric metric) {
    const PeerFigures* ours = table.find("fairlead");
    if (ours == nullptr || ours == &peer) return std::nullopt;
    const Series* own = ours->find(metric);
    const Series* theirs = peer.find(metric);
    if (own == nullptr || theirs == nullptr) return std::nullopt;
    return ratio(*own, *theirs);
}

std::optional<Interval> median_interval(const Series& series) {
    if (series.rounds.size() < kIntervalRoundsMin) return std::nullopt;
    const auto resample = [&series](Random& random) -> std::vector<double> {
        std::vector<double> drawn;
        for (const std::size_t row : draw_rows(series.rounds.size(), random)) {
            drawn.push_back(series.rounds[row]);
        }
        return {median(drawn)};
    };
    return bootstrap({}, resample).front();
}

}  // namespace fairlead::bench::peers
