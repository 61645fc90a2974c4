/// Requests that proxies and backends have been known to disagree about, and what is to become of
/// each (RFC 9110, RFC 9112 sections 2 to 7). Every row is sent in front of another request, so
/// that a length taken for another one shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::scenarios::malformed_requests {

/// Refused for its head: the backend gets nothing.
struct Refused {
    std::string_view name;
    std::string bytes;
    int status = 400;
    std::string_view word = "client_bad_request";  ///< of X-Fairlead-Failure
};

/// Refused for its body: the backend may have got some of it, never all.
struct RefusedBody {
    std::string_view name;
    std::string good;  ///< head and a first part that is well
    std::string bad;
    int status = 400;
    std::string_view word = "client_bad_request";
};

/// Answered by a route without a backend.
struct Answered {
    std::string_view name;
    std::string bytes;
};

/// Passed on, but for our own fields (who asks, for what host, by which way) exactly so.
struct Taken {
    std::string_view name;
    std::string bytes;
    std::string forwarded;
};

inline constexpr std::size_t kUrlMax = 1024;
inline constexpr std::size_t kHeadersMax = 4096;
inline constexpr std::size_t kFieldsMax = 20;
inline constexpr std::size_t kBodyMax = 2048;

std::vector<Refused> bad_request_lines();
std::vector<Refused> bad_targets();
std::vector<Refused> bad_hosts();
std::vector<Refused> bad_fields();
std::vector<Refused> bad_framing();
std::vector<Refused> over_a_limit();
std::vector<RefusedBody> bad_bodies();
std::vector<Answered> ways_to_admin();
std::vector<Taken> taken_targets();
std::vector<Taken> taken_fields();
std::vector<Taken> taken_framing();

}  // namespace fairlead::scenarios::malformed_requests
