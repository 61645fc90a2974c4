#include "bench/generator_cpu.h"

#include <sys/resource.h>

#include <fstream>

namespace fairlead::bench {

namespace {

Duration of(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ThreadCpu thread_cpu() {
    ThreadCpu cpu;
    rusage usage{};
    if (getrusage(RUSAGE_THREAD, &usage) == 0) {
        cpu.user = of(usage.ru_utime);
        cpu.system = of(usage.ru_stime);
    }
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t ran_ns = 0;
    std::int64_t waited_ns = 0;
    if (file >> ran_ns >> waited_ns) cpu.waited = Duration(waited_ns);
    return cpu;
}

}  // namespace fairlead::bench
