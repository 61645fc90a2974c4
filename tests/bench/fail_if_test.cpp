#include "bench/fail_if.h"

#include "tests/bench/sample_report.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

/// What fails the sample run, or the error.
std::string fails(std::string_view text, const RunReport& report = sample_report()) {
    const auto conditions = parse_fail_if(text);
    return conditions ? findings_text(failing(*conditions, report)) : conditions.error().render();
}

}  // namespace

TEST_CASE("the conditions that hold are listed with the values found", "[bench][fail_if]") {
    CHECK(fails("p99>3ms,errors>0,p50>20ms") ==
          "failed: p99>3ms (p99 is 3.39ms)\n"
          "failed: errors>0 (errors is 10)\n");
    CHECK(fails("p99>20ms") == "");
}

TEST_CASE("a latency is from the planned start, with send. from the send", "[bench][fail_if]") {
    CHECK(fails("p99.9>=1ms") == "failed: p99.9>=1ms (p99.9 is 3.47ms)\n");
    CHECK(fails("send.p99.9>=1ms") == "");
    CHECK(fails("send.p99.9 > 599us") == "failed: send.p99.9 > 599us (send.p99.9 is 600us)\n");
    CHECK(fails("max>31ms") == "failed: max>31ms (max is 31.0ms)\n");
    CHECK(fails("send.mean>500us") == "failed: send.mean>500us (send.mean is 600us)\n");
    CHECK(fails("p12.5<1us") == "");
    CHECK(fails("p33.3>0us") == "failed: p33.3>0us (p33.3 is 1.04ms)\n");
}

TEST_CASE("a limit itself is above nothing, and at least itself", "[bench][fail_if]") {
    CHECK(fails("send.max>600us") == "");
    CHECK(fails("send.max>=600us") != "");
    CHECK(fails("send.max<600us") == "");
    CHECK(fails("send.max<=600us") != "");
}

TEST_CASE("outcomes are counted by word, or taken as a share of the requests", "[bench][fail_if]") {
    CHECK(fails("status_5xx>7,timeout>2,reset>0") == "failed: status_5xx>7 (status_5xx is 8)\n");
    CHECK(fails("errors>0.3%") == "failed: errors>0.3% (errors is 0.336%, 10 of 2,980)\n");
    CHECK(fails("errors>1%") == "");
    CHECK(fails("ok<99.9%") == "failed: ok<99.9% (ok is 99.7%, 2,970 of 2,980)\n");
    CHECK(fails("unsent>0") == "failed: unsent>0 (unsent is 2)\n");
}

TEST_CASE("a rate is requests a second, or a share of the offered one", "[bench][fail_if]") {
    CHECK(fails("rate<999") == "failed: rate<999 (rate is 999/s)\n");
    CHECK(fails("rate<998/s") == "");
    CHECK(fails("rate<99.9%") == "failed: rate<99.9% (rate is 99.9%, 999/s of 1,000/s)\n");
    CHECK(fails("rate<99%") == "");
}

TEST_CASE("lost and duplicated requests are those the origin told of", "[bench][fail_if]") {
    CHECK(fails("lost>0,duplicated>0") == "failed: duplicated>0 (duplicated is 1)\n");
}

TEST_CASE("a value that is not known fails: what was asked for was not shown", "[bench][fail_if]") {
    RunReport report;
    CHECK(fails("p99>20ms", report) ==
          "failed: p99>20ms (p99 is not known: no request was answered)\n");
    CHECK(fails("lost>0", report) ==
          "failed: lost>0 (lost is not known: the target does not tell what it executed, as "
          "fairlead-bench origin does)\n");
    CHECK(fails("errors>1%", report) ==
          "failed: errors>1% (errors is not known: there were no requests)\n");
    CHECK(fails("rate<99%", report) ==
          "failed: rate<99% (rate is not known: a closed loop has no offered rate)\n");
    CHECK(fails("errors>0", report) == "");
}

TEST_CASE("an unknown metric gets the nearest name", "[bench][fail_if]") {
    CHECK(fails("eror>0") ==
          "error: unknown metric \"eror\" in --fail-if\n  did you mean \"errors\"?\n");
    CHECK(fails("send.maxx>1s") ==
          "error: unknown metric \"send.maxx\" in --fail-if\n  did you mean \"send.max\"?\n");
    CHECK(fails("p100>1s") ==
          "error: no percentile \"p100\" in --fail-if\n"
          "  above p0 and below p100; the longest latency is \"max\"\n");
    CHECK(fails("latency>1s") ==
          "error: unknown metric \"latency\" in --fail-if\n"
          "  one of p50 p90 p95 p99 p99.9 p99.99 mean max errors unsent lost duplicated rate ok "
          "connect_refused connect_timeout tls reset closed_mid_body bad_framing timeout "
          "status_4xx status_5xx\n");
    CHECK(fails(">5") != "");
}

TEST_CASE("a limit of the wrong kind is told with the right one", "[bench][fail_if]") {
    CHECK(fails("p99>20") == "error: \"20\" needs a unit\n  write \"20ms\"\n");
    CHECK(fails("p99>1.5") == "error: \"1.5\" needs a unit\n  write \"1.5ms\"\n");
    CHECK(fails("p99>5%") ==
          "error: \"5%\" is no limit for \"p99\" in --fail-if\n"
          "  write a duration with its unit, as \"20ms\"\n");
    CHECK(fails("p99>none") != "");
    CHECK(fails("errors>20ms") ==
          "error: \"20ms\" is no limit for \"errors\" in --fail-if\n"
          "  write a whole number, or a share as \"0.1%\"\n");
    CHECK(fails("errors>0.5") != "");
    CHECK(fails("errors>101%") == "error: \"101%\" is above 100%\n  write \"0%\" to \"100%\"\n");
    CHECK(fails("rate<fast") ==
          "error: \"fast\" is no limit for \"rate\" in --fail-if\n"
          "  write requests a second, as \"5000\", or a share of the offered rate, as \"99%\"\n");
    CHECK(fails("p99>") == "error: \"p99>\" in --fail-if has no limit\n  write one, as \"20ms\"\n");
    CHECK(fails("send.errors>0") ==
          "error: \"errors\" is no latency: \"send.\" does not go with it\n  write \"errors\"\n");
}

TEST_CASE("what is no condition is told with the cure", "[bench][fail_if]") {
    CHECK(fails("p99") ==
          "error: \"p99\" in --fail-if compares nothing\n"
          "  write a metric, a comparison and a limit, as \"p99>20ms\"\n");
    CHECK(fails("p99=20ms") ==
          "error: unknown comparison \"=\" in --fail-if\n  one of > >= < <=\n");
    CHECK(fails("p99=>20ms") ==
          "error: unknown comparison \"=>\" in --fail-if\n  one of > >= < <=\n");
    CHECK(fails(" , ") ==
          "error: --fail-if names no condition\n  write --fail-if \"p99>20ms,errors>0\"\n");
}

}  // namespace fairlead::bench
