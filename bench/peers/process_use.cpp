#include "bench/peers/process_use.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Fields of /proc/PID/stat that are numbers, from the state on: the name before them may hold
/// blanks and parentheses.
std::vector<std::string_view> stat_fields(std::string_view stat) {
    const std::size_t end = stat.rfind(')');
    return end == std::string_view::npos ? std::vector<std::string_view>()
                                         : split_list(stat.substr(end + 1), ' ');
}

std::uint64_t field(const std::vector<std::string_view>& fields, std::size_t index) {
    return index < fields.size() ? parse_number(fields[index]).value_or(0) : 0;
}

// proc(5): the state is field 3, so these are three less than its numbers.
constexpr std::size_t kState = 0;
constexpr std::size_t kParent = 1;
constexpr std::size_t kUserTicks = 11;
constexpr std::size_t kSystemTicks = 12;

/// Names of the entries of `folder` that are numbers.
std::vector<pid_t> numbers_in(const fs::path& folder) {
    std::vector<pid_t> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (const auto number = parse_number(entry->path().filename().string())) {
            found.push_back(static_cast<pid_t>(*number));
        }
    }
    return found;
}

/// It has ended: nobody has waited for it yet, or it is not there any more. A child may do so
/// between being listed and being read, and has nothing then that counts.
bool has_ended(pid_t id, const fs::path& proc) {
    const std::string stat = content(proc / std::to_string(id) / "stat");
    const std::vector<std::string_view> fields = stat_fields(stat);
    return fields.empty() || fields[kState] == "Z" || fields[kState] == "X";
}

/// The number of kB in the line of this name; nothing when there is none.
std::optional<std::uint64_t> kib_of(const fs::path& file, std::string_view name) {
    const std::string text = content(file);
    for (const std::string_view line : split_list(text, '\n')) {
        if (!line.starts_with(name)) continue;
        // The blanks are tabs in some files.
        const std::size_t begin = line.find_first_of("0123456789");
        if (begin == std::string_view::npos) return std::nullopt;
        const std::string_view rest = line.substr(begin);
        return parse_number(rest.substr(0, rest.find_first_not_of("0123456789")));
    }
    return std::nullopt;
}

/// Not every kernel adds up the maps.
std::optional<std::uint64_t> anonymous_kib(const fs::path& folder) {
    if (const auto kib = kib_of(folder / "smaps_rollup", "Anonymous:")) return kib;
    return kib_of(folder / "status", "RssAnon:");
}

tl::unexpected<Error> unreadable(const fs::path& file) {
    return fail(fmt::format("cannot read {}", file.string()),
                "the process has ended, or this kernel does not tell");
}

}  // namespace

CpuUse CpuUse::since(const CpuUse& earlier) const {
    return {total - earlier.total, user_ticks - earlier.user_ticks,
            system_ticks - earlier.system_ticks};
}

std::optional<double> CpuUse::user_share() const {
    const std::uint64_t ticks = user_ticks + system_ticks;
    if (ticks == 0) return std::nullopt;
    return static_cast<double>(user_ticks) / static_cast<double>(ticks);
}

std::vector<pid_t> process_tree(pid_t id, const fs::path& proc) {
    std::multimap<pid_t, pid_t> children;
    for (const pid_t each : numbers_in(proc)) {
        const std::string stat = content(proc / std::to_string(each) / "stat");
        children.emplace(static_cast<pid_t>(field(stat_fields(stat), kParent)), each);
    }
    std::vector<pid_t> tree{id};
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto [first, last] = children.equal_range(tree[i]);
        for (auto child = first; child != last; ++child) tree.push_back(child->second);
    }
    return tree;
}

Result<CpuUse> cpu_use(pid_t id, const fs::path& proc) {
    CpuUse use;
    for (const pid_t each : process_tree(id, proc)) {
        const fs::path folder = proc / std::to_string(each);
        const std::vector<pid_t> threads = numbers_in(folder / "task");
        const bool may_end = each != id;
        if (threads.empty()) {
            if (may_end && has_ended(each, proc)) continue;
            return unreadable(folder / "task");
        }
        for (const pid_t thread : threads) {
            const fs::path file = folder / "task" / std::to_string(thread) / "schedstat";
            const std::string text = content(file);
            const std::vector<std::string_view> fields = split_list(text, ' ');
            if (fields.size() < 3) {
                if (may_end && has_ended(each, proc)) break;
                return unreadable(file);
            }
            use.total += std::chrono::nanoseconds(field(fields, 0));
        }
        const std::string stat = content(folder / "stat");
        use.user_ticks += field(stat_fields(stat), kUserTicks);
        use.system_ticks += field(stat_fields(stat), kSystemTicks);
    }
    return use;
}

Result<std::uint64_t> memory_use(pid_t id, const fs::path& proc) {
    std::uint64_t sum_kib = 0;
    for (const pid_t each : process_tree(id, proc)) {
        const fs::path folder = proc / std::to_string(each);
        const std::optional<std::uint64_t> kib = anonymous_kib(folder);
        if (!kib && (each == id || !has_ended(each, proc))) {
            return unreadable(folder / "smaps_rollup");
        }
        sum_kib += kib.value_or(0);
    }
    return sum_kib * 1024;
}

}  // namespace fairlead::bench::peers
