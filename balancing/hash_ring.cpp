#include "balancing/hash_ring.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "proxy/base/hash.h"

namespace fairlead::balancing {
namespace {

constexpr double kPointsEach = 128;
// Ten thousand members with 128 points each would cost every worker 10 MB and a tenth of a second.
constexpr std::size_t kManyMembers = 2048;
constexpr double kPointsEachOfMany = 32;

}  // namespace

void HashRing::build(const std::vector<Member>& members) {
    if (members == members_) return;
    members_ = members;
    points_.clear();
    starts_.clear();
    if (members.empty()) return;
    unsigned heaviest = 1;
    for (const Member& member : members) heaviest = std::max(heaviest, member.weight);
    const double points_each = members.size() > kManyMembers ? kPointsEachOfMany : kPointsEach;
    for (std::size_t i = 0; i < members.size(); ++i) {
        // Weight 0 serves when nothing else is usable, so it has a place too.
        const double share = std::max(members[i].weight, 1U) / static_cast<double>(heaviest);
        const long count = std::max(1L, std::lround(points_each * share));
        for (long k = 0; k < count; ++k) {
            const std::uint64_t place =
                hash_mix(members[i].name_hash + hash_mix(static_cast<std::uint64_t>(k)));
            points_.push_back(
                {static_cast<std::uint32_t>(place >> 32), static_cast<std::uint32_t>(i)});
        }
    }
    // Equal places are ordered by name, not by position in the list, which a reload may change.
    std::sort(points_.begin(), points_.end(), [&](const Point& a, const Point& b) {
        if (a.place != b.place) return a.place < b.place;
        return members_[a.member].name_hash < members_[b.member].name_hash;
    });
    // About one point in each slice: finding is one look-up and a step or two.
    const std::size_t slices = std::bit_ceil(points_.size());
    shift_ = 32 - static_cast<unsigned>(std::countr_zero(slices));
    starts_.resize(slices);
    std::size_t point = 0;
    for (std::size_t slice = 0; slice < slices; ++slice) {
        const std::uint64_t begins = static_cast<std::uint64_t>(slice) << shift_;
        while (point < points_.size() && points_[point].place < begins) ++point;
        starts_[slice] = static_cast<std::uint32_t>(point);
    }
}

std::size_t HashRing::find(std::uint64_t key) const {
    const auto place = static_cast<std::uint32_t>(key >> 32);
    std::size_t point = starts_[static_cast<std::uint64_t>(place) >> shift_];
    while (point < points_.size() && points_[point].place < place) ++point;
    return point < points_.size() ? point : 0;
}

}  // namespace fairlead::balancing
