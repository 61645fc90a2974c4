#include "bench/compare.h"

#include <algorithm>

#include "bench/output_file.h"
#include "bench/run_json.h"
#include "tests/bench/sample_report.h"
#include "tests/bench/temporary_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using Verdict = Difference::Verdict;

bool holds(const std::string& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

CompareSettings quick(std::optional<double> slower_max = {}) {
    return {slower_max, {400, 0.95, 1}};
}

Comparison compare(const RunReport& a, const RunReport& b, std::optional<double> slower_max = {}) {
    return compare_runs(a, b, quick(slower_max));
}

const Difference& line(const Comparison& comparison, std::string_view name) {
    const auto found = std::find_if(comparison.differences.begin(), comparison.differences.end(),
                                    [name](const Difference& each) { return each.name == name; });
    REQUIRE(found != comparison.differences.end());
    return *found;
}

}  // namespace

TEST_CASE("a run that takes 10 % longer is told as slower, by intervals that mostly hold the 10 %",
          "[bench][compare]") {
    int held = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Comparison comparison =
            compare(drawn_report(seed, 20, 1.0), drawn_report(seed + 50, 20, 1.1));
        for (const char* name : {"p50", "p90", "p99"}) {
            CAPTURE(seed, name);
            CHECK(line(comparison, name).verdict == Verdict::More);
            held += line(comparison, name).interval->holds(0.10) ? 1 : 0;
        }
        CHECK(line(comparison, "achieved rate").verdict == Verdict::None);
        CHECK(comparison.exit_code() == 0);
    }
    CHECK(held >= 26);  // of 30
}

TEST_CASE("the other way round the same run is faster", "[bench][compare]") {
    const Comparison comparison = compare(drawn_report(2, 20, 1.1), drawn_report(1, 20, 1.0));
    CHECK(line(comparison, "p50").verdict == Verdict::Less);
    CHECK(holds(comparison.text(), "faster\n"));
}

TEST_CASE("two runs of the same distribution mostly show no difference", "[bench][compare]") {
    int judged = 0;
    int none = 0;
    for (std::uint64_t seed = 100; seed < 120; ++seed) {
        const Comparison comparison =
            compare(drawn_report(seed, 10, 1.0), drawn_report(seed + 1000, 10, 1.0));
        for (const char* name : {"p50", "p90", "p99", "p99.9", "error share"}) {
            ++judged;
            none += line(comparison, name).verdict == Verdict::None ? 1 : 0;
        }
    }
    CHECK(judged == 100);
    CHECK(none >= 88);
}

TEST_CASE("a run compared with itself shows no difference in any line", "[bench][compare]") {
    const RunReport run = drawn_report(1, 20, 1.0);
    const Comparison comparison = compare(run, run, 0.0);
    for (const Difference& each : comparison.differences) {
        CAPTURE(each.name);
        CHECK(each.change == 0);
        CHECK(each.verdict == Verdict::None);
    }
    CHECK(comparison.warnings.empty());
    CHECK(comparison.exit_code() == 0);
}

TEST_CASE("the comparison is a table with the interval of each change", "[bench][compare]") {
    const RunReport run = drawn_report(1, 20, 1.0);
    Comparison comparison;
    comparison.a_name = "a.json";
    comparison.b_name = "b\x1b.json";
    comparison.differences = {
        {"p99", Difference::Unit::Latency, 5040, 5600, 0.1111, Interval{0.079, 0.147},
         Verdict::More},
        {"achieved rate", Difference::Unit::Rate, 1000, 900, -0.1, Interval{-0.12, -0.08},
         Verdict::Less},
        {"error share", Difference::Unit::Share, 0.0108, 0.0098, -0.001, Interval{-0.003, 0.0009},
         Verdict::None},
        {"max", Difference::Unit::Latency, 9570, {}, {}, {}, Verdict::NotJudged},
    };
    comparison.warnings = {"different host: a and b"};
    comparison.failures = {"p99 is slower"};
    CHECK(comparison.text() ==
          "A  a.json\n"
          "B  b?.json\n"
          "\n"
          "                        A          B        change       95 % interval   verdict\n"
          "p99                5.04ms     5.60ms        +11.1%     +7.9% to +14.7%   slower\n"
          "achieved rate     1,000/s      900/s        -10.0%     -12.0% to -8.0%   fewer\n"
          "error share         1.08%      0.98%  -0.10 points      -0.30 to +0.09   no difference\n"
          "max                9.57ms          -             -                   -   not judged\n"
          "\n"
          "warning: different host: a and b\n"
          "\n"
          "failed: p99 is slower\n");
}

TEST_CASE("--fail-if-slower fails when the whole interval is beyond it, and names the line",
          "[bench][compare]") {
    const RunReport a = drawn_report(1, 30, 1.0);
    const RunReport b = drawn_report(2, 30, 1.1);
    const Comparison strict = compare(a, b, 0.05);
    CHECK(strict.exit_code() == 1);
    REQUIRE_FALSE(strict.failures.empty());
    CHECK(holds(strict.text(), "failed: p50 is slower, +"));
    CHECK(holds(strict.text(), "): beyond 5%\n"));
    // The change is above 8 %, the lower end of no interval is above 20 %.
    CHECK(compare(a, b, 0.2).exit_code() == 0);
    CHECK(compare(b, a, 0.05).exit_code() == 0);
}

