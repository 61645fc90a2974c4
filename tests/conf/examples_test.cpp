#include <string>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;

namespace {

LoadResult example(const std::string& name) {
    return load_file(std::string{FAIRLEAD_SOURCE_DIR} + "/examples/" + name, test::options());
}

void check_pool_defaults(const Pool& pool) {
    CHECK(pool.policy == "least_connections");
    CHECK(pool.hash.key == HashKey::ClientIp);
    CHECK(pool.hash.bound == 1.25);
    CHECK(pool.retry.attempts == 2);
    CHECK(pool.retry.on == RetryOn{true, true, true, false, false, false, false, true, false});
    CHECK(pool.retry.budget == 0.2);
    CHECK(pool.retry.per_try == kForever);
    CHECK_FALSE(pool.retry.non_idempotent);
    CHECK(pool.buffer.request_bytes == 65536);
    CHECK(pool.buffer.response_bytes == 262144);
    CHECK(pool.queue.size == 1000);
    CHECK(pool.queue.wait == 5s);
    CHECK(pool.max_in_flight == kUnlimited);
    CHECK(pool.slow_start.over == 10s);
    CHECK(pool.slow_start.from == 0.1);
    CHECK(pool.keepalive.learns);
    CHECK(pool.keepalive.per_backend == 256);
    CHECK(pool.keepalive.max_requests == 10000);
    CHECK(pool.keepalive.max_age == 1h);
    CHECK(pool.timeouts.connect == 2s);
    CHECK(pool.timeouts.response == 60s);
    CHECK(pool.timeouts.idle == 60s);
    CHECK(pool.timeouts.total == kForever);
    CHECK(pool.send_proxy == SendProxy::Off);
    CHECK(pool.host_header == HostHeader::Keep);
    CHECK(pool.when_all_down == WhenAllDown::Try);
}

void check_probe_defaults(const Check& check) {
    CHECK(check.expect == std::vector<StatusRange>{{200, 399}});
    CHECK(check.every == 2s);
    CHECK(check.timeout == 1s);
    CHECK(check.rise == 2);
    CHECK(check.fall == 3);
    CHECK(check.every_changing == 500ms);
    CHECK(check.every_down == 5s);
    CHECK(check.init == CheckInit::Probe);
    CHECK(check.port == 0);
}

void check_common_defaults(const Model& model) {
    CHECK(model.process.workers == 0);
    CHECK(model.process.max_connections == 0);
    CHECK(model.process.stop.delay == 0s);
    CHECK(model.process.stop.requests == 25s);
    CHECK(model.process.stop.tunnels == 25s);
    CHECK(model.log.level == LogLevel::Info);
    CHECK(model.log.access.enabled);
    CHECK(model.log.access.to == "stdout");
    CHECK(model.log.access.format == AccessFormat::Json);
    CHECK(model.log.access.sample == 1.0);
    CHECK(model.log.access.query == AccessQuery::Redact);

    CHECK(model.process.drain.requests == 30s);
    CHECK(model.process.drain.tunnels == 5min);
    CHECK_FALSE(model.process.watch);

    REQUIRE_FALSE(model.listeners.empty());
    const Listener& web = model.listeners[0];
    CHECK(web.name == "web");
    REQUIRE(web.bind.size() == 1);
    CHECK(web.bind[0].address.any);
    CHECK(web.bind[0].address.address.port == 8080);
    CHECK(web.mode == Mode::Http);
    CHECK(web.pool == "app");
    CHECK(web.upgrade == std::vector<std::string>{"websocket"});
    CHECK(web.via == Via::Response);
    CHECK(web.limits.headers_bytes == 32768);
    CHECK(web.limits.header_count == 100);
    CHECK(web.limits.url_bytes == 8192);
    CHECK(web.limits.body_bytes == kUnlimited);
    CHECK(web.limits.requests_per_connection == 10000);
    CHECK(web.timeouts.handshake == 10s);
    CHECK(web.timeouts.header == 10s);
    CHECK(web.timeouts.body_idle == 30s);
    CHECK(web.timeouts.keepalive == 75s);
    CHECK(web.timeouts.write_idle == 30s);
    CHECK(web.timeouts.min_rate == 500);
    CHECK(web.timeouts.tunnel_idle == 1h);
}

}  // namespace

