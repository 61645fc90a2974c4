#include "proxy/cli/demo_screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "bench/figures.h"

namespace fairlead::cli {

namespace {

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

std::size_t terminal_columns(std::FILE* file) {
    winsize size{};
    const bool is_known = ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : 80;
}

/// Cuts to the columns, then colours, so that the codes count for nothing.
void add_line(std::string& out, std::string_view text, std::string_view colour,
              std::size_t columns) {
    out += colour;
    out += text.substr(0, columns);
    if (!colour.empty()) out += kPlain;
    out += '\n';
}

std::string_view colour_of(const DemoRow& row) {
    if (row.is_alive && row.backend.is_usable) return kGreen;
    return row.is_alive || row.backend.is_usable ? kYellow : kRed;
}

}  // namespace

std::string demo_table(const DemoView& view, std::size_t columns) {
    std::string out;
    add_line(out,
             fmt::format("{:<8}{:<8}{:<12}{:>12}{:>10}  {}", "origin", "is", "seen as", "requests",
                         "running", "because"),
             {}, columns);
    for (const DemoRow& row : view.rows) {
        add_line(out,
                 fmt::format("{:<8}{:<8}{:<12}{:>12}{:>10}  {}", row.name,
                             row.is_alive ? "alive" : "dead", row.backend.state,
                             bench::human_number(row.backend.requests), row.backend.in_flight,
                             row.backend.reason),
                 colour_of(row), columns);
    }
    add_line(out,
             fmt::format("{:>6.1f}s  {} requests, {}/s, {} retries, {} client-visible failures",
                         std::chrono::duration<double>(view.elapsed).count(),
                         bench::human_number(view.requests),
                         bench::human_number(view.requests_per_second),
                         bench::human_number(view.retries), bench::human_number(view.failures)),
             view.failures > 0 ? kRed : std::string_view(), columns);
    return out;
}

bool DemoScreen::may_draw_on(std::FILE* file) {
    const char* no_color = std::getenv("NO_COLOR");
    return ::isatty(::fileno(file)) == 1 && (no_color == nullptr || *no_color == '\0');
}

/// Moves up over the table and clears to the end of the screen.
void DemoScreen::erase() {
    const auto lines = std::count(table_.begin(), table_.end(), '\n');
    if (lines > 0) std::fputs(fmt::format("\x1b[{}A\x1b[J", lines).c_str(), out_);
}

void DemoScreen::show(const DemoView& view) {
    if (!is_live_) return;
    std::string table = demo_table(view, terminal_columns(out_));
    erase();
    table_ = std::move(table);
    std::fputs(table_.c_str(), out_);
    std::fflush(out_);
}

void DemoScreen::event(Duration elapsed, std::string_view what) {
    erase();
    const double seconds = std::chrono::duration<double>(elapsed).count();
    std::fputs(fmt::format("{:>6.1f}s  {}\n", seconds, what).c_str(), out_);
    std::fputs(table_.c_str(), out_);
    std::fflush(out_);
}

void DemoScreen::close(std::string_view text) {
    table_.clear();  // it stays where it is, as the last state
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
}

}  // namespace fairlead::cli
