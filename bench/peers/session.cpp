#include "bench/peers/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace fairlead::bench::peers {

Session::Session(SessionParts parts, const std::atomic<bool>& stop)
    : parts_(std::move(parts)), stop_(stop) {
    const char* no_color = std::getenv("NO_COLOR");
    may_draw_ = ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

void Session::note_unfinished(std::size_t first, std::string_view why) {
    for (std::size_t i = first; i < tables_.size(); ++i) {
        std::string done;
        for (const PeerFigures& peer : tables_[i].peers) {
            std::size_t rounds = 0;
            for (const Series& series : peer.series) {
                rounds = std::max(rounds, series.rounds.size());
            }
            done += fmt::format("{}{} {}", done.empty() ? "" : ", ", peer.peer, rounds);
        }
        tables_[i].notes.push_back(done.empty() ? fmt::format("{} before a turn ended", why)
                                                : fmt::format("{} after turns: {}", why, done));
    }
}

void Session::show(const std::string& what) const {
    if (may_draw_) fmt::print(stderr, "\r\x1b[K{}", what);
}

}  // namespace fairlead::bench::peers
