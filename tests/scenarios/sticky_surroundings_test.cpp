// Sticky clients amid the rest: TLS, checks, a takeover, several workers, HTTP/2 to the backends.
#include <atomic>
#include <set>
#include <string>

#include "tests/scenarios/support/certificates.h"
#include "tests/scenarios/support/h2_backend.h"
#include "tests/scenarios/support/scenario.h"
#include "tests/scenarios/support/tls_front.h"

namespace fairlead::scenarios {
namespace {

std::string as_cookie(const Message& answer) {
    const std::string field = answer.field("Set-Cookie");
    return "Cookie: " + field.substr(0, field.find(';')) + "\r\n";
}

std::string loopback_bind(std::uint16_t port) {
    return "bind = \"127.0.0.1:" + std::to_string(port) + "\"\n";
}

}  // namespace

TEST_CASE("over TLS the sticky cookie is secure", "[scenarios][sticky][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()},
                             .pool = "sticky = \"__Host-lb\"\n",
                             .listener = listener_tls(certificates.path("site.pem"))}};
    const TlsFront front{certificates, "site.example", balancer};
    const std::string cookie = get(front.port(), "/").field("Set-Cookie");
    CHECK(cookie.substr(cookie.find(';')) == "; Path=/; Secure; HttpOnly; SameSite=Lax");
}

TEST_CASE("a client whose backend fails its checks moves, and is not moved back",
          "[scenarios][sticky]") {
    std::atomic<bool> is_well = true;
    FakeBackend sick{serve([&](const Message& request) -> std::string {
        if (request.target() != "/healthz" || is_well) return ok("sick");
        return "HTTP/1.1 503 Ill\r\nContent-Length: 0\r\n\r\n";
    })};
    PlainBackend well{"well"};
    const Balancer balancer{
        {.backends = {sick.address(), well.address()},
         .pool = "sticky = \"lb\"\npolicy = \"first\"\ncheck = { http = \"GET /healthz\", every = "
                 "\"100ms\", timeout = \"90ms\", every_changing = \"50ms\", every_down = "
                 "\"50ms\", rise = 1, fall = 2 }"}};
    const auto state_is = [&](const std::string& wanted) {
        return eventually([&] { return balancer.status("/pools/0/backends/0/state") == wanted; });
    };
    REQUIRE(state_is("up"));
    const Message first = get(balancer.port(), "/");
    REQUIRE(first.body == "sick");
    is_well = false;
    REQUIRE(state_is("down"));
    const Message moved = get(balancer.port(), "/", as_cookie(first));
    CHECK(moved.body == "well");
    REQUIRE(moved.has("Set-Cookie"));
    is_well = true;
    REQUIRE(eventually([&] { return get(balancer.port(), "/").body == "sick"; }));
    const Message again = get(balancer.port(), "/", as_cookie(moved));
    CHECK(again.body == "well");
    CHECK(!again.has("Set-Cookie"));
}

TEST_CASE("a place goes over to the next process, without a state file",
          "[scenarios][sticky][takeover]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    Setup setup{.backends = {a.address(), b.address()},
                .pool = "sticky = \"lb\"\npolicy = \"round_robin\"\n"};
    Balancer old{setup};
    setup.listener = loopback_bind(old.port());
    setup.admin = loopback_bind(old.admin_port());
    old.change_config(config(setup));
    const Message first = get(old.port(), "/");
    const Balancer now = old.next({"--takeover"});
    REQUIRE(now.wait_until_serving());
    CHECK(old.wait_for_exit() == 0);
    for (int request = 0; request < 4; ++request) {
        const Message answer = get(now.port(), "/", as_cookie(first));
        CHECK(answer.body == first.body);
        CHECK(!answer.has("Set-Cookie"));
    }
}

TEST_CASE("all workers know every place", "[scenarios][sticky]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    PlainBackend c{"c"};
    const Balancer balancer{{.backends = {a.address(), b.address(), c.address()},
                             .pool = "sticky = \"lb\"\n",
                             .process = "workers = 4"}};
    const Message first = get(balancer.port(), "/");
    for (int client = 0; client < 32; ++client) {
        const Message answer = get(balancer.port(), "/", as_cookie(first));
        CHECK(answer.body == first.body);
        CHECK(!answer.has("Set-Cookie"));
    }
}

TEST_CASE("backends of HTTP/2 do not get the sticky cookie either", "[scenarios][sticky][h2]") {
    FakeBackend backend{serve_h2(
        [](const H2Request& request) { return H2Reply{.body = request.field("cookie")}; })};
    const Balancer balancer{
        {.backends = {backend.address()}, .pool = "http = \"2\"\nsticky = \"lb\"\n"}};
    const Message first = get(balancer.port(), "/", "Cookie: x=1\r\n");
    CHECK(first.body == "x=1");
    std::string line = as_cookie(first);
    line.insert(line.find('=') + 65, "; y=2");
    CHECK(get(balancer.port(), "/", line).body == "y=2");
}

}  // namespace fairlead::scenarios
