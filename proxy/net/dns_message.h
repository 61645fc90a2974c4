/// What a DNS server has answered (RFC 1035 section 4, RFC 3596, RFC 2782). Pure; any thread. The
/// bytes come from the network and are believed in nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"

namespace fairlead::net {

enum class DnsType : std::uint16_t { A = 1, Aaaa = 28, Srv = 33 };

/// Where one instance of a service is.
struct SrvRecord {
    std::uint16_t priority = 0;  ///< the lowest that works is to be used
    std::uint16_t weight = 0;    ///< share among those of one priority
    std::uint16_t port = 0;
    std::string target;  ///< without the dot at its end; never empty
};

struct DnsRecords {
    std::vector<IpAddress> addresses;  ///< of a question for DnsType::A or Aaaa
    std::vector<SrvRecord> services;   ///< of one for DnsType::Srv
    std::uint32_t ttl_s = 0;  ///< the shortest in the answer, of aliases too; 0 without any
};

/// Takes the records of the type asked for out of a whole answer, in its order and each once.
/// Aliases (CNAME) on the way are taken as followed. A service "." (there is none, RFC 2782) and
/// targets that are no host names are left out.
/// @return an error when it is cut off or malformed anywhere up to the end of its answer section
Result<DnsRecords> read_dns_answer(std::span<const std::uint8_t> message, DnsType wanted);

}  // namespace fairlead::net
