#include "balancing/candidates.h"

#include <algorithm>

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

}  // namespace fairlead::balancing
