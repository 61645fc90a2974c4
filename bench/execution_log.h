/// Which requests were executed, by the `X-Bench-Id` they carried: the proof that a retry repeated
/// nothing it must not repeat. Shared by all origins of a process, since the second execution of an
/// id usually happens at another origin than the first. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/execution_series.h"

namespace fairlead::bench {

class ExecutionLog {
  public:
    /// Ids beyond this many, not counting those in pages, are untracked: about 400 MB of memory.
    static constexpr std::size_t kIdsMax = 4'000'000;
    /// Pages of all series together: 256 MiB, room for 268 million numbered ids in a row. What has
    /// no page is kept like an id of any other form.
    static constexpr std::size_t kPagesMax = 65'536;
    /// Longer ids are refused by the origin.
    static constexpr std::size_t kIdBytesMax = 128;
    /// So many duplicates are listed by json(); all are counted.
    static constexpr std::size_t kListedMax = 1000;

    /// @param pages_max  of all series together
    explicit ExecutionLog(std::size_t pages_max = kPagesMax);
    ExecutionLog(const ExecutionLog&) = delete;
    ExecutionLog& operator=(const ExecutionLog&) = delete;

    /// One request was read whole and executed.
    /// @param id  empty when the request carried none
    void record(std::string_view id);

    /// Tells this log from others: 16 hex digits drawn when it was made. Who sums up over several
    /// addresses counts each log once.
    const std::string& name() const { return name_; }
    std::uint64_t requests() const { return requests_; }
    std::uint64_t unique_ids() const { return unique_ids_; }
    /// Ids that were executed more than once.
    std::uint64_t duplicate_count() const { return duplicate_count_; }
    /// How often an id was executed; of a numbered one at most ExecutionSeries::kTimesMax.
    std::uint32_t times(std::string_view id) const;

    /// Members of a JSON object, without its braces: requests, unique_ids, duplicate_count,
    /// duplicates (a list of {id, times} in the order they were found), untracked.
    std::string json_members() const;
    /// The member "series": the same of one series, zeros when nothing of it was seen. Its
    /// duplicates are ids alone. "is_complete" is false once pages have run out: ids of the series
    /// may then be counted elsewhere.
    std::string json_series(std::string_view name) const;

  private:
    /// Lets a map of strings be searched without making one.
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    template <class Value>
    using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

    std::uint32_t count(std::string_view id);
    std::uint32_t count_numbered(const NumberedId& id);
    std::uint32_t count_other(std::string_view id);

    std::string name_;
    TextMap<ExecutionSeries> series_;
    TextMap<ExecutionSeries>::value_type* last_series_ = nullptr;  // most often the next one too
    std::size_t pages_left_;
    TextMap<std::uint32_t> times_;         // of ids that are in no page
    std::vector<std::string> duplicates_;  // the first kListedMax
    std::uint64_t requests_ = 0;
    std::uint64_t unique_ids_ = 0;
    std::uint64_t duplicate_count_ = 0;
    std::uint64_t untracked_ = 0;
};

}  // namespace fairlead::bench
