// Under backends that die all the time, no POST is executed twice and every loss is visible.
#include <algorithm>
#include <set>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("no POST reaches two backends while they die under it", "[scenarios][retry]") {
    // Every third request of a connection is read and the connection reset; a connection that has
    // answered five is closed without a word.
    const auto dying = [](Peer& peer) {
        for (int number = 1; number <= 5; ++number) {
            if (!peer.read_request().is_whole) return;
            if ((static_cast<int>(peer.number) + number) % 3 == 0) {
                peer.reset();
                return;
            }
            peer.send(ok("done"));
        }
    };
    FakeBackend a{dying};
    FakeBackend b{dying};
    const RefusingAddress c;
    const Balancer balancer{
        {.backends = {a.address(), b.address(), c.address()}, .pool = "policy = \"round_robin\""}};
    constexpr int kRequests = 300;
    int answered = 0;
    int failed = 0;
    Client client{balancer.port()};
    for (int number = 0; number < kRequests; ++number) {
        const Message answer = client.post("/" + std::to_string(number), "x");
        if (answer.status() == 200) {
            ++answered;
        } else {
            CHECK(answer.status() == 502);
            CHECK_FALSE(answer.field("X-Fairlead-Failure").empty());
            ++failed;
        }
    }
    CHECK(answered + failed == kRequests);
    CHECK(answered > 0);
    CHECK(failed > 0);
    std::multiset<std::string> executed;
    for (const auto& request : a.requests()) executed.insert(request.target());
    for (const auto& request : b.requests()) executed.insert(request.target());
    const bool has_double = std::any_of(executed.begin(), executed.end(), [&](const auto& target) {
        return executed.count(target) > 1;
    });
    CHECK_FALSE(has_double);
    CHECK(executed.size() >= static_cast<std::size_t>(answered));
}

}  // namespace fairlead::scenarios
