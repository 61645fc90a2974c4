#include "bench/peers/cpus.h"

#include <thread>

#include "tests/bench/peers/test_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

std::vector<int> alone(int cpu) { return {cpu}; }

TEST_CASE("the balancer has the first usable CPU and all else the second", "[bench][peers]") {
    const Cpus cpus = choose_cpus({2, 5, 7}, alone);
    CHECK(cpus.balancer == 2);
    CHECK(cpus.load == 5);
    CHECK(cpus.text() == "balancer on CPU 2, origin and generator on CPU 5");
}

TEST_CASE("the two are on different cores where there are two", "[bench][peers]") {
    const auto pairs = [](int cpu) { return std::vector<int>{cpu / 2 * 2, cpu / 2 * 2 + 1}; };
    CHECK(choose_cpus({0, 1, 2, 3}, pairs).load == 2);
    const Cpus one_core = choose_cpus({0, 1}, pairs);
    CHECK(one_core.load == 1);
    CHECK(one_core.text() ==
          "balancer on CPU 0, origin and generator on CPU 1; both are one core, so they slow each "
          "other down");
    CHECK(choose_cpus({4, 5}, [](int) { return std::vector<int>(); }).text() ==
          "balancer on CPU 4, origin and generator on CPU 5");
}

TEST_CASE("the CPUs of a core are read as the kernel lists them", "[bench][peers]") {
    using Numbers = std::vector<int>;
    CHECK(read_cpu_list("0,4-6\n") == Numbers{0, 4, 5, 6});
    CHECK(read_cpu_list("3\n") == Numbers{3});
    CHECK(read_cpu_list("") == Numbers{});
    CHECK(read_cpu_list("all") == Numbers{});
    CHECK(read_cpu_list("0-4000000000") == Numbers{});
    const TestFolder sys;
    sys.write("cpu1/topology/thread_siblings_list", "1,9\n");
    CHECK(core_of(1, sys.path()) == Numbers{1, 9});
    CHECK(core_of(2, sys.path()) == Numbers{});
}

TEST_CASE("with one CPU nothing is pinned, and that is said", "[bench][peers]") {
    const Cpus cpus = choose_cpus({0}, alone);
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
