/// One series of numbered ids, as a load generator makes them: `run7-0`, `run7-1`, ... Counted in a
/// byte each, in pages that exist where numbers were seen, so that hundreds of millions of ids fit
/// where a map holds a few. Owned by the ExecutionLog; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fairlead::bench {

/// An id of the form `<series>-<decimal number>`.
struct NumberedId {
    static constexpr std::size_t kSeriesBytesMax = 64;
    static constexpr std::uint64_t kNumberEnd = std::uint64_t{1} << 40;  ///< numbers are below

    std::string_view series;  ///< 1 to 64 of letters, digits, "-", "_" and "."; within the id
    std::uint64_t number = 0;

    /// Nothing for an id of another form, also for a number with leading zeros: two spellings are
    /// two ids.
    static std::optional<NumberedId> parse(std::string_view id);
};

class ExecutionSeries {
  public:
    static constexpr std::uint64_t kPageIds = 4096;  ///< a page is so many bytes
    static constexpr std::uint8_t kTimesMax = 255;   ///< counters stay there
    static constexpr std::size_t kListedMax = 100;   ///< duplicates whose numbers are kept

    /// Counts one more execution of an id.
    /// @param pages_left  pages that may still be made; one less when this made one
    /// @return how often it was executed by now, at most kTimesMax; 0 when there is no page for it
    ///         and none may be made: then it was not counted
    std::uint8_t record(std::uint64_t number, std::size_t& pages_left);

    /// How often it was executed, at most kTimesMax.
    std::uint8_t times(std::uint64_t number) const;
    std::uint64_t requests() const { return requests_; }
    std::uint64_t unique_ids() const { return unique_ids_; }
    std::uint64_t duplicate_count() const { return duplicate_count_; }
    /// The first kListedMax numbers that were executed twice, in the order they were found.
    const std::vector<std::uint64_t>& duplicates() const { return duplicates_; }

  private:
    using Page = std::array<std::uint8_t, kPageIds>;

    std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // by number / kPageIds
    Page* last_page_ = nullptr;  // numbers come nearly in order: most are in the last page
    std::uint64_t last_index_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t unique_ids_ = 0;
    std::uint64_t duplicate_count_ = 0;
    std::vector<std::uint64_t> duplicates_;
};

}  // namespace fairlead::bench
