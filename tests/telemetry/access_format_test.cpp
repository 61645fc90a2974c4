#include "proxy/telemetry/access_format.h"

#include <chrono>
#include <string>
#include <vector>

#include "proxy/base/text.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::telemetry;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

using Write = char* (*)(char*, const AccessEntry&, std::string_view, TimeText&);

/// The line in a buffer of exactly the promised size, so that an overrun shows under asan.
std::string line(Write write, const AccessEntry& entry) {
    std::vector<char> bytes(line_bytes_max(entry, entry.path));
    TimeText time;
    char* const end = write(bytes.data(), entry, entry.path, time);
    const auto size = static_cast<std::size_t>(end - bytes.data());
    REQUIRE(size <= bytes.size());
    return {bytes.data(), size};
}

AccessEntry example() {
    AccessEntry entry;
    entry.time = WallTime{1'767'323'045'678ms};
    entry.id = "5f2c";
    entry.listener = "web";
    entry.client = "192.0.2.7";
    entry.peer = "10.1.0.1:40112";
    entry.method = "GET";
    entry.host = "example.com";
    entry.path = "/v1/users?page=2";
    entry.proto = "HTTP/1.1";
    entry.status = 200;
    entry.route = "api";
    entry.pool = "app";
    entry.backend = "b2";
    entry.bytes_in = 120;
    entry.bytes_out = 4096;
    entry.total = 12'345us;
    entry.queue = 0ms;
    entry.first_byte = 12ms;
    entry.user_agent = "curl/8.5.0";
    return entry;
}

/// The text of one field after it went through a line.
std::string escaped(std::string_view text) {
    AccessEntry entry;
    entry.user_agent = text;
    const std::string whole = line(write_json, entry);
    constexpr std::string_view kBefore = "\"user_agent\":\"";
    const std::size_t start = whole.find(kBefore) + kBefore.size();
    return whole.substr(start, whole.size() - start - 3);
}

bool is_valid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

}  // namespace

