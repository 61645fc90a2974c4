#include "proxy/base/crc32c.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

TEST_CASE("CRC-32C is that of RFC 3720", "[base][crc32c]") {
    const auto crc_of = [](std::string_view bytes) {
        std::uint32_t crc = kCrc32cBegin;
        for (const char c : bytes) crc = crc32c_step(crc, static_cast<std::uint8_t>(c));
        return crc32c_end(crc);
    };
    CHECK(crc_of("123456789") == 0xE3069283U);
    CHECK(crc_of(std::string(32, '\0')) == 0x8A9136AAU);
    CHECK(crc_of(std::string(32, '\xFF')) == 0x62A8AB43U);
}

}  // namespace
}  // namespace fairlead
