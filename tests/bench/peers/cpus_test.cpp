#include "bench/peers/cpus.h"

#include <thread>

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

TEST_CASE("the balancer has the first usable CPU and all else the second", "[bench][peers]") {
    const Cpus cpus = choose_cpus({2, 5, 7});
    CHECK(cpus.balancer == 2);
    CHECK(cpus.load == 5);
    CHECK(cpus.text() == "balancer on CPU 2, origin and generator on CPU 5");
}

TEST_CASE("with one CPU nothing is pinned, and that is said", "[bench][peers]") {
    const Cpus cpus = choose_cpus({0});
    CHECK_FALSE(cpus.are_pinned());
    CHECK(cpus.text() ==
          "one CPU only, so nothing is pinned: the generator and the balancer disturb each other");
}

TEST_CASE("a pinned thread may use one CPU", "[bench][peers]") {
    const std::vector<int> usable = usable_cpus();
    REQUIRE_FALSE(usable.empty());
    std::thread([&] {  // so that the tests after this one are not pinned
        REQUIRE(pin_to(usable.back()));
        CHECK(usable_cpus() == std::vector<int>{usable.back()});
    })
        .join();
}

TEST_CASE("a CPU that is not there is told with a cure", "[bench][peers]") {
    const auto pinned = pin_to(1000);
    REQUIRE_FALSE(pinned);
    CHECK(pinned.error().render() ==
          "error: cannot run on CPU 1000: Invalid argument\n"
          "  let this process use two CPUs, as taskset and cgroups decide\n");
}

}  // namespace
}  // namespace fairlead::bench::peers
