#include "bench/peers/counts.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

TEST_CASE("instructions are what callgrind collected", "[bench][peers]") {
    CHECK(instructions_in("==7== Callgrind, a call-graph generating cache profiler\n"
                          "==7== Events    : Ir\n"
                          "==7== Collected : 66789012\n"
                          "==7==\n"
                          "==7== I   refs:      66,789,012\n") == 66'789'012);
    CHECK_FALSE(instructions_in("==7== Command: nginx\n"));
}

TEST_CASE("allocations are what memcheck counted", "[bench][peers]") {
    CHECK(allocations_in("==7== HEAP SUMMARY:\n"
                         "==7==     in use at exit: 98,765 bytes in 432 blocks\n"
                         "==7==   total heap usage: 1,234 allocs, 802 frees, 5,678 bytes "
                         "allocated\n") == 1'234);
    CHECK_FALSE(allocations_in(""));
}

TEST_CASE("system calls are counted without the waiting for events", "[bench][peers]") {
    CHECK(system_calls_in("% time     seconds  usecs/call     calls    errors syscall\n"
                          "------ ----------- ----------- --------- --------- ----------------\n"
                          " 40.00    0.000004           1      2000         3 recvfrom\n"
                          " 30.00    0.000003           1      1999           write\n"
                          " 20.00    0.000002           1       500           epoll_wait\n"
                          "  5.00    0.000002           1       400           epoll_pwait\n"
                          "  5.00    0.000000           0         1           epoll_ctl\n"
                          "------ ----------- ----------- --------- --------- ----------------\n"
                          "100.00    0.000009           1      4900         3 total\n") == 4000);
}

TEST_CASE("a summary that is still being written is none", "[bench][peers]") {
    CHECK_FALSE(system_calls_in(" 40.00    0.000004           1      2000         3 recvfrom\n"));
}

}  // namespace
}  // namespace fairlead::bench::peers
