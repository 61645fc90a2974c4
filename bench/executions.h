/// Asks the test origin behind a target what it executed of a run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/load_run.h"
#include "bench/run_report.h"

namespace fairlead::bench {

/// Made before the run: what the origins had executed by then.
class ExecutionCheck {
  public:
    /// @param id_series  before the number in the run's X-Bench-Id
    ExecutionCheck(const std::vector<Target>& targets, std::string id_series);

    /// After the run. Absent when a target does not tell.
    /// @param sent        requests of which at least a byte was written
    /// @param broken_off  of these, given up without having waited: they may have been executed or
    ///                    not, and are not among the lost
    std::optional<Executions> finish(std::uint64_t sent, std::uint64_t broken_off) const;

  private:
    /// What /stats says: of the series when it knows series, else of everything.
    struct Counts {
        std::string log;  ///< names the origin process; empty when it does not say
        std::uint64_t requests = 0;
        std::uint64_t unique_ids = 0;
        std::uint64_t duplicate_count = 0;
        std::vector<std::string> duplicates;
    };
    /// By origin process: several addresses may share one, and one address may have several behind
    /// it.
    using Survey = std::map<std::string, Counts>;

    std::optional<Counts> ask(const Target& target) const;
    std::optional<Survey> survey() const;

    std::vector<Target> targets_;
    std::string id_series_;
    std::optional<Survey> before_;
};

}  // namespace fairlead::bench
