/// Draws indices in proportion to weights in constant time: the alias method (Walker 1977, built as
/// Vose 1991 does).
#pragma once

#include <cstdint>
#include <vector>

#include "balancing/candidates.h"
#include "proxy/base/random.h"

namespace fairlead::balancing {

class AliasTable {
  public:
    /// Linear; allocates only when there are more candidates than ever before.
    void build(const Candidates& candidates);
    /// @param candidates  those of the last build; not empty
    /// @return any candidate, open or not, by weight
    std::size_t draw(Random& random) const;
    /// @return an open candidate, by weight; linear when some are closed
    std::size_t draw_open(const Candidates& candidates, Random& random) const;

  private:
    struct Column {
        std::uint32_t keep = 0;   ///< of 2^32: how much of the column is its own
        std::uint32_t alias = 0;  ///< whose the rest is
    };
    std::vector<Column> columns_;
    // Of build; kept for their memory.
    std::vector<double> scaled_;
    std::vector<std::uint32_t> small_;
    std::vector<std::uint32_t> large_;
};

}  // namespace fairlead::balancing
