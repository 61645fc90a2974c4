/// The backends a policy may choose from, made by Pool: those of one tier that are usable now.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancing/backend.h"

namespace fairlead::balancing {

/// Effective weights are in thousandths, so that slow start can scale a weight of 1.
inline constexpr std::uint32_t kWeightUnit = 1000;

struct Candidate {
    Backend* backend = nullptr;
    std::uint32_t weight = kWeightUnit;       ///< slow start included, in thousandths; at least 1
    std::uint32_t full_weight = kWeightUnit;  ///< without slow start, in thousandths
    /// Load that a rising backend is taken to have beside its own, so that policies which go by
    /// load approach it slowly.
    std::uint32_t phantom = 0;
    /// Recent failures that the others of its tier show as well: they say nothing of it.
    std::uint32_t excused = 0;

    bool is_rising() const { return weight != full_weight; }
    /// Recent failures that make it worse than the others.
    std::uint32_t failures(Time now) const {
        const std::uint32_t recent = backend->recent_failures(now);
        return recent > excused ? recent - excused : 0;
    }
    std::uint64_t load(Time now) const {
        return std::uint64_t{backend->in_flight()} + failures(now) + phantom;
    }
};

class Candidates {
  public:
    std::size_t size() const { return list_.size(); }
    const Candidate& operator[](std::size_t index) const { return list_[index]; }
    std::span<const Candidate> all() const { return list_; }
    /// Every member of the pool, usable or not, in the configuration's order.
    std::span<const std::shared_ptr<Backend>> members() const { return members_; }

    /// May be chosen in this pick: not tried before, not found full, not over its share while
    /// rising.
    bool is_open(std::size_t index) const { return closed_count_ == 0 || closed_[index] == 0; }
    bool has_closed() const { return closed_count_ != 0; }
    std::size_t open_count() const { return list_.size() - closed_count_; }
    /// All weights are the same.
    bool is_even() const { return is_even_; }

    // ---- for Pool (and tests of policies)
    void assign(std::span<const std::shared_ptr<Backend>> members);  ///< empties the list
    void add(const Candidate& candidate);
    Candidate& at(std::size_t index) { return list_[index]; }
    /// After the last add or change of a weight.
    void settle();
    void close(std::size_t index);
    void open_all();
    /// Sets `excused` of each.
    void excuse(Time now);

  private:
    std::span<const std::shared_ptr<Backend>> members_;
    std::vector<Candidate> list_;
    std::vector<std::uint8_t> closed_;
    std::size_t closed_count_ = 0;
    bool is_even_ = true;
};

}  // namespace fairlead::balancing
