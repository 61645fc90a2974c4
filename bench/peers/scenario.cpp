#include "bench/peers/scenario.h"

#include <array>

#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

/// Starting, checking, warming up and stopping, for each peer.
constexpr Duration kSetUp = std::chrono::milliseconds(1200);

Duration load_estimate(const Scenario& /*scenario*/, unsigned peers, unsigned rounds,
                       Duration duration) {
    return peers * (kSetUp + rounds * duration);
}

Duration rate_estimate(const Scenario& /*scenario*/, unsigned peers, unsigned rounds,
                       Duration duration) {
    return peers * (kSetUp + (1 + 2 * rounds) * duration);
}

Duration idle_estimate(const Scenario& /*scenario*/, unsigned peers, unsigned /*rounds*/,
                       Duration /*duration*/) {
    return peers * std::chrono::seconds(10);
}

Duration instructions_estimate(const Scenario& /*scenario*/, unsigned peers, unsigned /*rounds*/,
                               Duration /*duration*/) {
    return peers * std::chrono::seconds(22);
}

Work small() { return {.response_bytes = 64}; }
Work browser() { return {.has_browser_head = true, .response_bytes = 64}; }
Work large(Bulk bulk) { return {.path = "/?size=1m", .response_bytes = kMiB, .bulk = bulk}; }
Work upload() {
    return {.method = "POST",
            .path = "/?size=64",
            .body_bytes = 10 * kMiB,
            .response_bytes = 64,
            .connections = 16,
            .bulk = Bulk::Requests};
}
Work connect() { return {.response_bytes = 64, .requests_per_connection = 1}; }
/// The same work for a balancer that does not look into it.
Work tcp(Work work) {
    work.layer = Layer::Connections;
    return work;
}
/// The same from clients with TLS.
Work tls(Work work, bool resumes = false) {
    work.is_tls = true;
    work.resumes = resumes;
    return work;
}
/// HTTP/2 over TLS.
Work h2() {
    return {.response_bytes = 64, .connections = 10, .is_tls = true, .is_h2 = true, .streams = 32};
}
Work h2_backends() { return {.response_bytes = 64, .has_h2_backends = true}; }
/// As few connections as give every balancer more than one event at a time: under valgrind each
/// costs.
Work counted() { return {.response_bytes = 64, .connections = 32}; }

const std::array<Scenario, 19>& rows() {
    static const std::array<Scenario, 19> table{{
        {"small", "GET of 64 bytes, 64 kept connections, closed loop", small(), &measure_load,
         &load_estimate},
        {"browser", "the same with a browser's request of 700 bytes", browser(), &measure_load,
         &load_estimate},
        {"large", "GET of 1 MiB, 64 kept connections, closed loop", large(Bulk::None),
         &measure_load, &load_estimate},
        {"large-tuned", "the same with buffers of HAProxy and NGINX set for it",
         large(Bulk::Responses), &measure_load, &load_estimate},
        {"upload", "POST of 10 MiB, 16 kept connections, closed loop", upload(), &measure_load,
         &load_estimate},
        {"connect", "GET of 64 bytes, a new connection for each, 64 at a time", connect(),
         &measure_load, &load_estimate},
        {"tcp", "layer 4: GET of 64 bytes, 64 kept connections, closed loop", tcp(small()),
         &measure_load, &load_estimate},
        {"tcp-large", "layer 4: GET of 1 MiB, 64 kept connections, closed loop",
         tcp(large(Bulk::None)), &measure_load, &load_estimate},
        {"tcp-splice", "the same, spliced by HAProxy", tcp(large(Bulk::Responses)), &measure_load,
         &load_estimate},
        {"tcp-connect", "layer 4: GET of 64 bytes, a new connection for each, 64 at a time",
         tcp(connect()), &measure_load, &load_estimate},
        {"tls", "TLS 1.3: GET of 64 bytes, 64 kept connections, closed loop", tls(small()),
         &measure_load, &load_estimate},
        {"tls-connect", "TLS 1.3: GET of 64 bytes, a whole handshake for each, 64 at a time",
         tls(connect()), &measure_load, &load_estimate},
        {"tls-resume", "the same, with sessions that go on", tls(connect(), true), &measure_load,
         &load_estimate},
        {"tls-large", "TLS 1.3: GET of 1 MiB, 64 kept connections, closed loop",
         tls(large(Bulk::None)), &measure_load, &load_estimate},
        {"h2", "HTTP/2 over TLS: GET of 64 bytes, 10 connections of 32 streams, closed loop", h2(),
         &measure_load, &load_estimate},
        {"h2-backend", "HTTP/2 to the backends: GET of 64 bytes, 64 kept connections, closed loop",
         h2_backends(), &measure_load, &load_estimate},
        {"rate", "GET of 64 bytes, 64 kept connections, open loop", small(), &measure_rate,
         &rate_estimate},
        {"idle", "memory of clients that made one request and wait", small(), &measure_idle,
         &idle_estimate},
        {"instructions", "GET of 64 bytes, 32 kept connections, counted", counted(),
         &measure_instructions, &instructions_estimate},
    }};
    return table;
}

}  // namespace

std::span<const Scenario> scenarios() { return rows(); }

std::vector<std::string> request_fields(const Work& work) {
    if (!work.has_browser_head) return {};
    // NOLINTBEGIN(bugprone-suspicious-missing-comma): some fields take two lines
    return {
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/124.0.0.0 Safari/537.36",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
        "image/apng,*/*;q=0.8",
        "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Referer: https://shop.example/catalogue/boats?page=3&sort=price",
        "Cookie: session=6f1d0c5a9b3e47d28c1f; theme=dark; consent=analytics%3Dno%26ads%3Dno; "
        "cart=3c91b7",
        "Cache-Control: max-age=0",
        "Sec-Fetch-Dest: document",
        "Sec-Fetch-Mode: navigate",
        "Sec-Fetch-Site: same-origin",
        "Upgrade-Insecure-Requests: 1",
    };
    // NOLINTEND(bugprone-suspicious-missing-comma)
}

LoadSettings load_settings(const Work& work, const SocketAddress& address) {
    RequestShape shape;
    shape.method = work.method;
    shape.path = work.path;
    shape.fields = request_fields(work);
    shape.body_bytes = work.body_bytes;
    Target target;
    target.url = (work.is_tls ? "https://" : "http://") + address.text() + std::string(work.path);
    target.address = address;
    target.host = address.text();
    target.is_tls = work.is_tls;
    if (work.is_h2) target.protocol = Protocol::Http2;
    target.requests.push_back(std::move(shape));
    LoadSettings settings;
    settings.targets.push_back(std::move(target));
    settings.is_closed = true;
    settings.connections = work.connections;
    settings.streams = work.streams;
    settings.warmup = Duration::zero();
    settings.requests_per_connection = work.requests_per_connection;
    settings.resumes_tls = work.resumes;
    settings.sends_ids = false;  // a balancer under measurement has no use for them
    return settings;
}

}  // namespace fairlead::bench::peers
