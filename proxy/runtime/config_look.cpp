#include "proxy/runtime/config_look.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "proxy/base/hash.h"

namespace fairlead::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 16u << 20;  // what the loader reads at most
constexpr std::size_t kFolderFilesMax = 10'000;
constexpr int kLinksMax = 40;  // as the kernel has it

WallTime changed_at(const struct stat& file) {
    return WallTime{std::chrono::milliseconds{
        static_cast<std::int64_t>(file.st_ctim.tv_sec) * 1000 + file.st_ctim.tv_nsec / 1'000'000}};
}

/// The file and each link on the way to it, as long as its last name is one.
std::vector<fs::path> chain(const std::string& file) {
    std::vector<fs::path> found;
    std::error_code error;
    fs::path at = fs::absolute(file, error);
    for (int links = 0; links < kLinksMax; ++links) {
        found.push_back(at);
        const fs::path to = fs::read_symlink(at, error);
        if (error) break;
        at = to.is_absolute() ? to : at.parent_path() / to;
    }
    return found;
}

/// Links in the middle of a path: "..data" of "/conf/..data/edge.toml".
std::vector<fs::path> links_within(const fs::path& path) {
    std::vector<fs::path> found;
    fs::path upto;
    std::error_code ignored;
    for (const fs::path& part : path.parent_path()) {
        upto /= part;
        if (fs::is_symlink(upto, ignored)) found.push_back(upto);
    }
    return found;
}

ConfigWatch::Look look(const std::string& file) {
    ConfigWatch::Look result;
    for (const fs::path& step : chain(file)) {
        struct stat status {};
        std::vector<fs::path> names = links_within(step);
        names.push_back(step);
        for (const fs::path& name : names) {
            if (::lstat(name.c_str(), &status) == 0) {
                result.changed = std::max(result.changed, changed_at(status));
            }
        }
    }
    // Not blocking: a pipe in the place of a file must not hold up the pool's thread.
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return result;
    struct stat status {};
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        result.is_there = true;
        result.hash = hash_mix(static_cast<std::uint64_t>(status.st_size));
        std::string bytes(64 * 1024, '\0');
        for (std::size_t total = 0; total < kFileBytesMax;) {
            const ssize_t got = ::read(fd, bytes.data(), bytes.size());
            if (got <= 0) break;
            total += static_cast<std::size_t>(got);
            result.hash = hash_bytes({bytes.data(), static_cast<std::size_t>(got)}, result.hash);
        }
    }
    ::close(fd);
    return result;
}

bool counts(const std::string& name) { return name.front() != '.' && name.back() != '~'; }

}  // namespace

ConfigWatch::Looks look_at(const WatchList& list) {
    ConfigWatch::Looks looks;
    for (const std::string& file : list.files) looks[file] = look(file);
    for (const std::string& folder : list.folders) {
        std::error_code error;
        fs::directory_iterator entry{folder, error};
        for (std::size_t files = 0; !error && entry != fs::directory_iterator{};
             entry.increment(error)) {
            const std::string path = entry->path().string();
            if (!counts(entry->path().filename().string()) || looks.contains(path)) continue;
            if (++files > kFolderFilesMax) break;
            const ConfigWatch::Look found = look(path);
            if (found.is_there) looks[path] = found;
        }
    }
    return looks;
}

std::vector<std::string> folders_on_the_way(const WatchList& list) {
    std::vector<std::string> folders;
    const auto add = [&](const std::string& folder) {
        if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
            folders.push_back(folder);
        }
    };
    std::error_code ignored;
    for (const std::string& file : list.files) {
        for (const fs::path& step : chain(file)) add(step.parent_path().string());
    }
    for (const std::string& folder : list.folders) {
        add(fs::absolute(folder, ignored).string());
        // A file in it may be a link to a file elsewhere.
        std::error_code error;
        fs::directory_iterator entry{folder, error};
        for (std::size_t files = 0; !error && entry != fs::directory_iterator{};
             entry.increment(error)) {
            if (++files > kFolderFilesMax) break;
            if (!counts(entry->path().filename().string())) continue;
            for (const fs::path& step : chain(entry->path().string())) {
                add(step.parent_path().string());
            }
        }
    }
    return folders;
}

}  // namespace fairlead::runtime
