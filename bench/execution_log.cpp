#include "bench/execution_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "proxy/base/text.h"

namespace fairlead::bench {

void ExecutionLog::record(std::string_view id) {
    ++requests_;
    if (id.empty()) return;
    std::string key(id);
    const auto known = times_.find(key);
    if (known != times_.end()) {
        if (++known->second == 2) duplicates_.push_back(std::move(key));
        return;
    }
    if (times_.size() == kIdsMax) {
        ++untracked_;
        return;
    }
    times_.emplace(std::move(key), 1);
}

std::uint32_t ExecutionLog::times(std::string_view id) const {
    const auto known = times_.find(std::string(id));
    return known == times_.end() ? 0 : known->second;
}

std::string ExecutionLog::json_members() const {
    std::string out =
        fmt::format("\"requests\":{},\"unique_ids\":{},\"duplicate_count\":{},\"duplicates\":[",
                    requests_, unique_ids(), duplicate_count());
    const std::size_t listed = std::min(duplicates_.size(), kListedMax);
    for (std::size_t i = 0; i < listed; ++i) {
        out += i == 0 ? "{\"id\":\"" : ",{\"id\":\"";
        append_json_escaped(out, duplicates_[i]);
        fmt::format_to(std::back_inserter(out), "\",\"times\":{}}}", times(duplicates_[i]));
    }
    fmt::format_to(std::back_inserter(out), "],\"untracked\":{}", untracked_);
    return out;
}

}  // namespace fairlead::bench
