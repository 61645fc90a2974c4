#include "bench/execution_log.h"

#include <fmt/format.h>

#include <iterator>

#include "proxy/base/random.h"
#include "proxy/base/text.h"

namespace fairlead::bench {

ExecutionLog::ExecutionLog(std::size_t pages_max)
    : name_(fmt::format("{:016x}", Random::from_entropy().next())), pages_left_(pages_max) {}

void ExecutionLog::record(std::string_view id) {
    ++requests_;
    if (id.empty()) return;
    const std::uint32_t times = count(id);
    if (times == 0) ++untracked_;
    if (times == 1) ++unique_ids_;
    if (times == 2) {
        ++duplicate_count_;
        if (duplicates_.size() < kListedMax) duplicates_.emplace_back(id);
    }
}

/// @return how often it was executed by now; 0 when there is no room to remember it
std::uint32_t ExecutionLog::count(std::string_view id) {
    if (const auto numbered = NumberedId::parse(id)) {
        if (const std::uint32_t times = count_numbered(*numbered); times != 0) return times;
        // No page, and there will never be one: pages stay, so none becomes free. It is safe to
        // keep this id elsewhere, it will be looked for there the next time too.
    }
    return count_other(id);
}

std::uint32_t ExecutionLog::count_numbered(const NumberedId& id) {
    if (last_series_ == nullptr || last_series_->first != id.series) {
        auto found = series_.find(id.series);
        if (found == series_.end()) {
            if (pages_left_ == 0) return 0;
            found = series_.try_emplace(std::string(id.series)).first;
        }
        last_series_ = &*found;
    }
    return last_series_->second.record(id.number, pages_left_);
}

std::uint32_t ExecutionLog::count_other(std::string_view id) {
    if (const auto known = times_.find(id); known != times_.end()) return ++known->second;
    if (times_.size() == kIdsMax) return 0;
    times_.emplace(id, 1);
    return 1;
}

std::uint32_t ExecutionLog::times(std::string_view id) const {
    if (const auto numbered = NumberedId::parse(id)) {
        const auto series = series_.find(numbered->series);
        if (series != series_.end()) {
            if (const std::uint32_t times = series->second.times(numbered->number)) return times;
        }
    }
    const auto known = times_.find(id);
    return known == times_.end() ? 0 : known->second;
}

std::string ExecutionLog::json_members() const {
    std::string out =
        fmt::format("\"requests\":{},\"unique_ids\":{},\"duplicate_count\":{},\"duplicates\":[",
                    requests_, unique_ids_, duplicate_count_);
    const char* separator = "";
    for (const std::string& id : duplicates_) {
        out += separator;
        out += "{\"id\":\"";
        append_json_escaped(out, id);
        fmt::format_to(std::back_inserter(out), "\",\"times\":{}}}", times(id));
        separator = ",";
    }
    fmt::format_to(std::back_inserter(out), "],\"untracked\":{}", untracked_);
    return out;
}

std::string ExecutionLog::json_series(std::string_view name) const {
    const ExecutionSeries unseen;
    const auto found = series_.find(name);
    const ExecutionSeries& series = found == series_.end() ? unseen : found->second;
    std::string out = "\"series\":{\"id\":\"";
    append_json_escaped(out, name);
    fmt::format_to(std::back_inserter(out),
                   "\",\"requests\":{},\"unique_ids\":{},\"duplicate_count\":{},\"duplicates\":[",
                   series.requests(), series.unique_ids(), series.duplicate_count());
    const char* separator = "";
    for (const std::uint64_t number : series.duplicates()) {
        // A listed number was seen in an id of this series, so the name needs no escaping here.
        fmt::format_to(std::back_inserter(out), "{}\"{}-{}\"", separator, name, number);
        separator = ",";
    }
    fmt::format_to(std::back_inserter(out), "],\"is_complete\":{}}}", pages_left_ > 0);
    return out;
}

}  // namespace fairlead::bench
