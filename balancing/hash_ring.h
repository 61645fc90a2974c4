/// A consistent-hashing ring (Karger et al. 1997): each member has points on a circle, by its name
/// and weight; a key belongs to the next point at or after it. When a member leaves only its keys
/// move.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fairlead::balancing {

class HashRing {
  public:
    struct Member {
        std::uint64_t name_hash = 0;
        unsigned weight = 1;
        bool operator==(const Member&) const = default;
    };
    struct Point {
        std::uint32_t place = 0;
        std::uint32_t member = 0;  ///< index into what it was built from
    };

    /// Does nothing when `members` are those it has: n log n otherwise (1,000 members: some 10 ms).
    /// The heaviest member gets 128 points (32 from 2,049 members on), the others in proportion.
    void build(const std::vector<Member>& members);
    std::size_t size() const { return points_.size(); }
    const Point& operator[](std::size_t index) const { return points_[index]; }
    /// @return index of the first point at or after the key's place; not for an empty ring
    std::size_t find(std::uint64_t key) const;
    std::size_t next(std::size_t index) const {
        return index + 1 == points_.size() ? 0 : index + 1;
    }

  private:
    std::vector<Member> members_;
    std::vector<Point> points_;
    std::vector<std::uint32_t> starts_;  ///< for each slice of the circle, its first point
    unsigned shift_ = 32;
};

}  // namespace fairlead::balancing
