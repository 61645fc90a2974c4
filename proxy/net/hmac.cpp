#include "proxy/net/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

namespace fairlead::net {

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned int length = 0;
    const unsigned char* const made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                           reinterpret_cast<const unsigned char*>(message.data()),
                                           message.size(), sum.data(), &length);
    // Fails only without memory, or without SHA-256: then nothing here works.
    if (made == nullptr) std::abort();
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(std::size_t{2} * length);
    for (unsigned int i = 0; i < length; ++i) {
        hex += kDigits[sum[i] >> 4U];
        hex += kDigits[sum[i] & 15U];
    }
    return hex;
}

std::string fresh_secret() {
    std::array<unsigned char, kSecretBytes> bytes{};
    // Fails only when the system has no randomness at all: then nothing here is safe.
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace fairlead::net