TEST_CASE("the smallest useful file loads, with every default", "[conf][examples]") {
    const LoadResult result = example("minimal.toml");
    REQUIRE(render(result.errors) == "");
    CHECK(result.warnings.empty());
    const Model& model = result.model;
    check_common_defaults(model);
    CHECK_FALSE(model.admin.has_value());
    CHECK(model.listeners.size() == 1);
    CHECK(model.listeners[0].trusted_proxies.empty());
    CHECK(model.listeners[0].accept_proxy.empty());
    CHECK(model.routes.empty());
    REQUIRE(model.pools.size() == 1);
    const Pool& app = model.pools[0];
    CHECK(app.name == "app");
    REQUIRE(app.backends.size() == 3);
    CHECK(app.backends[2].name == "127.0.0.1:3003");
    CHECK(app.backends[2].weight == 1);
    CHECK(app.backends[2].max_in_flight == kUnlimited);
    CHECK(app.backends[2].tier == 0);
    check_pool_defaults(app);
    REQUIRE(app.check.has_value());
    CHECK(app.check->method == "GET");
    CHECK(app.check->path == "/healthz");
    CHECK(app.check->host.empty());
    CHECK(app.check->body.empty());
    check_probe_defaults(*app.check);
}

TEST_CASE("the full file spells out the defaults: nothing changes by writing them",
          "[conf][examples]") {
    const LoadResult result = example("full.toml");
    REQUIRE(render(result.errors) == "");
    CHECK(render_warnings(result.warnings) == "");
    const Model& model = result.model;
    check_common_defaults(model);
    REQUIRE(model.admin.has_value());
    CHECK(model.admin->bind.text() == "127.0.0.1:9900");
    REQUIRE(model.listeners[0].trusted_proxies.size() == 1);
    CHECK(model.listeners[0].trusted_proxies[0].text() == "10.1.0.0/16");

    CHECK(model.listeners[0].accept_proxy[0].text() == "10.1.0.0/16");
    CHECK(model.process.state_file == "/var/lib/fairlead/state.json");
    CHECK(model.process.user == "nobody");
    CHECK(model.admin->socket == "/run/fairlead/admin.sock");
    CHECK(model.admin->token_file == "/etc/fairlead/admin.token");
    CHECK(model.admin->hosts == std::vector<std::string>{"lb1.internal"});
    REQUIRE(model.listeners.size() == 2);
    CHECK(model.listeners[1].mode == Mode::Tcp);
    CHECK(model.listeners[1].sni.size() == 2);

    REQUIRE(model.pools.size() == 3);
    CHECK(model.pools[2].when_all_down == WhenAllDown::Fail);
    const Pool* app = model.pool("app");
    REQUIRE(app != nullptr);
    check_pool_defaults(*app);
    REQUIRE(app->check.has_value());
    check_probe_defaults(*app->check);
    CHECK(app->check->host == "app.internal");
    CHECK(app->check->body == "ok");
    REQUIRE(app->backends.size() == 3);
    CHECK(app->backends[1].name == "b2");
    CHECK(app->backends[1].weight == 2);
    CHECK(app->backends[1].max_in_flight == 64);
    CHECK(app->backends[2].tier == 1);
    const Pool* api = model.pool("api");
    REQUIRE(api != nullptr);
    CHECK(api->policy == "hash");
    REQUIRE(api->check.has_value());
    CHECK(api->check->kind == CheckKind::Tcp);
    CHECK(api->check->send == "PING\r\n");
    CHECK(api->check->expect_bytes == "+PONG");
    check_probe_defaults(*api->check);

    REQUIRE(model.routes.size() == 3);
    const Route& route = model.routes[0];
    CHECK(route.name == "api");
    CHECK(route.listener == "web");
    CHECK(route.host[0].text() == "api.example.com");
    CHECK(route.path[0].text() == "/v1/*");
    CHECK(route.method == std::vector<std::string>{"GET", "POST"});
    CHECK(route.header[0].value == "1");
    CHECK(route.action == Action::Pool);
    CHECK(route.pool == "api");
    CHECK(route.request_headers.set[0].value == "prod");
    CHECK(route.request_headers.remove[0] == "X-Debug");
    CHECK(route.timeouts.response == Duration{60s});
    CHECK(route.timeouts.total == kForever);
    REQUIRE(route.retry.has_value());
    CHECK(route.retry->attempts == 0);
    CHECK(model.routes[1].action == Action::Redirect);
    CHECK(model.routes[1].status == 308);
    CHECK(model.routes[2].action == Action::Status);

    REQUIRE(model.expectations.size() == 2);
    CHECK(model.expectations[0].pool == "api");
    CHECK(model.expectations[1].redirect == "https://www.example.com/page?x=1");
    CHECK(model.expectations[1].status == 308);
    CHECK(model.listener("web") == &model.listeners[0]);
    CHECK(model.listener("none") == nullptr);
    CHECK(model.pool("none") == nullptr);
}

