/// What one stream of an H2Session still has to say. Of H2Session alone: others know it by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::http {

class H2Stream {
  public:
    std::int32_t id = 0;
    std::size_t index = 0;  ///< among the streams of its session
    void* user = nullptr;
    std::string pending;  ///< payload that waits
    std::size_t pending_begin = 0;
    std::string_view passing;  ///< payload behind it, lent for the time of one call
    std::string trailers;
    bool is_last = false;         ///< nothing comes behind pending and passing
    bool is_deferred = false;     ///< nghttp2 waits for more of it
    bool is_draining = false;     ///< was pending, and is told when it is no more
    bool has_final_head = false;  ///< client: what comes now is a body or trailers
    bool is_reset = false;        ///< we have ended it
    bool is_reset_by_peer = false;

    /// Its owner wants to know what comes.
    bool is_heard() const { return !is_reset && user != nullptr; }
    std::size_t size() const { return pending.size() - pending_begin + passing.size(); }
    /// The next bytes of it, into `out`.
    void take(std::size_t bytes, std::string& out) {
        const std::size_t first = std::min(bytes, pending.size() - pending_begin);
        out.append(pending, pending_begin, first);
        pending_begin += first;
        if (pending_begin == pending.size()) {
            pending.clear();
            pending_begin = 0;
        }
        out.append(passing.substr(0, bytes - first));
        passing.remove_prefix(bytes - first);
    }
};

}  // namespace fairlead::http
