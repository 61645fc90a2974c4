/// The demo's output while it runs: on a terminal a table that is drawn over itself, with events
/// scrolling by above it; elsewhere, and with NO_COLOR, one plain line for each event and no table.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/cli/demo_balancer.h"

namespace fairlead::cli {

struct DemoRow {
    std::string name;      ///< of the origin
    bool is_alive = true;  ///< the process, not what the balancer thinks
    DemoBackend backend;
};

struct DemoView {
    Duration elapsed{};
    std::vector<DemoRow> rows;
    std::uint64_t requests = 0;
    std::uint64_t requests_per_second = 0;
    std::uint64_t failures = 0;
    std::uint64_t retries = 0;
};

/// The table, one line each for head, origins and totals; colours as terminal codes.
/// @param columns  of the terminal; longer lines are cut, or drawing over them would go wrong
std::string demo_table(const DemoView& view, std::size_t columns);

class DemoScreen {
  public:
    /// @param is_live  `out` is a terminal and may be drawn on
    DemoScreen(std::FILE* out, bool is_live) : out_(out), is_live_(is_live) {}

    void show(const DemoView& view);
    /// "  3.2s  b killed", below the earlier ones.
    void event(Duration elapsed, std::string_view what);
    /// Text after which no table is drawn any more.
    void close(std::string_view text);

    /// Is `file` a terminal, and is NO_COLOR not set?
    static bool may_draw_on(std::FILE* file);

  private:
    void erase();

    std::FILE* out_;
    bool is_live_;
    std::string table_;  ///< as it stands on the terminal
};

}  // namespace fairlead::cli
