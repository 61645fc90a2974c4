#include "proxy/runtime/config_watch.h"

#include <algorithm>
#include <utility>

#include "proxy/runtime/config_look.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

/// File times come from a clock that ticks every few milliseconds.
constexpr auto kFileClockTick = std::chrono::milliseconds{10};

bool is_in(const std::vector<std::string>& folders, const std::string& path) {
    return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
        return path.size() > folder.size() && path.starts_with(folder) &&
               (folder.ends_with('/') || path[folder.size()] == '/');
    });
}

}  // namespace

ConfigWatch::ConfigWatch(net::Loop& loop, std::function<void()> on_changed)
    : loop_(loop),
      on_changed_(std::move(on_changed)),
      settle_(net::Deadline::of<&ConfigWatch::on_settled>(loop.timers(), *this)),
      background_(std::make_unique<net::Background>(loop)) {}

ConfigWatch::~ConfigWatch() = default;

void ConfigWatch::watch(WatchList list, WallTime read_since) {
    list_ = std::move(list);
    read_since_ = read_since;
    watch_folders();
    // The folders are watched: what changes from here on is an event. What changed before shows in
    // a first look.
    start_look();
}

void ConfigWatch::watch_folders() {
    std::vector<Folder> next;
    for (const std::string& path : folders_on_the_way(list_)) {
        const auto old = std::find_if(folders_.begin(), folders_.end(),
                                      [&](const Folder& each) { return each.path == path; });
        if (old != folders_.end()) {
            next.push_back({path, std::move(old->watch)});
            continue;
        }
        next.push_back(
            {path, std::make_unique<net::FolderWatch>(loop_, path, [this] { on_event(); })});
        const std::optional<Error>& failure = next.back().watch->failure();
        if (failure && std::find(warned_.begin(), warned_.end(), path) == warned_.end()) {
            warned_.push_back(path);
            telemetry::log::warn("{}; changes there are not noticed{}{}", failure->message,
                                 failure->hint.empty() ? "" : ": ", failure->hint);
        }
    }
    folders_ = std::move(next);
}

void ConfigWatch::on_event() {
    const Time now = loop_.now();
    if (settle_at_most_ == Time::max()) settle_at_most_ = now + kSettleMax;
    settle_.set(std::min(now + kSettle, settle_at_most_));
}

void ConfigWatch::on_settled() {
    settle_at_most_ = Time::max();
    start_look();
}

void ConfigWatch::start_look() {
    if (is_looking_) {
        looks_again_ = true;
        return;
    }
    is_looking_ = true;
    struct Found {
        Looks looks;
        std::vector<std::string> folders;
    };
    const auto found = std::make_shared<Found>();
    // One look at a time, so there is always room for it.
    (void)background_->run(
        [found, list = list_] {
            found->looks = look_at(list);
            found->folders = folders_on_the_way(list);
        },
        [this, found] { on_looked(found->looks, found->folders); });
}

void ConfigWatch::on_looked(const Looks& now, const std::vector<std::string>& way) {
    is_looking_ = false;
    if (std::exchange(looks_again_, false)) {
        start_look();  // perhaps at another list; what was found now is found again
        return;
    }
    // A link leads elsewhere: from now on its new target is watched too.
    const bool is_way_same =
        std::equal(way.begin(), way.end(), folders_.begin(), folders_.end(),
                   [](const std::string& path, const Folder& each) { return path == each.path; });
    if (!is_way_same) {
        watch_folders();
        on_event();  // for what happened there before it was watched
    }
    const bool is_told = is_changed(now);
    seen_ = now;
    seen_folders_ = list_.folders;
    if (!is_told) return;
    const std::function<void()> call = on_changed_;
    call();  // last: it may destroy this
}

bool ConfigWatch::is_changed(const Looks& now) const {
    for (const auto& [path, look] : now) {
        const auto before = seen_.find(path);
        if (before != seen_.end()) {
            if (!look.same_content(before->second)) return true;
        } else if (is_in(seen_folders_, path)) {
            return true;  // it came
        } else if (!look.is_there || look.changed + kFileClockTick >= read_since_) {
            return true;  // read as something else than it is now
        }
    }
    // A listed file that went is looked at all the same; a folder's is missing from the looks.
    return std::any_of(seen_.begin(), seen_.end(), [&](const auto& each) {
        return each.second.is_there && is_in(list_.folders, each.first) &&
               !now.contains(each.first);
    });
}

}  // namespace fairlead::runtime
