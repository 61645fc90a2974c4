#include "proxy/telemetry/process_stats.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "proxy/telemetry/prometheus.h"
#include "tests/support/catch.h"

using namespace fairlead::telemetry;

TEST_CASE("the process sees its own descriptors", "[telemetry][process]") {
    const std::uint64_t before = read_process_stats().open_fds;
    std::vector<int> opened;
    for (int i = 0; i < 10; ++i) opened.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::uint64_t with_ten_more = read_process_stats().open_fds;
    for (const int fd : opened) ::close(fd);
    CHECK(with_ten_more == before + 10);
    CHECK(read_process_stats().max_fds >= before + 10);
}

TEST_CASE("memory and times are plausible", "[telemetry][process]") {
    const ProcessStats stats = read_process_stats();
    CHECK(stats.resident_bytes > 256 * 1024);
    CHECK(stats.virtual_bytes > stats.resident_bytes);
    CHECK(stats.cpu_seconds > 0);

    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    CHECK(stats.start_time_seconds <= now + 1);
    CHECK(stats.start_time_seconds > now - 600);
    CHECK(read_process_stats().start_time_seconds == stats.start_time_seconds);
}

TEST_CASE("the process metrics are listed under the names everybody uses", "[telemetry][process]") {
    Registry registry{1};
    add_process_metrics(registry);
    const std::string text = render_all(registry);
    CHECK(text.find("# TYPE process_cpu_seconds_total counter\n") != std::string::npos);
    for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                             "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
                             "process_start_time_seconds"}) {
        CAPTURE(name);
        const std::size_t line = text.find(std::string{"\n"} + name + " ");
        REQUIRE(line != std::string::npos);
        CHECK(text.compare(text.find(' ', line), 3, " 0\n") != 0);
    }
}
