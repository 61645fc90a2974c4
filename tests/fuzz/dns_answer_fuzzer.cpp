// Any bytes as the answer of a DNS server: nothing may crash, and what is found is what could have
// been written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "proxy/net/dns_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead;
    for (const net::DnsType type : {net::DnsType::A, net::DnsType::Aaaa, net::DnsType::Srv}) {
        const auto records = net::read_dns_answer({data, size}, type);
        if (!records) continue;
        if (type == net::DnsType::Srv && !records->addresses.empty()) std::abort();
        if (type != net::DnsType::Srv && !records->services.empty()) std::abort();
        // Each takes ten bytes at least beside its own.
        if (records->addresses.size() * 14 > size) std::abort();
        for (const net::SrvRecord& each : records->services) {
            if (!is_host_name(each.target) || each.port == 0) std::abort();
        }
    }
    return 0;
}
