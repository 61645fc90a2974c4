/// The values of a pool's sticky cookie: which one leads to which backend. Immutable, so any thread
/// reads; made with the pool, whose backends outlive it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "balancing/backend.h"

namespace fairlead::balancing {

class StickyTable {
  public:
    struct Row {
        std::string token;
        Backend* backend;
    };
    /// @param rows  one for each backend; tokens are not empty, and unique
    explicit StickyTable(std::vector<Row> rows);

    /// @return null for a token that is nobody's. Does not allocate; a handful of comparisons.
    Backend* find(std::string_view token) const;
    /// @return of a backend of this pool; empty of any other. As slow as there are backends: asked
    ///         for once for each client.
    std::string_view token(const Backend& backend) const;

  private:
    std::vector<Row> rows_;  ///< by token
};

}  // namespace fairlead::balancing
