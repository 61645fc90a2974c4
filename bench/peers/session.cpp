#include "bench/peers/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace fairlead::bench::peers {

Session::Session(SessionParts parts, const std::atomic<bool>& stop)
    : parts_(std::move(parts)), stop_(stop) {
    const char* no_color = std::getenv("NO_COLOR");
    may_draw_ = ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

void Session::show(const std::string& what) const {
    if (may_draw_) fmt::print(stderr, "\r\x1b[K{}", what);
}

}  // namespace fairlead::bench::peers
