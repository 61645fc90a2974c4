// A backend that says 503 itself: another one is asked, when that is allowed.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr const char* kBusy = "HTTP/1.1 503 Busy\r\nX-From: a\r\nContent-Length: 4\r\n\r\nbusy";
constexpr const char* kBusyForNow =
    "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy";

}  // namespace

TEST_CASE("a GET answered 503 is tried on another backend", "[scenarios][retry]") {
    FakeBackend busy{serve(kBusy)};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {busy.address(), alive.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    CHECK(client.get("/").body == "alive");
    CHECK(busy.request_count() == 1);
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/attempts/0/reason") == "503");
    CHECK(line.at("/status") == "200");
    CHECK(line.at("/failure") == "none");
}

TEST_CASE("a POST answered 503 is passed on as it is", "[scenarios][retry]") {
    FakeBackend busy{serve(kBusy)};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {busy.address(), alive.address()}, .pool = "policy = \"first\""}};
    const Message answer = Client(balancer.port()).post("/", "x");
    CHECK(answer.start_line() == "HTTP/1.1 503 Busy");
    CHECK(answer.body == "busy");
    CHECK_FALSE(answer.has("X-Fairlead-Failure"));
    CHECK(alive.connections() == 0);
}

TEST_CASE("a 503 with Retry-After is passed on as it is", "[scenarios][retry]") {
    FakeBackend busy{serve(kBusyForNow)};
    PlainBackend alive{"alive"};
    const Balancer balancer{
        {.backends = {busy.address(), alive.address()}, .pool = "policy = \"first\""}};
    const Message answer = get(balancer.port(), "/");
    CHECK(answer.status() == 503);
    CHECK(answer.field("Retry-After") == "7");
    CHECK(alive.connections() == 0);
}

TEST_CASE("when every backend says 503 the last answer is passed on", "[scenarios][retry]") {
    FakeBackend a{serve(kBusy)};
    FakeBackend b{serve("HTTP/1.1 503 Busy\r\nX-From: b\r\nContent-Length: 4\r\n\r\nlast")};
    const Balancer balancer{{.backends = {a.address(), b.address()}, .pool = "policy = \"first\""}};
    Client client{balancer.port()};
    const Message answer = client.get("/");
    CHECK(answer.status() == 503);
    CHECK(answer.body == "last");
    CHECK(answer.field("X-From") == "b");
    CHECK(client.get("/").body == "last");
}

TEST_CASE("statuses are retried as `on` lists them", "[scenarios][retry]") {
    FakeBackend broken{serve("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")};
    PlainBackend alive{"alive"};
    const bool is_listed = GENERATE(true, false);
    const Balancer balancer{{.backends = {broken.address(), alive.address()},
                             .pool = std::string("policy = \"first\"\n") +
                                     (is_listed ? "retry = { on = [\"500\"] }" : "")}};
    CHECK(get(balancer.port(), "/").status() == (is_listed ? 200 : 500));
}

}  // namespace fairlead::scenarios
