// What a client costs that waits.
#include <sys/resource.h>

#include <deque>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {

TEST_CASE("a client that waits holds about 500 bytes", "[scenarios][http]") {
    constexpr std::size_t kBefore = 600;
    constexpr std::size_t kMore = 2000;
    rlimit descriptors{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &descriptors) == 0);
    if (descriptors.rlim_max < 2 * (kBefore + kMore) + 200) return;
    rlimit raised = descriptors;
    raised.rlim_cur = descriptors.rlim_max;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &raised) == 0);

    PlainBackend backend{"body"};
    const Balancer balancer{{.backends = {backend.address()}}};
    const bool asks = GENERATE(true, false);
    CAPTURE(asks);
    std::deque<Client> clients;
    const auto add = [&](std::size_t count) {
        for (std::size_t index = 0; index < count; ++index) {
            clients.emplace_back(balancer.port());
            if (asks) REQUIRE(clients.back().get("/").status() == 200);
        }
        // Whoever comes last has been let in after all others.
        REQUIRE(get(balancer.port(), "/").status() == 200);
    };
    add(kBefore);
    const std::size_t before = balancer.memory_own_kib();
    add(kMore);
    const std::size_t after = balancer.memory_own_kib();
    // Tables of all clients grow in steps, and pages are counted whole: a tenth for these.
    CHECK((after - before) * 1024 / kMore <= 550);

    clients.clear();
    setrlimit(RLIMIT_NOFILE, &descriptors);
}

}  // namespace fairlead::scenarios
