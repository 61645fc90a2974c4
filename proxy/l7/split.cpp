#include "proxy/l7/split.h"

#include <cassert>

namespace fairlead::l7 {

Split::Split(const std::vector<std::uint32_t>& weights) {
    for (const std::uint32_t weight : weights) {
        shares_.push_back({weight, 0});
        total_ += weight;
    }
    assert(total_ > 0);
}

std::size_t Split::next() {
    std::size_t best = shares_.size();
    for (std::size_t index = 0; index < shares_.size(); ++index) {
        Share& share = shares_[index];
        if (share.weight == 0) continue;
        share.credit += share.weight;
        if (best == shares_.size() || share.credit > shares_[best].credit) best = index;
    }
    shares_[best].credit -= total_;
    return best;
}

}  // namespace fairlead::l7
