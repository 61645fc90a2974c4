/// `fairlead-bench compare A.json B.json`: what differs between two runs, and whether chance alone
/// may have made the difference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/bootstrap.h"
#include "bench/run_report.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

/// One line of the comparison.
struct Difference {
    enum class Unit : std::uint8_t { Latency, Rate, Share, CpuTime };
    enum class Verdict : std::uint8_t { NotJudged, None, Less, More };

    std::string name;  ///< "p99", "achieved rate"
    Unit unit = Unit::Latency;
    std::optional<double> a;  ///< us, requests a second, 0 to 1, us a request; absent: not known
    std::optional<double> b;
    /// Of b to a: 0.1 is 10 % more. Of shares the plain difference, since a may be 0.
    std::optional<double> change;
    std::optional<Interval> interval;  ///< of the change, 95 %
    Verdict verdict = Verdict::NotJudged;
};

struct Comparison {
    std::string a_name;  ///< its file
    std::string b_name;
    std::vector<Difference> differences;
    std::vector<std::string> warnings;  ///< why the runs are hardly comparable
    std::vector<std::string> failures;  ///< of --fail-if-slower: the lines that made it fail

    /// The table, the warnings and the failures, lines with their ends.
    std::string text() const;
    /// 0; 1 when --fail-if-slower failed.
    int exit_code() const { return failures.empty() ? 0 : 1; }
};

struct CompareSettings {
    /// --fail-if-slower: a latency percentile up, or the achieved rate down, by more than this
    /// share with its whole interval. What cannot be judged fails too. Absent: nothing fails.
    std::optional<double> slower_max;
    BootstrapSettings bootstrap;
};

Comparison compare_runs(const RunReport& a, const RunReport& b, const CompareSettings& settings);

/// compare_runs() of two files that `run --json` wrote.
Result<Comparison> compare_files(const std::string& a, const std::string& b,
                                 const CompareSettings& settings = {});

/// The value of --fail-if-slower: "5%", "0.5%", up to "1000%".
Result<double> parse_slower(std::string_view text);

}  // namespace fairlead::bench
