/// Asks DNS servers where a service is, with what c-ares knows of this machine (/etc/resolv.conf,
/// search domains) or with servers of one's own. Not /etc/hosts: its names need no asking again.
/// Blocks up to a deadline, so it runs on a thread of the background pool. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"

namespace fairlead::net {

struct DnsQuestion {
    std::string name;               ///< a host, or a service as "_http._tcp.app.internal"
    std::uint16_t port = 0;         ///< of the host; 0: asks for the service's SRV records
    std::vector<HostPort> servers;  ///< IP addresses, asked in this order; empty: the machine's

    bool is_service() const { return port == 0; }
    bool operator==(const DnsQuestion&) const = default;
};

/// One place where it is.
struct DnsPlace {
    SocketAddress address;
    std::uint16_t priority = 0;  ///< of SRV; the lowest first
    std::uint16_t weight = 1;    ///< of SRV; at least 1

    bool operator==(const DnsPlace&) const = default;
};

/// What became of one part of a question.
struct DnsPart {
    enum class Outcome : std::uint8_t {
        Found,   ///< at least one place
        Empty,   ///< the servers say that there is none
        Failed,  ///< nobody has said anything that could be believed
    };
    Outcome outcome = Outcome::Failed;
    std::vector<DnsPlace> places;  ///< of Found
    std::uint32_t ttl_s = 0;       ///< of Found
    std::string error;             ///< of the others, as "no such name"
};

/// Of a host its IPv4 and its IPv6 addresses, in this order, because one may be known when asking
/// for the other has failed. Of a service one part: all of it, or nothing is believed.
struct DnsAnswer {
    std::vector<DnsPart> parts;
};

/// Targets of one service that are looked up; of more, those of the lowest priorities.
inline constexpr std::size_t kDnsTargetsMax = 256;

/// Asks all at the same time.
/// @param patience  all answers are there by then; what is missing has failed
/// @return one answer for each question
std::vector<DnsAnswer> look_up(std::span<const DnsQuestion> questions, Duration patience);

}  // namespace fairlead::net
