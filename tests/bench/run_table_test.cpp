#include "bench/run_table.h"

#include "tests/bench/sample_report.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

bool holds(const std::string& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("the table tells what was asked, what came and how long it took", "[bench][run_table]") {
    CHECK(run_table(sample_report()) ==
          "target          http://127.0.0.1:8080/\n"
          "protocol        HTTP/1.1\n"
          "load            open loop at 1,000/s, 64 connections, 1 thread\n"
          "measured        3.00s after 1.00s of warm-up\n"
          "rate            1,000/s offered, 999/s achieved\n"
          "requests        3,000 planned, 2,978 answered, 2 unsent\n"
          "latency                p50       p90       p99     p99.9       max\n"
          "  from planned      1.31ms    2.58ms    3.39ms    3.47ms    31.0ms\n"
          "  from send          600us     600us     600us     600us     600us\n"
          "errors          timeout 2, status_5xx 8 (0.336% of the requests)\n"
          "bytes           180kB sent, 1.23MB received\n"
          "connections     64 opened, 2,936 requests on one used before\n"
          "generator       0.12s user + 0.34s system, 154.4us a request, busiest thread 16%\n"
          "executions      3,998 sent, 3,999 executed, 1 duplicated, 0 lost\n"
          "  twice         1-17\n");
}

TEST_CASE("a run without errors says so, and without latencies shows none", "[bench][run_table]") {
    const std::string table = run_table(RunReport{});
    CHECK(holds(table, "errors          none\n"));
    CHECK(holds(table, "  from send              -         -         -         -         -\n"));
    CHECK_FALSE(holds(table, "executions"));
    CHECK_FALSE(holds(table, "generator-limited"));
}

TEST_CASE("with TLS the table tells what was agreed, and how many handshakes were whole",
          "[bench][run_table]") {
    RunReport report = sample_report();
    report.protocols = {"HTTP/2"};
    report.streams = 32;
    report.tls = TlsUse{{{"TLSv1.3", "TLS_AES_128_GCM_SHA256"}}, 1, 63};
    const std::string table = run_table(report);
    CHECK(holds(table, "protocol        HTTP/2, 32 streams on each connection\n"));
    CHECK(holds(table,
                "tls             TLSv1.3 TLS_AES_128_GCM_SHA256, 1 whole handshake, 63 resumed\n"));
}

TEST_CASE("a closed loop has no offered rate", "[bench][run_table]") {
    RunReport report = sample_report();
    report.is_closed = true;
    CHECK(holds(run_table(report), "load            closed loop, 64 connections, 1 thread\n"));
    CHECK(holds(run_table(report), "rate            999/s achieved\n"));
}

TEST_CASE("an interrupted run and a limited generator are told plainly, with the cure",
          "[bench][run_table]") {
    RunReport report = sample_report();
    report.is_interrupted = true;
    report.planned = report.outcomes.total() + 20;
    report.generator_limited = "1.2 % of the requests were sent late";
    const std::string table = run_table(report);
    CHECK(holds(table, "interrupted after 3.00s: 20 requests not waited for\n"));
    CHECK(holds(table,
                "generator-limited: 1.2 % of the requests were sent late\n"
                "  the latencies hold this machine's own delay: lower --rate, raise --threads or "
                "--connections, or make the load on another machine\n"));
}

TEST_CASE("the live line tells the second that has passed", "[bench][run_table]") {
    LoadProgress progress;
    progress.second = 3;
    progress.rate = 4998;
    progress.p50 = microseconds(740);
    progress.p99 = microseconds(3400);
    progress.max = milliseconds(12);
    CHECK(progress_line(progress) == "   3s      4,998/s  p50  740us  p99 3.40ms  max 12.0ms\n");
    progress.outcomes[Outcome::Timeout] = 3;
    progress.late = 1200;
    progress.is_warmup = true;
    CHECK(progress_line(progress) ==
          "   3s      4,998/s  p50  740us  p99 3.40ms  max 12.0ms  errors: timeout 3  late: 1,200"
          "  (warm-up)\n");
}

}  // namespace fairlead::bench
