#include "proxy/cli/status_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

#include "proxy/cli/status_table.h"
#include "proxy/cli/terminal.h"

namespace fairlead::cli {
namespace {

constexpr std::string_view kStatusPath = "/api/v1/status";
constexpr int kRefreshMilliseconds = 1000;
constexpr Duration kPatience = std::chrono::seconds{5};

volatile std::sig_atomic_t is_over = 0;

void end_watching(int) { is_over = 1; }

/// TERM and INT end the watch between two tables; a reader that went away is no signal.
void watch_signals() {
    struct sigaction action {};
    action.sa_handler = &end_watching;  // without SA_RESTART: waiting ends
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
}

/// The text is cut to a terminal's rows: what has scrolled away cannot be drawn over.
std::string first_rows(const std::string& text, std::size_t rows) {
    if (rows == 0) return text;
    std::size_t at = 0;
    for (std::size_t row = 0; row + 1 < rows; ++row) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) return text;
        at = end + 1;
    }
    return text.substr(0, at);
}

/// @return false when nobody reads any more
bool draw(std::string text, const Terminal& terminal, std::size_t& drawn_lines) {
    std::string out;
    if (terminal.is_terminal) {
        text = first_rows(text, terminal.rows);
        if (drawn_lines > 0) out += fmt::format("\x1b[{}A\x1b[J", drawn_lines);
    } else if (drawn_lines > 0) {
        out += '\n';
    }
    drawn_lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    out += text;
    return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
}

/// @return false when stdout was closed meanwhile
bool wait_for_refresh() {
    pollfd output{STDOUT_FILENO, 0, 0};
    return ::poll(&output, 1, kRefreshMilliseconds) <= 0;
}

int watch(const AdminClient& client, Result<AdminReply> reply) {
    watch_signals();
    std::size_t drawn_lines = 0;
    while (is_over == 0) {
        const Terminal terminal = look_at_terminal(stdout);
        // A balancer that is started anew comes back into the picture.
        const std::string text = !reply             ? reply.error().render()
                                 : reply->is_fine() ? status_table(reply->json, terminal)
                                                    : reply->error().render();
        if (!draw(text, terminal, drawn_lines) || !wait_for_refresh() || is_over != 0) break;
        reply = client.ask("GET", kStatusPath, {}, kPatience);
    }
    return 0;
}

}  // namespace

int show_status(const AdminClient& client, bool watches) {
    Result<AdminReply> reply = client.ask("GET", kStatusPath, {}, kPatience);
    if (!reply || !reply->is_fine()) {
        const Error error = reply ? reply->error() : reply.error();
        std::fputs(error.render().c_str(), stderr);
        return 1;
    }
    if (watches) return watch(client, std::move(reply));
    std::fputs(status_table(reply->json, look_at_terminal(stdout)).c_str(), stdout);
    return 0;
}

}  // namespace fairlead::cli
