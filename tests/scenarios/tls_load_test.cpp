// The load generator over TLS, against the balancer.
#include <atomic>

#include "bench/load_run.h"
#include "tests/scenarios/support/certificates.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Closed loop, a new connection for each request.
bench::LoadSettings https_load(std::uint16_t port) {
    bench::Target target;
    target.address = {*IpAddress::parse("127.0.0.1"), port, {}};
    target.host = target.server_name = "site.example";
    target.is_tls = true;
    target.requests = {{}};
    bench::LoadSettings settings;
    settings.targets = {target};
    settings.is_closed = true;
    settings.connections = 2;
    settings.duration = std::chrono::milliseconds{300};
    settings.warmup = Duration::zero();
    settings.requests_per_connection = 1;
    return settings;
}

bench::RunReport run(const bench::LoadSettings& settings) {
    static const std::atomic<bool> kNeverStops{false};
    auto report = bench::run_load(settings, kNeverStops);
    REQUIRE(report);
    return std::move(*report);
}

double handshakes(const Balancer& balancer, const std::string& resumed) {
    return balancer.metric(
        "fairlead_tls_handshakes_total{listener=\"web\",version=\"TLSv1.3\","
        "resumed=\"" +
        resumed + "\"}");
}

}  // namespace

TEST_CASE("load over TLS makes a whole handshake each, or goes on with a session",
          "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = listener_tls(certificates.path("site.pem"))}};
    bench::LoadSettings settings = https_load(balancer.port());
    const bench::RunReport whole = run(settings);
    CHECK(whole.outcomes.ok() > 0);
    CHECK(whole.outcomes.errors() == 0);
    CHECK(handshakes(balancer, "no") >= static_cast<double>(whole.outcomes.ok()));
    CHECK(handshakes(balancer, "yes") == 0);
    REQUIRE(whole.tls);
    // Each connection may have had its first handshake before the measurement began.
    CHECK(whole.tls->whole + settings.connections >= whole.outcomes.ok());
    CHECK(whole.tls->resumed == 0);
    CHECK(whole.tls->agreed ==
          std::vector<bench::TlsAgreement>{{"TLSv1.3", "TLS_AES_128_GCM_SHA256"}});
    settings.resumes_tls = true;
    const bench::RunReport resumed = run(settings);
    CHECK(resumed.outcomes.errors() == 0);
    CHECK(handshakes(balancer, "yes") > 0);
    REQUIRE(resumed.tls);
    CHECK(resumed.tls->resumed > 0);
    CHECK(balancer.wait_for_access_log(1).front().at("/proto") == "HTTP/1.1");
}

TEST_CASE("load over HTTP/2 asks for it by ALPN", "[scenarios][tls][h2]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = listener_tls(certificates.path("site.pem"))}};
    bench::LoadSettings settings = https_load(balancer.port());
    settings.targets.front().protocol = bench::Protocol::Http2;
    settings.requests_per_connection = 0;
    settings.streams = 4;
    const bench::RunReport report = run(settings);
    CHECK(report.outcomes.ok() > 0);
    CHECK(report.outcomes.errors() == 0);
    // On a slow machine one may be enough for what there is to send.
    CHECK(report.connections_opened >= 1);
    CHECK(report.connections_opened <= 2);
    CHECK(report.protocols == std::vector<std::string>{"HTTP/2"});
    CHECK(balancer.wait_for_access_log(1).front().at("/proto") == "HTTP/2.0");
}

TEST_CASE("load over HTTP/2 in clear begins with it at once", "[scenarios][h2]") {
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "http = [\"h2\", \"http/1.1\"]\n"}};
    bench::LoadSettings settings = https_load(balancer.port());
    settings.targets.front().protocol = bench::Protocol::Http2;
    settings.targets.front().is_tls = false;
    settings.sends_ids = false;  // asking for their executions would be HTTP/1.1
    settings.requests_per_connection = 0;
    const bench::RunReport report = run(settings);
    CHECK(report.outcomes.ok() > 0);
    CHECK(report.outcomes.errors() == 0);
    CHECK_FALSE(report.tls);
    CHECK(balancer.wait_for_access_log(1).front().at("/proto") == "HTTP/2.0");
}

TEST_CASE("where ALPN finds no HTTP/2 the load says so", "[scenarios][tls][h2]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = listener_tls(certificates.path("site.pem")) + "http = [\"http/1.1\"]\n"}};
    bench::LoadSettings settings = https_load(balancer.port());
    settings.targets.front().protocol = bench::Protocol::Http2;
    const bench::RunReport report = run(settings);
    CHECK(report.outcomes.ok() == 0);
    CHECK(report.outcomes[bench::Outcome::Tls] > 0);
}

TEST_CASE("where no TLS is spoken the load says so", "[scenarios][tls]") {
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()}}};
    const bench::RunReport report = run(https_load(balancer.port()));
    CHECK(report.outcomes.ok() == 0);
    CHECK(report.outcomes[bench::Outcome::Tls] > 0);
}

}  // namespace fairlead::scenarios
