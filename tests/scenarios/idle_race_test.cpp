// A backend that closes idle connections at random moments, while requests are sent on them.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "proxy/base/random.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr int kClients = 4;
constexpr int kRequests = 2'500;  ///< of each client

/// Closes a connection on which, after an answer, nothing has come for up to 3 ms, or at once.
void impatient(Peer& peer) {
    Random random(peer.number);
    while (peer.read_request().is_whole && peer.send(ok("done"))) {
        const std::chrono::milliseconds patience{random.below(4)};
        if (peer.wait_for_ending(patience) != Ending::Bytes) return;
    }
}

struct Outcome {
    int gets_failed = 0;
    int posts_failed = 0;
    std::set<std::string> words;  ///< of the posts
};

/// GET and POST in turn, with pauses in which the backend may close.
Outcome run_client(std::uint16_t port, int number) {
    Outcome outcome;
    Random random(1000 + static_cast<std::uint64_t>(number));
    Client client{port};
    for (int index = 0; index < kRequests; ++index) {
        const std::string id =
            "X-Id: " + std::to_string(number) + "-" + std::to_string(index) + "\r\n";
        if (index % 2 == 0) {
            if (client.get("/", id).status() != 200) ++outcome.gets_failed;
        } else {
            const Message answer = client.post("/", "pay", id);
            if (answer.status() == 200) continue;
            ++outcome.posts_failed;
            outcome.words.insert(answer.field("X-Fairlead-Failure"));
        }
        // The moment itself is what is tested: no condition to wait for.
        std::this_thread::sleep_for(std::chrono::microseconds{random.below(3000)});
    }
    return outcome;
}

}  // namespace

TEST_CASE("idle connections that close at random cost no GET, and repeat no POST",
          "[scenarios][retry]") {
    FakeBackend backend{impatient};
    const Balancer balancer{
        {.backends = {backend.address()},
         .pool = "passive = \"off\"\nretry = { budget = \"none\", attempts = 3 }",
         .process = "workers = 2"}};
    std::vector<Outcome> outcomes(kClients);
    std::vector<std::thread> clients;
    for (int number = 0; number < kClients; ++number) {
        clients.emplace_back([&, number] {
            outcomes[static_cast<std::size_t>(number)] = run_client(balancer.port(), number);
        });
    }
    for (std::thread& client : clients) client.join();
    std::set<std::string> words;
    int posts_failed = 0;
    for (const Outcome& outcome : outcomes) {
        CHECK(outcome.gets_failed == 0);
        posts_failed += outcome.posts_failed;
        words.insert(outcome.words.begin(), outcome.words.end());
    }
    std::map<std::string, int> executed;
    for (const Message& request : backend.requests()) {
        if (request.head.starts_with("POST")) ++executed[request.field("X-Id")];
    }
    for (const auto& [id, times] : executed) {
        INFO(id);
        REQUIRE(times == 1);
    }
    // A POST that met the close is told on, never sent again; that few do is what the look at the
    // connection before it is used is for.
    for (const std::string& word : words) {
        INFO(word);
        CHECK((word == "stale_connection" || word == "backend_closed" || word == "backend_reset"));
    }
    CHECK(posts_failed < kClients * kRequests / 2 / 20);
    CHECK(backend.connections() > 100);  // it did close
}

}  // namespace fairlead::scenarios