TEST_CASE("the example of layer 4 loads without a warning", "[conf][examples]") {
    const LoadResult result = example("layer4.toml");
    REQUIRE(render(result.errors) == "");
    CHECK(render_warnings(result.warnings) == "");
    const Model& model = result.model;
    REQUIRE(model.listeners.size() == 3);
    CHECK(model.listeners[0].mode == Mode::Tcp);
    CHECK(model.listeners[0].timeouts.tunnel_idle == 2h);
    CHECK(model.listeners[1].sni[1].text() == "*.apps.example.com");
    CHECK(model.listeners[2].mode == Mode::Http);
    CHECK(model.pool("site")->send_proxy == SendProxy::V2);
    CHECK(model.pool("apps")->when_all_down == WhenAllDown::Fail);
}

TEST_CASE("the example of HTTP/2 loads without a warning", "[conf][examples]") {
    const LoadResult result = example("http2.toml");
    REQUIRE(render(result.errors) == "");
    CHECK(render_warnings(result.warnings) == "");
    const Model& model = result.model;
    CHECK(!model.listener("grpc")->takes_http1());
    CHECK(model.listener("grpc")->h2.streams == 200);
    CHECK(model.listener("internal")->takes_h2());
    const Pool& rpc = *model.pool("rpc");
    CHECK(rpc.http == BackendHttp::V2);
    CHECK(rpc.check->kind == CheckKind::Grpc);
    CHECK(rpc.retry.on.grpc_unavailable);
}

TEST_CASE("the example of TLS loads without a warning, once its files are there",
          "[conf][examples]") {
    LoadOptions options = test::options();
    const std::string folder = std::string{FAIRLEAD_SOURCE_DIR} + "/examples/";
    options.files.read = [](const std::string& path) -> Result<std::string> { return path; };
    options.files.list = [&](const std::string& at) -> Result<std::vector<std::string>> {
        CHECK(at == folder + "certs");
        return std::vector<std::string>{"other.pem"};
    };
    const LoadResult result = load_file(folder + "tls.toml", options);
    REQUIRE(render(result.errors) == "");
    CHECK(render_warnings(result.warnings) == "");
    const Model& model = result.model;
    CHECK(model.listener("web")->tls->certificates.size() == 2);
    CHECK(model.listener("staff")->tls->client_auth == ClientAuth::Require);
    CHECK(model.pool("app")->tls->sni == "app.internal");
}
