/// What is measured: one row for each scenario. Another one on the same lines is a row here; one of
/// a new kind is a row and a function.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/load_run.h"
#include "bench/peers/peer.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::bench::peers {

struct FigureTable;
class Session;

/// What the clients ask for.
struct Work {
    std::string_view method = "GET";
    std::string_view path = "/?size=64";
    bool has_browser_head = false;     ///< some 700 bytes of fields, as a browser sends
    std::uint64_t body_bytes = 0;      ///< of the request
    std::uint64_t response_bytes = 0;  ///< of the body, checked before anything is measured
    unsigned connections = 64;
    std::uint64_t requests_per_connection = 0;  ///< 0: as many as the peer takes
    Bulk bulk = Bulk::None;
    Layer layer = Layer::Requests;
    bool is_tls = false;           ///< clients come with TLS
    bool is_h2 = false;            ///< and HTTP/2
    unsigned streams = 1;          ///< with is_h2: requests at a time on a connection
    bool has_h2_backends = false;  ///< backends are spoken to in HTTP/2, in clear
    bool resumes = false;          ///< new connections go on with the session of one before
};

struct Scenario {
    std::string_view name;
    std::string_view about;  ///< for people, after the name
    Work work;
    /// Fills in tables that are handed to the session as soon as they mean something.
    Result<void> (*measure)(Session& session, const Scenario& scenario);
    /// How long it takes, for the estimate.
    Duration (*estimate)(const Scenario& scenario, unsigned peers, unsigned rounds,
                         Duration duration);
};

std::span<const Scenario> scenarios();

/// Its fields, besides Host.
std::vector<std::string> request_fields(const Work& work);
/// What the load engine is told to do.
LoadSettings load_settings(const Work& work, const SocketAddress& address);

// ---- the rows' functions, each in its own file
Result<void> measure_load(Session& session, const Scenario& scenario);
Result<void> measure_rate(Session& session, const Scenario& scenario);
Result<void> measure_idle(Session& session, const Scenario& scenario);
Result<void> measure_instructions(Session& session, const Scenario& scenario);

}  // namespace fairlead::bench::peers
