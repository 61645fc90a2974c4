// A listener in clear that sends everybody to HTTPS.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

const std::string kToHttps = "[[route]]\nredirect = \"https://{host}{uri}\"\nstatus = 308\n";

}  // namespace

TEST_CASE("everything in clear is sent to the same place over HTTPS", "[scenarios][routing]") {
    const Balancer balancer{{.more = kToHttps}};
    Client client{balancer.port()};
    const Message answer =
        client.ask("GET /a//b?x=%0d%0a&y HTTP/1.1\r\nHost: Shop.Example:8080\r\n\r\n");
    CHECK(answer.status() == 308);
    CHECK(answer.field("Location") == "https://Shop.Example/a//b?x=%0d%0a&y");
    const Message posted =
        client.ask("POST /form HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(posted.status() == 308);
    CHECK(posted.field("Location") == "https://[::1]/form");
}

TEST_CASE("a request without a host cannot be sent to it", "[scenarios][routing]") {
    const Balancer balancer{{.more = kToHttps}};
    Client client{balancer.port()};
    const Message answer = client.ask("GET / HTTP/1.0\r\n\r\n");
    CHECK(answer.status() == 400);
    CHECK_FALSE(answer.has("Location"));
}

TEST_CASE("a header decides whether a request is redirected", "[scenarios][routing]") {
    PlainBackend app{"app"};
    const Balancer balancer{{.backends = {app.address()},
                             .more = "[[route]]\nheader = { Upgrade-Insecure-Requests = \"1\" }\n"
                                     "redirect = \"https://{host}{uri}\"\nstatus = 307\n"}};
    Client client{balancer.port()};
    CHECK(client.get("/x").body == "app");
    const Message answer = client.get("/x", "Upgrade-Insecure-Requests: 1\r\n");
    CHECK(answer.status() == 307);
    CHECK(answer.field("Location").ends_with("/x"));
    CHECK(client.get("/x", "Upgrade-Insecure-Requests: 0\r\n").body == "app");
}

}  // namespace fairlead::scenarios
