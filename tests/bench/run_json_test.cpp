#include "bench/run_json.h"

#include <nlohmann/json.hpp>

#include "bench/output_file.h"
#include "tests/bench/sample_report.h"
#include "tests/bench/temporary_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using nlohmann::json;

/// What reading says when one member of a good file was changed.
std::string error_with(const char* pointer, const json& value) {
    json run = json::parse(to_json(sample_report()));
    run[json::json_pointer(pointer)] = value;
    const auto report = from_json(run.dump(), "a.json");
    return report ? "no error" : report.error().message;
}

std::string error_without(const char* parent, const char* name) {
    json run = json::parse(to_json(sample_report()));
    run[json::json_pointer(parent)].erase(name);
    const auto report = from_json(run.dump(), "a.json");
    return report ? "no error" : report.error().message;
}

}  // namespace

TEST_CASE("a run is read as it was written", "[bench][run_json]") {
    RunReport original = sample_report();
    original.generator_limited = "late by 40ms";
    original.is_interrupted = original.is_closed = original.is_poisson = true;
    const auto read = from_json(to_json(original), "a.json");
    REQUIRE(read);
    CHECK(to_json(*read) == to_json(original));
    CHECK(read->command_line == original.command_line);
    CHECK(read->duration == original.duration);
    CHECK(read->generator_limited == original.generator_limited);
    CHECK(read->outcomes.by_outcome == original.outcomes.by_outcome);
    CHECK(read->from_planned.max() == original.from_planned.max());
    CHECK(read->from_planned.buckets() == original.from_planned.buckets());
    CHECK(read->from_send.mean() == original.from_send.mean());
    REQUIRE(read->timeline.size() == 3);
    CHECK(read->timeline[1].latencies == original.timeline[1].latencies);
    CHECK(read->timeline[1].outcomes.errors() == 8);
    REQUIRE(read->executions);
    CHECK(read->executions->duplicated_ids == original.executions->duplicated_ids);
}

TEST_CASE("what is not known is null, and read as such", "[bench][run_json]") {
    RunReport report = sample_report();
    report.executions.reset();
    const json run = json::parse(to_json(report));
    CHECK(run["executions"].is_null());
    CHECK(run["generator_limited"].is_null());
    const auto read = from_json(to_json(report), "a.json");
    REQUIRE(read);
    CHECK_FALSE(read->executions);
    CHECK_FALSE(read->generator_limited);
}

TEST_CASE("the file tells latencies in microseconds, outcomes by word and a sparse timeline",
          "[bench][run_json]") {
    const json run = json::parse(to_json(sample_report()));
    CHECK(run["schema"] == "fairlead-bench/run/1");
    CHECK(run["settings"]["targets"] == json{"http://127.0.0.1:8080/"});
    CHECK(run["outcomes"].size() == kOutcomes);
    CHECK(run["outcomes"]["status_5xx"] == 8);
    CHECK(run["latency_us"]["from_planned"]["max"] == 31'000.007);
    CHECK(run["latency_us"]["from_send"]["p99.9"] == 600.0);
    CHECK(run["latency_us"]["from_send"]["buckets"] == json{{600, 2970}});
    CHECK(run["timeline"]["rows"][0]["outcomes"] == json{{"ok", 990}});
    CHECK(run["timeline"]["rows"][0]["buckets"][0] == json{500, 1});
}

TEST_CASE("what was spoken is written and read", "[bench][run_json]") {
    RunReport report = sample_report();
    report.protocols = {"HTTP/2"};
    report.streams = 32;
    report.tls = TlsUse{{{"TLSv1.3", "TLS_AES_128_GCM_SHA256"}}, 1, 63};
    const json run = json::parse(to_json(report));
    CHECK(run["settings"]["protocols"] == json{"HTTP/2"});
    CHECK(run["settings"]["streams"] == 32);
    CHECK(run["tls"] == json::parse(R"({"agreed": [{"version": "TLSv1.3",
        "cipher": "TLS_AES_128_GCM_SHA256"}], "whole": 1, "resumed": 63})"));
    const auto read = from_json(to_json(report), "a.json");
    REQUIRE(read);
    CHECK(to_json(*read) == to_json(report));
}

TEST_CASE("a file of before the protocol was told is read all the same", "[bench][run_json]") {
    CHECK(error_without("/settings", "protocols") == "no error");
    CHECK(error_without("/settings", "streams") == "no error");
    CHECK(error_without("", "tls") == "no error");
}

TEST_CASE("an empty run is written and read", "[bench][run_json]") {
    const auto read = from_json(to_json(RunReport{}), "a.json");
    REQUIRE(read);
    CHECK(read->from_planned.count() == 0);
    CHECK(read->timeline.empty());
}

TEST_CASE("text that is not UTF-8 does not stop a run from being written", "[bench][run_json]") {
    RunReport report;
    report.command_line = "run http://\xFF/ \x01";
    const auto read = from_json(to_json(report), "a.json");
    REQUIRE(read);
    CHECK(read->command_line == "run http://\xEF\xBF\xBD/ \x01");
}

TEST_CASE("a file that is no run says what is wrong, where, and the cure", "[bench][run_json]") {
    CHECK(from_json("{\"schema\":", "a.json").error().render() ==
          "a.json: error: not JSON, or cut short\n"
          "  take a file that fairlead-bench run --json has written\n");
    CHECK(from_json("", "a").error().message == "not JSON, or cut short");
    CHECK(from_json("[]", "a").error().message == "the file is not an object");
    CHECK(from_json("{}", "a").error().message == "schema is missing");
    CHECK(error_with("/schema", "fairlead-bench/run/2") ==
          "schema is \"fairlead-bench/run/2\", not \"fairlead-bench/run/1\"");
    CHECK(error_with("/schema", 1) == "schema is not a string");
}

