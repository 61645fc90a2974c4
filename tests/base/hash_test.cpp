#include "proxy/base/hash.h"

#include <bit>
#include <set>
#include <string>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

TEST_CASE("a hash is the same number in every release", "[base][hash]") {
    // Changing one of these moves every key of a hash pool at an upgrade.
    CHECK(hash_mix(1) == 0x5692161d100b05e5);
    CHECK(hash_bytes("") == 0xe220a8397b1dcdaf);
    CHECK(hash_bytes("fairlead") == 0xb66e716b47f927a2);
    CHECK(hash_bytes("10.0.0.11:8000", 7) == 0xfdfebfc8ad25ca9c);
}

TEST_CASE("length, seed and every byte change the hash", "[base][hash]") {
    std::set<std::uint64_t> seen;
    std::string bytes;
    for (int length = 0; length < 40; ++length) {
        CHECK(seen.insert(hash_bytes(bytes)).second);
        CHECK(seen.insert(hash_bytes(bytes, 1)).second);
        bytes += '\0';
    }
    const std::uint64_t plain = hash_bytes(bytes);
    for (char& byte : bytes) {
        byte = 1;
        CHECK(hash_bytes(bytes) != plain);
        byte = 0;
    }
}

TEST_CASE("one flipped bit changes about half of the hash", "[base][hash]") {
    int changed = 0;
    constexpr int kTrials = 1000;
    for (int i = 0; i < kTrials; ++i) {
        const std::string key = "client-" + std::to_string(i);
        std::string flipped = key;
        flipped[static_cast<std::size_t>(i) % key.size()] ^= 1;
        changed += std::popcount(hash_bytes(key) ^ hash_bytes(flipped));
    }
    CHECK(changed > 31 * kTrials);
    CHECK(changed < 33 * kTrials);
}

}  // namespace
}  // namespace fairlead
