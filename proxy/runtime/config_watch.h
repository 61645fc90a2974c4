/// `[process] watch`: notices that the content of the configuration's files has changed. Main's
/// thread and loop; files are read in the background.
///
/// An event of a folder only starts a look: what decides is content. So an editor that renames a
/// new file over the old one, a link that is swapped (as Kubernetes swaps `..data`) and a plain
/// write all count once, and `touch` does not count at all.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/net/background.h"
#include "proxy/net/folder_watch.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::runtime {

/// What is to be looked at.
struct WatchList {
    std::vector<std::string> files;    ///< Model::files
    std::vector<std::string> folders;  ///< Model::include_folders; files that come there count too
};

class ConfigWatch {
  public:
    /// After an event, until no other came for so long.
    static constexpr Duration kSettle = std::chrono::milliseconds{200};
    /// But never longer than this, however many come.
    static constexpr Duration kSettleMax = std::chrono::seconds{2};

    /// @param on_changed  content differs from what was there before; may call watch(), may destroy
    ///                    this
    ConfigWatch(net::Loop& loop, std::function<void()> on_changed);
    ~ConfigWatch();
    ConfigWatch(const ConfigWatch&) = delete;
    ConfigWatch& operator=(const ConfigWatch&) = delete;

    /// Watches these from now on, in place of those of before. Call it at the start and after every
    /// reload, also after one that was refused.
    /// @param read_since  when reading what is in force began. A file that is new to this object
    ///                    and changed after that counts as changed, so nothing is missed between
    ///                    the two.
    void watch(WatchList list, WallTime read_since);

    /// What a file was at one look.
    struct Look {
        bool is_there = false;
        std::uint64_t hash = 0;
        WallTime changed{};  ///< the file, or a link on the way to it

        bool same_content(const Look& other) const {
            return is_there == other.is_there && hash == other.hash;
        }
    };
    using Looks = std::map<std::string, Look>;  ///< by path as listed

  private:
    void watch_folders();
    void on_event();
    void on_settled();
    void start_look();
    void on_looked(const Looks& now, const std::vector<std::string>& way);
    bool is_changed(const Looks& now) const;

    net::Loop& loop_;
    std::function<void()> on_changed_;
    WatchList list_;
    WallTime read_since_{};
    Looks seen_;
    std::vector<std::string> seen_folders_;  // those of the list of the last look
    struct Folder {
        std::string path;  // as folders_on_the_way() has it
        std::unique_ptr<net::FolderWatch> watch;
    };
    std::vector<Folder> folders_;
    std::vector<std::string> warned_;  // folders whose failure has been logged
    net::Deadline settle_;
    Time settle_at_most_ = Time::max();  // set while settling
    bool is_looking_ = false;
    bool looks_again_ = false;  // something happened during the look
    std::unique_ptr<net::Background> background_;
};

}  // namespace fairlead::runtime
