#include "balancing/sticky_table.h"

#include <algorithm>
#include <utility>

namespace fairlead::balancing {

StickyTable::StickyTable(std::vector<Row> rows) : rows_(std::move(rows)) {
    std::sort(rows_.begin(), rows_.end(),
              [](const Row& a, const Row& b) { return a.token < b.token; });
}

Backend* StickyTable::find(std::string_view token) const {
    const auto found = std::lower_bound(
        rows_.begin(), rows_.end(), token,
        [](const Row& row, std::string_view wanted) { return row.token < wanted; });
    return found != rows_.end() && found->token == token ? found->backend : nullptr;
}

std::string_view StickyTable::token(const Backend& backend) const {
    const auto found = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const Row& row) { return row.backend == &backend; });
    return found == rows_.end() ? std::string_view() : found->token;
}

}  // namespace fairlead::balancing
