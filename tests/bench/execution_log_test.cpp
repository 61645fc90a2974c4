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

}  // namespace fairlead::bench
