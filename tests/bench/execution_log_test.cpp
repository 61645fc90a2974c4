#include "bench/execution_log.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

TEST_CASE("an id executed twice is a duplicate, counted once and listed with its times",
          "[bench][execution_log]") {
    ExecutionLog log;
    for (const char* id : {"a", "b", "a", "c", "a"}) log.record(id);
    CHECK(log.requests() == 5);
    CHECK(log.unique_ids() == 3);
    CHECK(log.duplicate_count() == 1);
    CHECK(log.times("a") == 3);
    CHECK(log.times("unheard") == 0);
    CHECK(log.json_members() == R"("requests":5,"unique_ids":3,"duplicate_count":1,)"
                                R"("duplicates":[{"id":"a","times":3}],"untracked":0)");
}

TEST_CASE("a request without an id is counted and never a duplicate", "[bench][execution_log]") {
    ExecutionLog log;
    log.record("");
    log.record("");
    CHECK(log.requests() == 2);
    CHECK(log.unique_ids() == 0);
    CHECK(log.duplicate_count() == 0);
}

TEST_CASE("an id cannot break the JSON it is listed in", "[bench][execution_log]") {
    ExecutionLog log;
    log.record("\"\\");
    log.record("\"\\");
    CHECK(log.json_members().find(R"([{"id":"\"\\","times":2}])") != std::string::npos);
}

TEST_CASE("the list of duplicates is bounded, their count is not", "[bench][execution_log]") {
    ExecutionLog log;
    constexpr std::size_t kIds = ExecutionLog::kListedMax + 5;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < kIds; ++i) log.record(std::to_string(i));
    }
    CHECK(log.duplicate_count() == kIds);
    const std::string json = log.json_members();
    CHECK(json.find("\"id\":\"999\"") != std::string::npos);
    CHECK(json.find("\"id\":\"1000\"") == std::string::npos);
}

TEST_CASE("numbered ids are counted like any other", "[bench][execution_log]") {
    ExecutionLog log;
    for (const char* id : {"run-1", "run-0", "run-1", "run-1099511627775", "other-1", "run-1"}) {
        log.record(id);
    }
    CHECK(log.requests() == 6);
    CHECK(log.unique_ids() == 4);
    CHECK(log.times("run-1") == 3);
    CHECK(log.times("run-1099511627775") == 1);
    CHECK(log.times("run-2") == 0);
    CHECK(log.times("unheard-1") == 0);
    CHECK(log.json_members() == R"("requests":6,"unique_ids":4,"duplicate_count":1,)"
                                R"("duplicates":[{"id":"run-1","times":3}],"untracked":0)");
}

TEST_CASE("a series is told apart from the others", "[bench][execution_log]") {
    ExecutionLog log;
    for (const char* id : {"a-1", "a-2", "b-1", "a-2", "b-1", "x", "a-2", "a-7000", "a-1"}) {
        log.record(id);
    }
    CHECK(log.json_series("a") ==
          R"("series":{"id":"a","requests":6,"unique_ids":3,)"
          R"("duplicate_count":2,"duplicates":["a-2","a-1"],"is_complete":true})");
    CHECK(log.json_series("b") ==
          R"("series":{"id":"b","requests":2,"unique_ids":1,)"
          R"("duplicate_count":1,"duplicates":["b-1"],"is_complete":true})");
    CHECK(log.json_series("\"") == R"("series":{"id":"\"","requests":0,"unique_ids":0,)"
                                   R"("duplicate_count":0,"duplicates":[],"is_complete":true})");
}

TEST_CASE("a series lists its first 100 duplicates and counts all", "[bench][execution_log]") {
    ExecutionLog log;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 105; ++i) log.record("a-" + std::to_string(i));
    }
    const std::string json = log.json_series("a");
    CHECK(json.find("\"duplicate_count\":105") != std::string::npos);
    CHECK(json.find("\"a-99\"") != std::string::npos);
    CHECK(json.find("\"a-100\"") == std::string::npos);
}

TEST_CASE("numbers without a page are counted as well, each once", "[bench][execution_log]") {
    ExecutionLog log(1);
    constexpr std::uint64_t kPage = ExecutionSeries::kPageIds;
    const std::string beyond = "a-" + std::to_string(kPage);
    for (const std::string& id : {std::string("a-1"), beyond, std::string("b-1")}) {
        log.record(id);
        log.record(id);
        CHECK(log.times(id) == 2);
    }
    CHECK(log.unique_ids() == 3);
    CHECK(log.duplicate_count() == 3);
}

TEST_CASE("a counter of a numbered id stays at its end", "[bench][execution_log]") {
    ExecutionLog log;
    for (int i = 0; i < 1000; ++i) log.record("a-1");
    CHECK(log.times("a-1") == ExecutionSeries::kTimesMax);
    CHECK(log.unique_ids() == 1);
    CHECK(log.duplicate_count() == 1);
}

TEST_CASE("only <series>-<number> is a numbered id", "[bench][execution_log]") {
    const auto parsed = NumberedId::parse("run-a.b_c-17");
    REQUIRE(parsed);
    CHECK(parsed->series == "run-a.b_c");
    CHECK(parsed->number == 17);
    CHECK(NumberedId::parse(std::string(64, 's') + "-0"));
    CHECK(NumberedId::parse("s-1099511627775")->number == NumberedId::kNumberEnd - 1);
    for (const char* other : {"", "7", "-7", "s7", "s-", "s-07", "s-7x", "s 1-7", "s-1099511627776",
                              "s-10000000000000", "\xc3\xa4-1", "s-18446744073709551617"}) {
        CAPTURE(other);
        CHECK_FALSE(NumberedId::parse(other));
    }
    CHECK_FALSE(NumberedId::parse(std::string(65, 's') + "-0"));
}

TEST_CASE("a log that has run out of pages says that it does not know all of a series",
          "[bench][executions]") {
    ExecutionLog log(1);
    CHECK(log.json_series("a").ends_with(R"("is_complete":true})"));
    log.record("a-1");
    log.record("a-5000");
    CHECK(log.json_series("a").ends_with(R"("is_complete":false})"));
    CHECK(log.unique_ids() == 2);
}

}  // namespace fairlead::bench
