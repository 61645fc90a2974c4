#include "conf/read_http2.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "conf/read_rate.h"
#include "proxy/base/units.h"

namespace fairlead::conf {
namespace {

constexpr std::array<std::string_view, 2> kVersions{"h2", "http/1.1"};
constexpr std::string_view kRateCure = "as \"200/30s\": so many in that time";

void read_versions(Section& section, Listener& out) {
    std::vector<Text> texts;
    if (!section.texts("http", texts)) {
        if (out.tls) out.http.assign(kVersions.begin(), kVersions.end());
        return;
    }
    out.http.clear();
    for (const Text& text : texts) {
        if (std::find(kVersions.begin(), kVersions.end(), text.text) == kVersions.end()) {
            section.unknown_word(text.place, "http", text.text, kVersions);
        } else if (std::find(out.http.begin(), out.http.end(), text.text) != out.http.end()) {
            section.error(text.place, fmt::format("\"{}\" is in \"http\" twice", text.text),
                          "remove one of them");
        } else {
            out.http.push_back(text.text);
        }
    }
    if (texts.empty()) {
        section.error(section.value_place("http"), "\"http\" is empty",
                      "write http = [\"h2\", \"http/1.1\"]");
    }
}

/// "200/30s", or "none".
void read_resets(Section& section, Http2& out) {
    std::string text;
    if (!section.text("resets", text)) return;
    if (text == "none") {
        out.resets = kUnlimited;
        return;
    }
    const std::optional<CountPer> rate = parse_count_per(text);
    if (!rate) {
        section.error(section.value_place("resets"),
                      fmt::format("\"{}\" is no number of resets in a time", text),
                      std::string(kRateCure) + ", 1 to 1000000 in 1s to 1h");
        return;
    }
    out.resets = rate->count;
    out.resets_over = rate->period;
}

}  // namespace

void read_http2(Section& section, Listener& out) {
    read_versions(section, out);
    const bool is_written = section.table("h2", [&](Section& h2) {
        constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
        h2.number("streams", out.h2.streams, {1, 10'000});
        read_resets(h2, out.h2);
        h2.size("window", out.h2.window_bytes, {16 * 1024, 16 * kMiB});
        h2.size("connection_window", out.h2.connection_window_bytes, {64 * 1024, 64 * kMiB});
    });
    if (is_written && out.mode == Mode::Http && !out.takes_h2()) {
        section.error(section.key_place("h2"), "\"h2\" has no effect without HTTP/2",
                      "add http = [\"h2\", \"http/1.1\"]");
    }
}

}  // namespace fairlead::conf