TEST_CASE("--fail-if-slower fails when the achieved rate falls", "[bench][compare]") {
    const RunReport a = drawn_report(1, 20, 1.0);
    RunReport b = drawn_report(1, 20, 1.0);
    b.achieved_rate = 800;
    for (TimelineRow& row : b.timeline) row.outcomes[Outcome::Ok] -= 200;
    const Comparison comparison = compare(a, b, 0.05);
    CHECK(comparison.failures ==
          std::vector<std::string>{"achieved rate is lower, -20.0% (95 % interval -20.0% to "
                                   "-20.0%): beyond 5%"});
}

TEST_CASE("runs too short for an interval are not judged, and do not pass a limit",
          "[bench][compare]") {
    const Comparison comparison = compare(drawn_report(1, 3, 1.0), drawn_report(2, 30, 1.0), 0.05);
    CHECK(line(comparison, "p99").verdict == Verdict::NotJudged);
    CHECK(comparison.warnings ==
          std::vector<std::string>{"A has a timeline of 3 rows, too few for an interval: measure "
                                   "for 8s or longer"});
    CHECK(comparison.failures ==
          std::vector<std::string>{
              "p50, p90, p99, p99.9, achieved rate cannot be judged: see the warnings"});
    CHECK(comparison.exit_code() == 1);
}

TEST_CASE("requests that ended after the measured part count in the interval too",
          "[bench][compare]") {
    const RunReport a = drawn_report(1, 20, 1.0);
    RunReport b = drawn_report(2, 20, 1.0);
    b.from_planned.record(std::chrono::seconds(10), 400);  // 2 % never sent, timed until the end
    b.outcomes[Outcome::Timeout] += 400;
    const Comparison comparison = compare(a, b);
    const Difference& p99 = line(comparison, "p99");
    CHECK(p99.change > 1000);
    CHECK(p99.interval->high > 1000);
    CHECK(line(comparison, "error share").interval->high > 0.01);
}

TEST_CASE("runs that are hardly comparable are warned of", "[bench][compare]") {
    const RunReport a = drawn_report(1, 10, 1.0);
    RunReport b = a;
    b.offered_rate = 2000;
    b.is_poisson = true;
    b.connections = 8;
    b.threads = 2;
    b.host = "lab2\n";
    b.cpu_model = "Other";
    b.cpus = 4;
    b.generator_limited = "late";
    b.is_interrupted = true;
    CHECK(compare(a, b).warnings == std::vector<std::string>{
                                        "different schedule: constant and poisson",
                                        "different offered rate: 1,000/s and 2,000/s",
                                        "different connections: 64 and 8",
                                        "different threads: 1 and 2",
                                        "different host: lab1 and lab2?",
                                        "different CPU model: Example CPU @ 2.00GHz and Other",
                                        "different number of CPUs: 2 and 4",
                                        "B is generator-limited: late",
                                        "B was interrupted after 10.0s",
                                    });
    b = a;
    b.is_closed = true;
    CHECK(compare(a, b).warnings == std::vector<std::string>{"different loop: open and closed"});
}

TEST_CASE("more errors are warned of: they may be faster than answers", "[bench][compare]") {
    const Comparison comparison =
        compare(drawn_report(1, 20, 1.0, 0.01), drawn_report(2, 20, 1.0, 0.2));
    CHECK(line(comparison, "error share").verdict == Verdict::More);
    CHECK(comparison.warnings ==
          std::vector<std::string>{
              "B has more errors: an answer that is an error may be a fast one"});
}

TEST_CASE("runs that found nothing are compared without a crash", "[bench][compare]") {
    const Comparison comparison = compare(RunReport{}, drawn_report(1, 20, 1.0), 0.05);
    CHECK(line(comparison, "p50").a == std::nullopt);
    CHECK(line(comparison, "p50").verdict == Verdict::NotJudged);
    CHECK(comparison.exit_code() == 1);
    CHECK(compare(RunReport{}, RunReport{}).exit_code() == 0);
    CHECK(holds(comparison.text(), "A has no latencies"));
}

TEST_CASE("a long timeline is put together, so that a comparison takes no longer",
          "[bench][compare]") {
    RunReport a = drawn_report(1, 20, 1.0);
    const std::vector<TimelineRow> rows = a.timeline;
    for (int copy = 1; copy < 10; ++copy) {
        for (TimelineRow row : rows) {
            row.second += 20 * copy;
            a.timeline.push_back(row);
            a.outcomes.add(row.outcomes);
        }
    }
    const Comparison comparison = compare(a, drawn_report(1, 20, 1.0));
    CHECK(line(comparison, "achieved rate").interval == Interval{0, 0});
    CHECK(line(comparison, "p50").verdict == Verdict::None);
}

TEST_CASE("two files are compared by their names, and an error names the one that is wrong",
          "[bench][compare]") {
    const TemporaryFolder folder;
    const std::string a = folder.file("a.json");
    REQUIRE(write_file(a, to_json(drawn_report(1, 10, 1.0))));
    const auto comparison = compare_files(a, a, quick());
    REQUIRE(comparison);
    CHECK(comparison->a_name == a);
    CHECK(holds(comparison->text(), "A  " + a + "\n"));
    for (const Difference& each : comparison->differences) CHECK(each.verdict == Verdict::None);
    const std::string gone = folder.file("gone.json");
    CHECK(compare_files(a, gone, quick()).error().where.file == gone);
    CHECK(compare_files(gone, a, quick()).error().where.file == gone);
}

TEST_CASE("--fail-if-slower takes a percentage", "[bench][compare]") {
    CHECK(parse_slower("5%") == 0.05);
    CHECK(parse_slower("0.5%") == 0.005);
    CHECK(parse_slower("5").error().render() ==
          "error: \"5\" needs a percent sign\n  write \"5%\"\n");
    CHECK_FALSE(parse_slower("-5%"));
}

}  // namespace fairlead::bench
