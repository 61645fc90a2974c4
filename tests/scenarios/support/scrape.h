/// What /metrics says at one moment.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::scenarios {

class Scrape {
  public:
    /// @param text  in the exposition format
    explicit Scrape(std::string_view text);

    /// By its name and labels as they are written; 0 when absent.
    double at(const std::string& series) const;
    /// Over all whose name and labels begin so.
    double sum(const std::string& beginning) const;
    bool has(const std::string& series) const { return values_.contains(series); }
    /// Of what only goes up (counters, and the parts of histograms).
    const std::map<std::string, double>& counters() const { return counters_; }

  private:
    std::map<std::string, double> values_;
    std::map<std::string, double> counters_;
};

/// Remembers the highest of every counter: also of those that leave the list and come back.
class RisingOnly {
  public:
    /// @return the counters that have gone back since they were last seen, with both numbers
    std::vector<std::string> fallen(const Scrape& scrape);

  private:
    std::map<std::string, double> highest_;
};

}  // namespace fairlead::scenarios
