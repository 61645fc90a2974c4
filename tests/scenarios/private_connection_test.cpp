// NTLM and Negotiate authenticate a connection, not a request: it serves one client only.
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Says on which connection it was asked; wants authentication on the first request of each.
void authenticate(Peer& peer) {
    bool is_known = false;
    while (peer.read_request().is_whole) {
        if (is_known) {
            peer.send(ok(peer.backend.address() + "#" + std::to_string(peer.number)));
        } else {
            peer.send("HTTP/1.1 401 Who\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n");
        }
        is_known = true;
    }
}

}  // namespace

TEST_CASE("a connection that answered 401 with NTLM stays with its client", "[scenarios][http]") {
    FakeBackend a{authenticate};
    FakeBackend b{authenticate};
    const Balancer balancer{
        {.backends = {a.address(), b.address()}, .pool = "policy = \"round_robin\""}};
    Client alice{balancer.port()};
    Client bob{balancer.port()};
    CHECK(alice.get("/").status() == 401);
    const std::string of_alice = alice.get("/").body;
    CHECK_FALSE(of_alice.empty());
    CHECK(bob.get("/").status() == 401);
    const std::string of_bob = bob.get("/").body;
    CHECK_FALSE(of_bob.empty());
    CHECK(of_bob != of_alice);
    for (int request = 0; request < 5; ++request) {
        CHECK(alice.get("/").body == of_alice);
        CHECK(bob.get("/").body == of_bob);
    }
    CHECK(alice.post("/", "private too").body == of_alice);
    // Nobody inherits it.
    alice.close();
    CHECK(get(balancer.port(), "/").status() == 401);
}

}  // namespace fairlead::scenarios
