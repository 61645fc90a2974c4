// PROXY headers out of arbitrary bytes. However they are cut into reads, the reader must say the
// same; what it takes it must take again in our own writing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/proxy_protocol.h"

namespace fairlead::net {
namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

struct Outcome {
    ProxyHeaderResult result;  ///< consumed: over all reads
    ProxyHeader header;
};

Outcome feed(std::string_view bytes, std::size_t step) {
    ProxyHeaderReader reader;
    Outcome all;
    while (!bytes.empty() && all.result.status == ProxyHeaderStatus::NeedMore) {
        // A copy of its own, so that a look beyond it is seen.
        const std::string_view part = bytes.substr(0, step);
        const std::vector<char> read(part.begin(), part.end());
        const ProxyHeaderResult result = reader.feed(read);
        require(result.consumed <= read.size());
        require(result.status != ProxyHeaderStatus::NeedMore || result.consumed == read.size());
        require((result.status == ProxyHeaderStatus::Refused) == !result.reason.empty());
        all.result.status = result.status;
        all.result.reason = result.reason;
        all.result.consumed += result.consumed;
        bytes.remove_prefix(result.consumed);
    }
    if (all.result.status == ProxyHeaderStatus::Complete) all.header = reader.header();
    return all;
}

void require_same(const Outcome& a, const Outcome& b) {
    require(a.result.status == b.result.status);
    require(a.result.reason == b.result.reason);
    require(a.result.consumed == b.result.consumed);
    require(a.header.has_addresses == b.header.has_addresses);
    require(a.header.source == b.header.source);
    require(a.header.destination == b.header.destination);
}

void check_written(const ProxyHeader& header) {
    for (const ProxyVersion version : {ProxyVersion::V1, ProxyVersion::V2}) {
        const ProxyHeaderBytes written = proxy_header(version, header.source, header.destination);
        const Outcome again = feed(written.bytes(), written.bytes().size());
        require(again.result.status == ProxyHeaderStatus::Complete);
        require(again.result.consumed == written.bytes().size());
        if (!again.header.has_addresses) continue;
        require(again.header.source == header.source);
        require(again.header.destination == header.destination);
    }
}

}  // namespace
}  // namespace fairlead::net

/// The first byte says how many bytes there are in a read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead::net;
    if (size < 2) return 0;
    const std::string bytes(data + 1, data + size);
    const Outcome whole = feed(bytes, bytes.size());
    require_same(whole, feed(bytes, std::max<std::size_t>(data[0], 1)));
    require(whole.result.consumed <= kProxyHeaderBytesMax);
    require(whole.result.status != ProxyHeaderStatus::NeedMore ||
            bytes.size() < kProxyHeaderBytesMax);
    if (whole.header.has_addresses) check_written(whole.header);
    return 0;
}
