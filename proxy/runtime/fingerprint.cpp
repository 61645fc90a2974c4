#include "proxy/runtime/fingerprint.h"

#include "conf/file.h"
#include "proxy/base/hash.h"

namespace fairlead::runtime {

std::uint64_t fingerprint_of(const std::vector<std::string>& files) {
    std::uint64_t hash = 1;
    for (const std::string& file : files) {
        hash = hash_bytes(file, hash);
        const Result<std::string> bytes = conf::read_bytes(file, "");
        hash = bytes ? hash_bytes(*bytes, hash) : hash_mix(hash);
    }
    return hash == 0 ? 1 : hash;
}

}  // namespace fairlead::runtime
