#include "proxy/net/folder_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <uv.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "proxy/net/handle.h"

namespace fairlead::net {
namespace {

Error watch_error(const std::string& path, int status) {
    std::string message = fmt::format("cannot watch the folder {}: {}", path, uv_strerror(status));
    switch (status) {
        case UV_ENOSPC:
            return {std::move(message), "raise it: sysctl fs.inotify.max_user_watches", {}};
        case UV_EMFILE:
            return {std::move(message), "raise it: sysctl fs.inotify.max_user_instances", {}};
        case UV_EACCES:
            return {std::move(message), "let the user this runs as read the folder", {}};
        default:
            return {std::move(message), {}, {}};
    }
}

}  // namespace

struct FolderWatch::State {
    /// One folder on the way, the root first, the watched one last.
    struct Level {
        State* owner = nullptr;
        std::string path;
        std::string next;  // the name of the next level; empty for the last
        struct stat seen {};
        std::unique_ptr<Handle<uv_fs_event_t>> handle;
    };

    State(Loop& of, const std::string& to, std::function<void()> call);
    bool refresh();
    int begin(Level& level);
    static void on_event(uv_fs_event_t* uv, const char* name, int events, int status) noexcept;
    void tell();

    Loop& loop;
    std::function<void()> on_change;
    std::vector<Level> levels;  // fixed once made: handles point at them
    std::optional<Error> failure;
};

FolderWatch::State::State(Loop& of, const std::string& to, std::function<void()> call)
    : loop(of), on_change(std::move(call)) {
    std::error_code ignored;
    std::filesystem::path whole = std::filesystem::absolute(to, ignored);
    if (whole.has_relative_path() && !whole.has_filename()) whole = whole.parent_path();
    std::filesystem::path upto;
    for (const std::filesystem::path& part : whole) {
        if (!levels.empty()) levels.back().next = part.string();
        upto /= part;
        Level level;
        level.owner = this;
        level.path = upto.string();
        levels.push_back(std::move(level));
    }
    refresh();
}

/// Watches whatever the path leads to by now. @return whether any folder is not the one of before
bool FolderWatch::State::refresh() {
    bool is_other = false;
    bool is_missing = false;
    failure.reset();
    // From the root down, each watched before the next is looked at: what comes in between is
    // an event, and leads here again.
    for (Level& level : levels) {
        struct stat now {};
        is_missing = is_missing || ::stat(level.path.c_str(), &now) != 0 || !S_ISDIR(now.st_mode);
        if (is_missing) {
            is_other = is_other || level.handle != nullptr;
            level.handle.reset();
            continue;
        }
        const bool is_same =
            level.handle && now.st_dev == level.seen.st_dev && now.st_ino == level.seen.st_ino;
        if (is_same) continue;
        is_other = true;
        level.seen = now;
        const int status = begin(level);
        // Those on the way need not be readable.
        if (status != 0 && level.next.empty()) failure = watch_error(level.path, status);
    }
    return is_other;
}

int FolderWatch::State::begin(Level& level) {
    // A new handle each time: one that is stopped and started again may still be told of the past.
    level.handle = std::make_unique<Handle<uv_fs_event_t>>(
        &level, [&](uv_fs_event_t* uv) { return uv_fs_event_init(loop.raw(), uv); });
    if (!level.handle->is_open()) must(UV_ENOMEM, "cannot watch a folder");
    const int status =
        uv_fs_event_start(level.handle->get(), &State::on_event, level.path.c_str(), 0);
    if (status != 0) level.handle.reset();
    return status;
}

void FolderWatch::State::on_event(uv_fs_event_t* uv, const char* name, int /*events*/,
                                  int /*status*/) noexcept {
    auto* level = owner_of<Level>(uv);
    if (level == nullptr) return;
    State& self = *level->owner;
    const bool is_last = level->next.empty();
    // What happens to the folder itself comes with its own name or none.
    const std::string_view what = name == nullptr ? std::string_view{} : name;
    const bool is_on_the_way = what.empty() || what == level->next || level->path.ends_with(what);
    if (!is_last && !is_on_the_way) return;
    const bool is_other = self.refresh();  // may replace the handle this is called for
    if (is_last || is_other) self.tell();
}

void FolderWatch::State::tell() {
    // On the stack meanwhile, because it may destroy the watch.
    const std::function<void()> call = on_change;
    call();
}

FolderWatch::FolderWatch(Loop& loop, const std::string& path, std::function<void()> on_change)
    : state_(std::make_unique<State>(loop, path, std::move(on_change))) {}
FolderWatch::~FolderWatch() = default;

const std::string& FolderWatch::path() const { return state_->levels.back().path; }
const std::optional<Error>& FolderWatch::failure() const { return state_->failure; }

}  // namespace fairlead::net
