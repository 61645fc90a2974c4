/// Tells when something in a folder changes. Lives on its loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/base/error.h"
#include "proxy/net/loop.h"

namespace fairlead::net {

/// Watches a path, not one folder for ever: a folder that is missing is found when it comes, and
/// one that is replaced (deleted and made again, a symbolic link on the way pointed elsewhere) is
/// followed. For that every folder on the way is watched as well, but only for the next name.
class FolderWatch {
  public:
    /// @param path       relative to the working directory of now, or absolute
    /// @param on_change  something in the folder was made, removed, renamed or written to, or the
    ///                   path leads to another folder than before. Often several times for one
    ///                   change, sometimes for none; may destroy the watch
    FolderWatch(Loop& loop, const std::string& path, std::function<void()> on_change);
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    const std::string& path() const;  ///< absolute
    /// Why the folder cannot be watched although it is there: no permission, a limit of the system.
    /// A missing folder is no failure.
    const std::optional<Error>& failure() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::net
