// ClientHellos out of arbitrary bytes. However they are cut, the reader must say the same; a name
// it finds must be one and must be in the bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/text.h"
#include "proxy/net/client_hello.h"

namespace fairlead::net {
namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

struct Outcome {
    ClientHelloStatus status = ClientHelloStatus::NeedMore;
    std::string name;
    std::string_view reason;
};

Outcome read(std::string_view bytes, std::size_t step) {
    ClientHelloReader reader;
    for (std::size_t size = std::min(step, bytes.size());;
         size = std::min(size + step, bytes.size())) {
        // A copy of its own, so that a look beyond it is seen.
        const std::string_view part = bytes.substr(0, size);
        const std::vector<char> all(part.begin(), part.end());
        const ClientHelloResult result = reader.read({all.data(), all.size()});
        require((result.status == ClientHelloStatus::Found) == !result.name.empty());
        require((result.status == ClientHelloStatus::NotTls) == !result.reason.empty());
        require(result.status != ClientHelloStatus::NeedMore || size < kClientHelloBytesMax);
        if (result.status != ClientHelloStatus::NeedMore || size == bytes.size()) {
            return {result.status, std::string(result.name), result.reason};
        }
    }
}

/// `message` in records of at most `bytes` each, with what may follow them.
std::string in_records(std::string_view message, std::size_t bytes) {
    std::string records;
    while (!message.empty()) {
        const std::string_view part = message.substr(0, bytes);
        records += {'\x16', '\x03', '\x01', static_cast<char>(part.size() >> 8U),
                    static_cast<char>(part.size())};
        records += part;
        message.remove_prefix(part.size());
    }
    return records;
}

void check(std::string_view bytes, std::size_t step) {
    const Outcome whole = read(bytes, bytes.size());
    const Outcome pieces = read(bytes, step);
    require(whole.status == pieces.status);
    require(whole.name == pieces.name);
    require(whole.reason == pieces.reason);
    if (whole.status != ClientHelloStatus::Found) return;
    require(is_host_name(whole.name));
    require(whole.name == to_lower(whole.name) && !whole.name.ends_with('.'));
}

}  // namespace
}  // namespace fairlead::net

/// The first byte says how many bytes there are in a read; the second how many there are in a
/// record into which the rest is put, 0: the rest is records already.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead::net;
    if (size < 3) return 0;
    std::string bytes(data + 2, data + size);
    // A read looks at a copy of all there is: small steps through much take long, and show nothing
    // that steps in proportion do not.
    const std::size_t step = std::max<std::size_t>({data[0], bytes.size() / 256, 1});
    if (data[1] == 0) {
        check(bytes, step);
        return 0;
    }
    const std::string records = in_records(bytes, data[1]);
    check(records, step);
    // Where the records end is nothing the answer may depend on, unless they make it too long.
    if (records.size() > kClientHelloBytesMax) return 0;
    const Outcome cut = read(records, records.size());
    const Outcome whole = read(in_records(bytes, 16384), records.size());
    require(cut.status == whole.status && cut.name == whole.name && cut.reason == whole.reason);
    return 0;
}