TEST_CASE("a JSON line has every field, in one order", "[telemetry][access_log]") {
    const AttemptEntry attempts[] = {{"b1", "connect_refused", 250us}, {"b2", "none", 11'900us}};
    AccessEntry entry = example();
    entry.attempts = attempts;
    CHECK(
        line(write_json, entry) ==
        R"({"time":"2026-01-02T03:04:05.678Z","id":"5f2c","listener":"web","client":"192.0.2.7",)"
        R"("peer":"10.1.0.1:40112","method":"GET","host":"example.com","path":"/v1/users?page=2",)"
        R"("proto":"HTTP/1.1","status":200,"failure":"none","route":"api","pool":"app",)"
        R"("backend":"b2","attempts":[{"backend":"b1","reason":"connect_refused","ms":0.25},)"
        R"({"backend":"b2","reason":"none","ms":11.9}],"bytes_in":120,"bytes_out":4096,)"
        R"("ms":{"total":12.345,"queue":0,"connect":null,"first_byte":12},"tls":"",)"
        R"("user_agent":"curl/8.5.0"})"
        "\n");
}

TEST_CASE("what is not known is there all the same", "[telemetry][access_log]") {
    AccessEntry entry;
    entry.status = 499;
    entry.failure = Failure::ClientClosed;
    CHECK(line(write_json, entry) ==
          R"({"time":"1970-01-01T00:00:00.000Z","id":"","listener":"","client":"","peer":"",)"
          R"("method":"","host":"","path":"","proto":"","status":499,"failure":"client_closed",)"
          R"("route":"","pool":"","backend":"","attempts":[],"bytes_in":0,"bytes_out":0,)"
          R"("ms":{"total":0,"queue":null,"connect":null,"first_byte":null},"tls":"",)"
          R"("user_agent":""})"
          "\n");
}

TEST_CASE("the common format is NCSA's", "[telemetry][access_log]") {
    CHECK(
        line(write_common, example()) ==
        "192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] \"GET /v1/users?page=2 HTTP/1.1\" 200 4096\n");

    AccessEntry session;
    session.client = "192.0.2.7";
    CHECK(line(write_common, session) == "192.0.2.7 - - [01/Jan/1970:00:00:00 +0000] \"-\" 0 0\n");

    AccessEntry hostile = example();
    hostile.path = "/\"\n\\\x1b\xC3\xA9";
    CHECK(line(write_common, hostile).find("\"GET /\\x22\\x0a\\x5c\\x1b\\xc3\\xa9 HTTP/1.1\"") !=
          std::string::npos);
}

TEST_CASE("no byte of a client breaks a line", "[telemetry][access_log]") {
    struct Row {
        std::string_view text;
        std::string_view shown;
    };
    const Row row = GENERATE(
        Row{"a\"b", "a\\\"b"}, Row{"a\\b", "a\\\\b"}, Row{"\n\r\t", "\\u000a\\u000d\\u0009"},
        Row{"nul \0 byte"sv, "nul \\u0000 byte"}, Row{"\x1b[2J", "\\u001b[2J"},
        Row{"del \x7f", "del \\u007f"}, Row{"caf\xC3\xA9", "caf\xC3\xA9"},
        Row{"\xF0\x9F\x9A\x80 launch", "\xF0\x9F\x9A\x80 launch"},
        Row{"overlong \xC0\xAF", "overlong \\ufffd\\ufffd"},
        Row{"surrogate \xED\xA0\x80", "surrogate \\ufffd\\ufffd\\ufffd"},
        Row{"too high \xF4\x90\x80\x80", "too high \\ufffd\\ufffd\\ufffd\\ufffd"},
        Row{"cut off \xE2\x82", "cut off \\ufffd\\ufffd"}, Row{"\xFF\xFE", "\\ufffd\\ufffd"},
        Row{"csi \xC2\x9B", "csi \\u009b"}, Row{"sp \xC2\xA0", "sp \xC2\xA0"});
    CHECK(escaped(row.text) == row.shown);
}

TEST_CASE("every byte is treated alike at every place of a text", "[telemetry][access_log]") {
    // The fast way takes eight bytes at once, four, or fewer: each byte value goes through all.
    for (std::size_t length = 1; length <= 20; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (int value = 0; value < 256; ++value) {
                std::string text(length, 'a');
                text[at] = static_cast<char>(value);
                std::string expected;
                for (const char c : text) {
                    const auto byte = static_cast<unsigned char>(c);
                    if (c == '"' || c == '\\') {
                        expected += std::string{'\\', c};
                    } else if (byte >= 0x80) {
                        expected += "\\ufffd";
                    } else if (byte < 0x20 || byte == 0x7F) {
                        constexpr char kDigits[] = "0123456789abcdef";
                        expected += std::string{"\\u00"} + kDigits[byte >> 4] + kDigits[byte & 15];
                    } else {
                        expected += c;
                    }
                }
                const std::string shown = escaped(text);
                if (shown != expected) {
                    CAPTURE(length, at, value);
                    CHECK(shown == expected);
                }
            }
        }
    }
    CHECK(escaped("abcdefghijklmnop") == "abcdefghijklmnop");
}

TEST_CASE("a text beyond all bounds is cut, and the line still fits", "[telemetry][access_log]") {
    const std::string worst(1'000'000, '\x01');
    AccessEntry entry;
    entry.id = entry.listener = entry.client = entry.peer = entry.method = entry.host = worst;
    entry.path = entry.proto = entry.route = entry.pool = entry.backend = worst;
    entry.tls = entry.user_agent = worst;
    entry.status = 599;
    entry.bytes_in = entry.bytes_out = UINT64_MAX;
    entry.total = entry.queue = entry.connect = entry.first_byte = Duration::max();
    const std::vector<AttemptEntry> attempts(1000, AttemptEntry{worst, worst, Duration::max()});
    entry.attempts = attempts;

    const std::string json = line(write_json, entry);
    CHECK(is_valid_utf8(json));
    CHECK(json.find("\\u0001...\",\"listener\"") != std::string::npos);
    CHECK(json.find('\n') == json.size() - 1);
    CHECK(line(write_common, entry).back() == '\n');
}

TEST_CASE("a cut inside a character leaves valid UTF-8", "[telemetry][access_log]") {
    std::string text(kLogTextBytesMax - 1, 'a');
    text += "\xC3\xA9";
    const std::string shown = escaped(text);
    CHECK(shown == std::string(kLogTextBytesMax - 1, 'a') + "\\ufffd...");
}

TEST_CASE("milliseconds have no more decimals than they need", "[telemetry][access_log]") {
    struct Row {
        Duration duration;
        std::string_view shown;
    };
    const Row row = GENERATE(Row{0ns, "0"}, Row{999ns, "0"}, Row{1us, "0.001"}, Row{10us, "0.01"},
                             Row{100us, "0.1"}, Row{1ms, "1"}, Row{1'050us, "1.05"},
                             Row{1'234'567ns, "1.234"}, Row{1h, "3600000"}, Row{-1ns, "null"});
    AccessEntry entry;
    entry.total = row.duration;
    CHECK(line(write_json, entry).find("\"ms\":{\"total\":" + std::string{row.shown} + ",") !=
          std::string::npos);
}

TEST_CASE("times follow one another over all borders", "[telemetry][access_log]") {
    TimeText time;
    CHECK(time.rfc3339(WallTime{951'782'399'999ms}) == "2000-02-28T23:59:59.999Z");
    CHECK(time.rfc3339(WallTime{951'782'400'000ms}) == "2000-02-29T00:00:00.000Z");
    CHECK(time.rfc3339(WallTime{951'782'400'007ms}) == "2000-02-29T00:00:00.007Z");
    CHECK(time.common(WallTime{951'782'399'999ms}) == "28/Feb/2000:23:59:59 +0000");
    CHECK(time.rfc3339(WallTime{951'782'400'007ms}) == "2000-02-29T00:00:00.007Z");
    CHECK(time.rfc3339(WallTime{-5ms}) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("a query is shown, hidden or freed of its secrets", "[telemetry][access_log]") {
    std::string scratch;
    const std::string_view target = "/login?user=me&token=abc";
    CHECK(shown_target(target, AccessQuery::On, scratch) == target);
    CHECK(shown_target(target, AccessQuery::Off, scratch) == "/login");
    CHECK(shown_target(target, AccessQuery::Redact, scratch) == "/login?user=me&token=redacted");
    CHECK(shown_target("/plain", AccessQuery::Redact, scratch) == "/plain");
    CHECK(shown_target("/q?", AccessQuery::Redact, scratch) == "/q?");
}
