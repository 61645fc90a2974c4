/// One run of `fairlead-bench peers`: what was asked for, what was found on this machine, and the
/// tables so far. Main's thread; scenarios are handed it by reference.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load_run.h"
#include "bench/peers/cpus.h"
#include "bench/peers/figures.h"
#include "bench/peers/peer.h"
#include "bench/peers/settings.h"
#include "proxy/base/result.h"

namespace fairlead::bench::peers {

/// What a session is given.
struct SessionParts {
    PeersSettings settings;
    std::filesystem::path bench;  ///< fairlead-bench, whose origin is used
    std::vector<Peer> peers;      ///< fairlead first
    Cpus cpus;
    std::filesystem::path folder;  ///< exists
};

class Session {
  public:
    /// @param stop  set when everything is to end
    Session(SessionParts parts, const std::atomic<bool>& stop);

    const PeersSettings& settings() const { return parts_.settings; }
    const std::vector<Peer>& peers() const { return parts_.peers; }
    const Cpus& cpus() const { return parts_.cpus; }
    const std::filesystem::path& bench() const { return parts_.bench; }
    const std::filesystem::path& folder() const { return parts_.folder; }
    const std::atomic<bool>& stop() const { return stop_; }
    bool is_stopped() const { return stop_.load(); }

    Result<RunReport> load(const LoadSettings& load) { return run_load(load, stop_); }

    /// A new table at the end; the reference stays good.
    FigureTable& add_table(FigureTable table) { return tables_.emplace_back(std::move(table)); }
    const std::deque<FigureTable>& tables() const { return tables_; }
    /// Adds a note to each table from this one on that it is not whole, and how far it got.
    /// @param why  "interrupted"
    void note_unfinished(std::size_t first, std::string_view why);

    /// Shows what is done now, on a terminal only, in place of what was shown before.
    void show(const std::string& what) const;
    /// Takes away what show() left.
    void clear() const { show(""); }

  private:
    SessionParts parts_;
    const std::atomic<bool>& stop_;
    std::deque<FigureTable> tables_;
    bool may_draw_;
};

}  // namespace fairlead::bench::peers
