/// Which pool of a split route the next request goes to: smooth weighted round robin, as NGINX
/// does it for servers. Of any `sum of weights` requests in a row on one worker every pool gets
/// exactly its weight, spread evenly; a draw at random would be off by several times a canary's
/// share over the first hundreds of requests. Pure; lives on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fairlead::l7 {

class Split {
  public:
    /// @param weights  one for each pool; not all zero, and one that is zero is never picked
    explicit Split(const std::vector<std::uint32_t>& weights);

    /// @return index as in the weights. Does not allocate.
    std::size_t next();

  private:
    struct Share {
        std::int64_t weight;
        std::int64_t credit;
    };
    std::vector<Share> shares_;
    std::int64_t total_ = 0;
};

}  // namespace fairlead::l7
