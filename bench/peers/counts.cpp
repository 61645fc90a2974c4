#include "bench/peers/counts.h"

#include <algorithm>
#include <string>

#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

/// The number that follows `words`, commas in it left out.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view words) {
    const std::size_t at = text.rfind(words);
    if (at == std::string_view::npos) return std::nullopt;
    std::string digits;
    for (const char c : trim(text.substr(at + words.size()))) {
        if (c == ',') continue;
        if (c < '0' || c > '9') break;
        digits += c;
    }
    return parse_number(digits);
}

}  // namespace

std::optional<std::uint64_t> instructions_in(std::string_view callgrind_log) {
    return number_after(callgrind_log, "Collected :");
}

std::optional<std::uint64_t> allocations_in(std::string_view memcheck_log) {
    return number_after(memcheck_log, "total heap usage:");
}

std::optional<std::uint64_t> system_calls_in(std::string_view strace_summary) {
    // "% time  seconds  usecs/call  calls  errors  syscall", errors left empty when there are none.
    constexpr std::size_t kCalls = 3;
    std::uint64_t sum = 0;
    bool is_complete = false;
    for (const std::string_view line : split_list(strace_summary, '\n')) {
        const std::vector<std::string_view> words = split_list(line, ' ');
        if (words.size() <= kCalls + 1) continue;
        const auto calls = parse_number(words[kCalls]);
        if (!calls) continue;
        if (words.back() == "total") {
            is_complete = true;
        } else if (!words.back().starts_with("epoll_wait") &&
                   !words.back().starts_with("epoll_pwait")) {
            sum += *calls;
        }
    }
    if (!is_complete) return std::nullopt;
    return sum;
}

}  // namespace fairlead::bench::peers
