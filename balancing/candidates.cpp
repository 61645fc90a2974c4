#include "balancing/candidates.h"

#include <algorithm>
#include <limits>

namespace fairlead::balancing {

void Candidates::assign(std::span<const std::shared_ptr<Backend>> members) {
    members_ = members;
    list_.clear();
    closed_.clear();
    closed_count_ = 0;
}

void Candidates::add(const Candidate& candidate) { list_.push_back(candidate); }

void Candidates::settle() {
    closed_.assign(list_.size(), 0);
    closed_count_ = 0;
    is_even_ = std::all_of(list_.begin(), list_.end(), [&](const Candidate& candidate) {
        return candidate.weight == list_.front().weight;
    });
}

void Candidates::close(std::size_t index) {
    if (closed_[index] != 0) return;
    closed_[index] = 1;
    ++closed_count_;
}

void Candidates::open_all() {
    if (closed_count_ == 0) return;
    std::fill(closed_.begin(), closed_.end(), std::uint8_t{0});
    closed_count_ = 0;
}

void Candidates::excuse(Time now) {
    // Rising ones are asked too little to have many.
    constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t least = kNone;
    for (const Candidate& candidate : list_) {
        if (!candidate.is_rising())
            least = std::min(least, candidate.backend->recent_failures(now));
    }
    // Only twice as many tell something: what is less is chance, and the counts' own lag.
    const std::uint32_t excused = least == kNone ? 0 : 2 * least;
    for (Candidate& candidate : list_) candidate.excused = excused;
}

}  // namespace fairlead::balancing
