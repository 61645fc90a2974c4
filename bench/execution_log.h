/// Which requests were executed, by the `X-Bench-Id` they carried: the proof that a retry repeated
/// nothing it must not repeat. Shared by all origins of a process, since the second execution of an
/// id usually happens at another origin than the first. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fairlead::bench {

class ExecutionLog {
  public:
    /// Ids beyond this many are counted as untracked: about 400 MB of memory.
    static constexpr std::size_t kIdsMax = 4'000'000;
    /// Longer ids are refused by the origin.
    static constexpr std::size_t kIdBytesMax = 128;
    /// So many duplicates are listed by json(); all are counted.
    static constexpr std::size_t kListedMax = 1000;

    /// One request was read whole and executed.
    /// @param id  empty when the request carried none
    void record(std::string_view id);

    std::uint64_t requests() const { return requests_; }
    std::uint64_t unique_ids() const { return times_.size(); }
    /// Ids that were executed more than once.
    std::uint64_t duplicate_count() const { return duplicates_.size(); }
    /// How often an id was executed.
    std::uint32_t times(std::string_view id) const;

    /// Members of a JSON object, without its braces: requests, unique_ids, duplicate_count,
    /// duplicates (a list of {id, times} in the order they were found), untracked.
    std::string json_members() const;

  private:
    std::unordered_map<std::string, std::uint32_t> times_;
    std::vector<std::string> duplicates_;
    std::uint64_t requests_ = 0;
    std::uint64_t untracked_ = 0;
};

}  // namespace fairlead::bench
