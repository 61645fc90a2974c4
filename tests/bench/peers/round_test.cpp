#include "bench/peers/round.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

TEST_CASE("each round begins with the next balancer", "[bench][peers]") {
    std::vector<Lineup::Entry> entries;
    for (int i = 0; i < 3; ++i) {
        auto process = Process::start({"child", {"/bin/true"}, "/dev/null", "/"});
        REQUIRE(process);
        entries.push_back({nullptr, {}, std::move(*process)});
    }
    using Turns = std::vector<Lineup::Entry*>;
    CHECK(turns(entries, 1) == Turns{&entries[0], &entries[1], &entries[2]});
    CHECK(turns(entries, 2) == Turns{&entries[1], &entries[2], &entries[0]});
    CHECK(turns(entries, 3) == Turns{&entries[2], &entries[0], &entries[1]});
    CHECK(turns(entries, 4) == turns(entries, 1));
}

}  // namespace
}  // namespace fairlead::bench::peers
