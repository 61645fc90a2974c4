#include "bench/execution_series.h"

#include <algorithm>

namespace fairlead::bench {

namespace {

constexpr std::size_t kDigitsMax = 13;  // 2^40 has 13

bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<bool, 256> kSafe = [] {
    std::array<bool, 256> safe{};
    for (unsigned char c = '0'; c <= '9'; ++c) safe[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) safe[c] = true;
    for (unsigned char c = 'A'; c <= 'Z'; ++c) safe[c] = true;
    for (const unsigned char c : {'-', '_', '.'}) safe[c] = true;
    return safe;
}();

bool is_safe(char c) { return kSafe[static_cast<unsigned char>(c)]; }

}  // namespace

std::optional<NumberedId> NumberedId::parse(std::string_view id) {
    std::size_t start = id.size();
    while (start > 0 && is_digit(id[start - 1])) --start;
    const std::string_view digits = id.substr(start);
    if (digits.empty() || digits.size() > kDigitsMax) return std::nullopt;
    if (digits[0] == '0' && digits.size() > 1) return std::nullopt;
    if (start < 2 || start - 1 > kSeriesBytesMax || id[start - 1] != '-') return std::nullopt;
    NumberedId parsed{id.substr(0, start - 1), 0};
    if (!std::all_of(parsed.series.begin(), parsed.series.end(), is_safe)) return std::nullopt;
    for (const char c : digits) {
        parsed.number = parsed.number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (parsed.number >= kNumberEnd) return std::nullopt;
    return parsed;
}

std::uint8_t ExecutionSeries::record(std::uint64_t number, std::size_t& pages_left) {
    const std::uint64_t index = number / kPageIds;
    if (last_page_ == nullptr || index != last_index_) {
        auto found = pages_.find(index);
        if (found == pages_.end()) {
            if (pages_left == 0) return 0;
            --pages_left;
            found = pages_.emplace(index, std::make_unique<Page>()).first;
        }
        last_page_ = found->second.get();
        last_index_ = index;
    }
    std::uint8_t& times = (*last_page_)[number % kPageIds];
    if (times < kTimesMax) ++times;
    ++requests_;
    if (times == 1) ++unique_ids_;
    if (times == 2) {
        ++duplicate_count_;
        if (duplicates_.size() < kListedMax) duplicates_.push_back(number);
    }
    return times;
}

std::uint8_t ExecutionSeries::times(std::uint64_t number) const {
    const auto found = pages_.find(number / kPageIds);
    return found == pages_.end() ? std::uint8_t{0} : (*found->second)[number % kPageIds];
}

}  // namespace fairlead::bench
