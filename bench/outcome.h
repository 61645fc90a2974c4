/// How one request ended, as the client that sent it saw it. The words are those of the final
/// table, of `--json` and of `--fail-if`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead::bench {

enum class Outcome : std::uint8_t {
    Ok,              ///< a status below 400 and a whole body; for tcp:// every byte came back
    ConnectRefused,  ///< no connection: refused, unreachable, or none left on this machine
    ConnectTimeout,  ///< no connection within --timeout
    Tls,             ///< the handshake failed
    Reset,           ///< the connection was reset before the response was complete
    ClosedMidBody,   ///< the connection was closed before the response was complete
    BadFraming,      ///< not HTTP, or bytes behind the response; for tcp:// other bytes than sent
    Timeout,         ///< no complete response within --timeout
    Status4xx,
    Status5xx,
};

inline constexpr std::size_t kOutcomes = 10;

/// "ok", "connect_refused", "closed_mid_body", ...
std::string_view outcome_word(Outcome outcome);

/// Of a whole response.
Outcome outcome_of(int status);

/// Counts by outcome.
struct OutcomeCounts {
    std::array<std::uint64_t, kOutcomes> by_outcome{};

    std::uint64_t& operator[](Outcome outcome) {
        return by_outcome[static_cast<std::size_t>(outcome)];
    }
    std::uint64_t operator[](Outcome outcome) const {
        return by_outcome[static_cast<std::size_t>(outcome)];
    }
    std::uint64_t total() const;
    std::uint64_t ok() const { return (*this)[Outcome::Ok]; }
    std::uint64_t errors() const { return total() - ok(); }
    void add(const OutcomeCounts& other);
};

}  // namespace fairlead::bench
