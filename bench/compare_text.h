/// The words and figures of a comparison.
#pragma once

#include <string>

#include "bench/compare.h"

namespace fairlead::bench {

/// "+9.8%"; of shares "+0.12 points"; "-" when not known.
std::string change_text(const Difference& difference);
/// "+8.1% to +11.5%"; "-" when there is none.
std::string interval_text(const Difference& difference);
/// "no difference", "slower", "faster", "more", "fewer", "not judged".
std::string verdict_text(const Difference& difference);

}  // namespace fairlead::bench
