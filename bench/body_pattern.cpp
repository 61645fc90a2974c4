#include "bench/body_pattern.h"

#include <cassert>
#include <cstddef>
#include <string>

#include "proxy/base/random.h"

namespace fairlead::bench {

namespace {

std::string make_pattern() {
    constexpr std::uint64_t kSeed = 0x6661'6972;  // fixed: both ends of a test make the same bytes
    Random random(kSeed);
    std::string pattern(kPatternPeriod + kPatternRunBytes, ' ');
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        pattern[i] = i < kPatternPeriod ? static_cast<char>('a' + random.below(26))
                                        : pattern[i - kPatternPeriod];
    }
    return pattern;
}

}  // namespace

std::string_view body_pattern(std::uint64_t offset, std::uint64_t bytes) {
    assert(bytes <= kPatternRunBytes);
    static const std::string pattern = make_pattern();
    return std::string_view(pattern).substr(offset % kPatternPeriod, bytes);
}

}  // namespace fairlead::bench
