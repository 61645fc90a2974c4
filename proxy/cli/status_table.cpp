#include "proxy/cli/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "proxy/base/text.h"
#include "proxy/base/units.h"

namespace fairlead::cli {
namespace {

using control::JsonValue;
using Row = std::array<std::string, 8>;

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::size_t kGap = 2;
constexpr std::size_t kStateColumn = 1;
constexpr std::size_t kReasonColumn = 7;
/// Columns of numbers: their values stand at the right.
constexpr std::array<bool, 8> kIsNumber{false, false, true, true, true, true, true, false};

/// What would move a cursor or change colours is shown as "?", and so is what is no UTF-8.
std::string harmless(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool is_control =
            byte < 0x20 || byte == 0x7F ||
            (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0);
        if (length == 0 || is_control) {
            out += '?';
        } else {
            out += text.substr(at, length);
        }
        at += std::max<std::size_t>(length, 1);
    }
    return out;
}

/// Characters, of valid UTF-8; wide ones are counted as one.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string cut(std::string_view text, std::size_t width) {
    if (width == 0 || width_of(text) <= width) return std::string(text);
    const std::size_t kept = width > 3 ? width - 3 : width;
    std::size_t at = 0;
    for (std::size_t count = 0; count < kept && at < text.size(); ++count) {
        at += std::max<std::size_t>(utf8_length(text, at), 1);
    }
    return std::string(text.substr(0, at)) + (width > 3 ? "..." : "");
}

std::uint64_t sum(const JsonValue& counts) {
    std::uint64_t total = 0;
    for (const control::JsonMember& each : counts.table) total += each.value.number();
    return total;
}

std::string weight_text(const JsonValue& backend) {
    const std::string weight = std::to_string(backend.at("weight").number());
    const JsonValue* set = backend.at("override").find("file_weight");
    return set == nullptr ? weight : fmt::format("{} (file {})", weight, set->number());
}

Row row_of(const JsonValue& pool, const JsonValue& backend) {
    const JsonValue& counters = backend.at("counters");
    std::string reason = backend.at("reason").text;
    if (backend.at("override").at("added").truth) {
        reason = reason.empty() ? "added by hand" : "added by hand; " + reason;
    }
    return {harmless(pool.at("name").text + "/" + backend.at("name").text),
            harmless(backend.at("state").text),
            std::to_string(backend.at("in_flight").number()),
            weight_text(backend),
            std::to_string(backend.at("tier").number()),
            std::to_string(sum(counters.at("requests"))),
            std::to_string(sum(counters.at("failures"))),
            harmless(reason)};
}

std::string_view colour_of(std::string_view state) {
    if (state == "up" || state == "rising") return kGreen;
    if (state == "down" || state == "ejected") return kRed;
    return state.empty() ? std::string_view() : kYellow;
}

class Table {
  public:
    explicit Table(const Terminal& terminal) : terminal_(terminal) {
        add({"backend", "state", "in flight", "weight", "tier", "requests", "failures", "reason"});
    }

    void add(Row row) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths_[column] = std::max(widths_[column], width_of(row[column]));
        }
        rows_.push_back(std::move(row));
    }

    std::string text() {
        shrink_names();
        std::string out;
        for (const Row& row : rows_) append(out, row, &row == &rows_.front());
        return out;
    }

  private:
    /// Long names give way to the reason, down to a third of the terminal.
    void shrink_names() {
        if (terminal_.columns == 0) return;
        widths_[0] = std::min(widths_[0], std::max<std::size_t>(terminal_.columns / 3, 12));
    }

    void append(std::string& out, const Row& row, bool is_head) const {
        std::size_t left = terminal_.columns == 0 ? std::string::npos : terminal_.columns;
        const std::string_view colour =
            terminal_.has_colour && !is_head ? colour_of(row[kStateColumn]) : std::string_view();
        for (std::size_t column = 0; column < row.size() && left > 0; ++column) {
            std::string cell =
                column == kReasonColumn ? row[column] : cut(row[column], widths_[column]);
            if (column != kReasonColumn) {
                const std::string padding(widths_[column] - width_of(cell), ' ');
                cell = kIsNumber[column] ? padding + cell : cell + padding;
            }
            if (left != std::string::npos) cell = cut(cell, left);
            const bool is_coloured = column == kStateColumn && !colour.empty();
            if (is_coloured) out += colour;
            out += cell;
            if (is_coloured) out += kPlain;
            if (left != std::string::npos) left -= width_of(cell);
            const std::size_t gap = std::min(kGap, left);
            if (column + 1 < row.size()) {
                out.append(gap, ' ');
                if (left != std::string::npos) left -= gap;
            }
        }
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    }

    const Terminal& terminal_;
    std::vector<Row> rows_;
    std::array<std::size_t, 8> widths_{};
};

std::string head_line(const JsonValue& status) {
    const auto uptime =
        std::chrono::seconds{static_cast<std::int64_t>(status.at("uptime").number())};
    return fmt::format("fairlead {}, generation {}, up {}, {}, {} of {} client connections",
                       status.at("version").text, status.at("generation").number(),
                       format_duration(uptime), status.at("ready").truth ? "ready" : "not ready",
                       status.at("connections").number(), status.at("max_connections").number());
}

/// What a person should know of the configuration; empty when all is well.
std::vector<std::string> config_lines(const JsonValue& config) {
    std::vector<std::string> lines;
    const JsonValue& last = config.at("last_reload");
    if (last.at("result").text == "refused") {
        // The first line says why, whether it is a mistake in the file or something in the way.
        const std::string& errors = last.at("errors").text;
        lines.push_back(fmt::format("the last reload was refused, {} ({}): {}",
                                    last.at("when").text, last.at("trigger").text,
                                    errors.substr(0, errors.find('\n'))));
    } else if (config.at("file_differs").truth) {
        lines.push_back(fmt::format("file differs from running: fairlead diff -c {} shows how",
                                    config.at("file").text));
    }
    if (const std::string& left = config.at("confirm_left").text; !left.empty()) {
        lines.push_back("goes back in " + left + " unless confirmed: fairlead confirm");
    }
    return lines;
}

std::string listener_line(const JsonValue& listener) {
    std::string text = "listener " + listener.at("name").text + ":";
    for (const JsonValue& bind : listener.at("bind").list) text += " " + bind.text;
    return text + fmt::format(", {} connections", listener.at("connections").number());
}

}  // namespace

std::string status_table(const JsonValue& status, const Terminal& terminal) {
    std::string out;
    const auto add_line = [&](std::string_view text, std::string_view colour = {}) {
        if (terminal.has_colour) out += colour;
        out += cut(harmless(text), terminal.columns);
        if (terminal.has_colour && !colour.empty()) out += kPlain;
        out += '\n';
    };
    add_line(head_line(status));
    for (const std::string& line : config_lines(status.at("config"))) add_line(line, kYellow);
    for (const JsonValue& listener : status.at("listeners").list) {
        add_line(listener_line(listener));
    }
    Table table(terminal);
    for (const JsonValue& pool : status.at("pools").list) {
        for (const JsonValue& backend : pool.at("backends").list) table.add(row_of(pool, backend));
    }
    return out + "\n" + table.text();
}

}  // namespace fairlead::cli
