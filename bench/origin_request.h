/// What a request asks of the test origin: its path and the parameters in its query.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/http/message.h"

namespace fairlead::bench {

struct OriginRequest {
    enum class Kind : std::uint8_t {
        Work,       ///< any path but those below: counted, answered as the parameters say
        Health,     ///< GET /healthz
        SetHealth,  ///< POST /healthz?ok=0
        Stats,      ///< GET /stats
    };
    /// No answer is larger than this.
    static constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 40;
    static constexpr Duration kDelayMax = std::chrono::hours(1);

    Kind kind = Kind::Work;
    std::optional<std::uint64_t> size;  ///< bytes of generated body; absent: one short line
    Duration delay{};                   ///< before the answer's first byte; at least so long
    int status = 200;                   ///< 200 to 599
    double fail = 0;                    ///< share answered with `fail_status` instead, 0 to 1
    int fail_status = 500;  ///< the `status` parameter when both are given: `status=503&fail=1%`
    double reset = 0;       ///< share whose connection is reset instead of answered, 0 to 1
    bool is_chunked = false;
    bool is_closing = false;  ///< the connection is closed after the answer
    bool is_healthy = true;   ///< SetHealth: the new state
    std::string_view series;  ///< Stats: whose numbers are asked for too; lies in the target
};

/// Reads `size=20k delay=5ms status=503 fail=1% chunked=1 close=1 reset=1%`, `ok=0` and
/// `series=ID`. A percent sign may be written as it is or as %25. `k m g` are powers of 1024.
/// Parameters of other names are ignored, so that a request can carry what a hash policy looks at.
/// @param target  in origin-form or absolute-form, as received; outlives the result
/// @return an error with the cure for a value that cannot be read, which is answered with 400
Result<OriginRequest> parse_origin_request(http::Method method, std::string_view target);

}  // namespace fairlead::bench