TEST_CASE("a member that is missing or of another type is named", "[bench][run_json]") {
    CHECK(error_without("", "host") == "host is missing");
    CHECK(error_without("/rates", "offered") == "rates.offered is missing");
    CHECK(error_without("/outcomes", "timeout") == "outcomes.timeout is missing");
    CHECK(error_without("/timeline/rows/1", "late") == "timeline.rows[1].late is missing");
    CHECK(error_with("/rates", 5) == "rates is not an object");
    CHECK(error_with("/interrupted", "no") == "interrupted is not true or false");
    CHECK(error_with("/timeline/rows", json::object()) == "timeline.rows is not an array");
    CHECK(error_with("/settings/targets", {1}) == "settings.targets[0] is not a string");
    CHECK(error_with("/outcomes/gone", 1) ==
          "outcomes holds the outcome \"gone\", which is not known");
}

TEST_CASE("a number that cannot be is refused", "[bench][run_json]") {
    const std::string count = " is not a whole number from 0 to 2^53";
    CHECK(error_with("/requests/planned", -1) == "requests.planned" + count);
    CHECK(error_with("/requests/planned", 1.5) == "requests.planned" + count);
    CHECK(error_with("/requests/planned", UINT64_MAX) == "requests.planned" + count);
    CHECK(error_with("/requests/planned", 1e300) == "requests.planned" + count);
    CHECK(error_with("/cpus", 5'000'000) == "cpus is above a million");
    CHECK(error_with("/rates/achieved", 1e300) == "rates.achieved is not a number from 0 to 1e+15");
    CHECK(error_with("/duration_seconds", -3) ==
          "duration_seconds is not a number from 0 to 1e+09");
    CHECK(error_with("/latency_us/from_send/count", 1) ==
          "latency_us.from_send has a count that is not the sum of its buckets");
    CHECK(error_with("/latency_us/from_send/min", 1e6) ==
          "latency_us.from_send has a min above its max");
    CHECK(error_with("/timeline/rows/2/second", 2) ==
          "timeline.rows[2] does not end after the row before it");
    CHECK(error_with("/timeline/interval_seconds", 0) == "timeline has an interval of nothing");

    std::string text = to_json(sample_report());
    text.replace(text.find("998.5"), 5, "1e999");
    CHECK(from_json(text, "a").error().message == "not JSON, or cut short");
}

TEST_CASE("buckets that are no histogram are refused", "[bench][run_json]") {
    const char* at = "/latency_us/from_send/buckets";
    const std::string path = "latency_us.from_send.buckets";
    CHECK(error_with(at, {{600}}) ==
          path + "[0] is not a pair of whole numbers, [upper_us, count]");
    CHECK(error_with(at, {{600, 1}, {600, 1}}) ==
          path + "[1] is not above the bucket before it, or is above 31 years");
    CHECK(error_with(at, {{UINT64_MAX, 1}}) ==
          path + "[0] is not above the bucket before it, or is above 31 years");
    CHECK(error_with(at, {{1, UINT64_MAX}}) == path + "[0] holds nothing, or more than 2^53");
    CHECK(error_with(at, {{1, 1ULL << 53}, {2, 1}}) ==
          path + "[1] holds nothing, or more than 2^53");
}

TEST_CASE("no cut of a good file is taken for one", "[bench][run_json]") {
    RunReport report = sample_report();
    report.timeline.resize(1);
    report.timeline[0].latencies.resize(3);
    report.from_planned.clear();
    const std::string text = to_json(report);
    REQUIRE(from_json(text, "a"));
    for (std::size_t length = 0; length < text.size() - 1; ++length) {
        CHECK_FALSE(from_json(std::string_view(text).substr(0, length), "a"));
    }
}

TEST_CASE("no member of a good file may be of another type", "[bench][run_json]") {
    RunReport report = sample_report();
    report.timeline.resize(1);
    report.timeline[0].latencies.resize(2);
    report.from_planned.clear();
    const json run = json::parse(to_json(report));
    const json flat = run.flatten();
    for (const auto& [pointer, value] : flat.items()) {
        if (pointer == "/generator_limited") continue;  // null or any text
        for (const json& other : {json(nullptr), json("text"), json(-1), json{1}, json{{"a", 1}}}) {
            if (other.type() == value.type()) continue;
            json changed = run;
            changed[json::json_pointer(pointer)] = other;
            CAPTURE(pointer, other);
            CHECK_FALSE(from_json(changed.dump(), "a"));
        }
    }
}

TEST_CASE("nesting without end is refused like any other file", "[bench][run_json]") {
    CHECK_FALSE(from_json(std::string(1'000'000, '['), "a"));
    CHECK_FALSE(from_json(std::string(500'000, '[') + std::string(500'000, ']'), "a"));
}

TEST_CASE("a run written to a file is read from it", "[bench][run_json]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.json");
    REQUIRE(write_file(path, to_json(sample_report())));
    CHECK(read_run(path));
    CHECK(read_run(folder.file("gone.json")).error().render() ==
          folder.file("gone.json") +
              ": error: cannot read: No such file or directory\n"
              "  see whether the name is right\n");
}

}  // namespace fairlead::bench
