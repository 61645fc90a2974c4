#include "bench/body_hash.h"

#include <fmt/format.h>

namespace fairlead::bench {

std::string BodyHash::hex() const { return fmt::format("{:016x}", value_); }

}  // namespace fairlead::bench
