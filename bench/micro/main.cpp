// fairlead_micro: how long single parts of the balancer take. See docs/bench.md.
#include <benchmark/benchmark.h>

#include "bench/micro/micro.h"

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    fairlead::micro::register_pick();
    fairlead::micro::register_heads();
    fairlead::micro::register_relay();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
