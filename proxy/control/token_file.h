/// The file with the token that lets a caller change things over HTTP. Read at each use, so that a
/// token can be exchanged without a reload. Main thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/base/result.h"

namespace fairlead::control {

/// Reads a token: a regular file of at most 4 KiB that others than its owner and group can neither
/// read nor write; one line of visible ASCII.
/// @return the token, or what is wrong with the file and how to mend it
Result<std::string> read_token(const std::string& path);

class TokenFile {
  public:
    /// @param path  empty: there is none
    explicit TokenFile(std::string path) : path_(std::move(path)) {}

    bool exists() const { return !path_.empty(); }
    const std::string& path() const { return path_; }
    /// The token as the file has it now: it is read each time, for changes are rare. Nothing when
    /// there is none, or when it cannot be used: the log then says why, once for each reason.
    /// @return valid until the next call
    std::optional<std::string_view> token();

  private:
    std::string path_;
    std::string token_;
    std::string complaint_;  ///< the last one logged
};

}  // namespace fairlead::control
