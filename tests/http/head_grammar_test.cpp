// Heads with a byte changed, put in or taken out, held against a reader that does one thing after
// the other: what the parser takes is what the grammar takes, with the same fields.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/text.h"
#include "proxy/http/target.h"
#include "tests/http/parsing.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

using Fields = std::vector<std::string>;

bool holds_only(std::string_view text, std::string_view letters) {
    return text.find_first_not_of(letters) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kAlphanumeric =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool is_plain_token(std::string_view text) {
    return !text.empty() && holds_only(text, std::string(kAlphanumeric) + "!#$%&'*+-.^_`|~");
}

/// One after the other, each up to the first `separator`.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    for (std::size_t end = text.find(separator); end != std::string_view::npos;
         end = text.find(separator)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + separator.size());
    }
    parts.push_back(text);
    return parts;
}

std::string_view without_blanks(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// Of the targets a changed byte makes out of the ones below.
bool is_good_target(std::string_view target) {
    if (!target.starts_with('/')) return false;
    for (const char c : target) {
        if (c <= ' ' || c > '~' || c == '#') return false;
    }
    const std::string_view path = target.substr(0, target.find('?'));
    if (path.find('\\') != std::string_view::npos || path == "/..") return false;
    for (std::size_t at = path.find('%'); at != std::string_view::npos;
         at = path.find('%', at + 1)) {
        const std::string_view code = path.substr(at + 1, 2);
        if (code.size() != 2 || !holds_only(code, "0123456789abcdefABCDEF") || code == "00") {
            return false;
        }
    }
    return true;
}

bool is_good_host(std::string_view host) {
    const std::vector<std::string_view> halves = split(host, ":");
    if (halves.size() > 2) return false;
    if (halves.size() == 2) {
        if (!holds_only(halves[1], kDigits) || halves[1].size() > 5) return false;
        if (!halves[1].empty() && std::stoul(std::string(halves[1])) > 65535) return false;
    }
    const std::vector<std::string_view> labels = split(halves[0], ".");
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const bool may_be_empty = i > 0 && i + 1 == labels.size();
        if (labels[i].empty() && !may_be_empty) return false;
        if (!holds_only(labels[i], std::string(kAlphanumeric) + "-_~!$&'()*+;=")) return false;
    }
    return true;
}

struct Framed {
    std::vector<std::string_view> lengths;
    unsigned codings = 0;
    unsigned hosts = 0;
};

bool is_good_field(std::string_view name, std::string_view value, Framed& framed) {
    if (iequals(name, "host")) {
        ++framed.hosts;
        return is_good_host(value);
    }
    if (iequals(name, "transfer-encoding")) {
        ++framed.codings;
        return iequals(value, "chunked");
    }
    if (iequals(name, "content-length")) {
        for (const std::string_view each : split(value, ",")) {
            const std::string_view digits = without_blanks(each);
            if (digits.empty() || digits.size() > 18 || !holds_only(digits, kDigits)) return false;
            framed.lengths.push_back(digits);
        }
    }
    return true;
}

bool is_good_line(std::string_view line, bool may_hold_tabs) {
    return std::all_of(line.begin(), line.end(), [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' ? may_hold_tabs : byte >= 0x20 && byte != 0x7F;
    });
}

/// The fields of a request whose head is whole and good, with one Content-Length for several.
std::optional<Fields> read_slowly(std::string_view bytes) {
    for (int empty_lines = 0; empty_lines < 2 && bytes.starts_with("\r\n"); ++empty_lines) {
        bytes.remove_prefix(2);
    }
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::vector<std::string_view> lines = split(bytes.substr(0, end), "\r\n");
    const std::vector<std::string_view> words = split(lines[0], " ");
    if (!is_good_line(lines[0], false) || words.size() != 3) return std::nullopt;
    if (words[0] != "GET" && words[0] != "PUT" && words[0] != "POST") return std::nullopt;
    if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0") return std::nullopt;
    if (!is_good_target(words[1])) return std::nullopt;
    const bool is_old = words[2] == "HTTP/1.0";
    Framed framed;
    Fields fields;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::size_t colon = lines[i].find(':');
        if (colon == std::string_view::npos || !is_good_line(lines[i], true)) return std::nullopt;
        const std::string_view name = lines[i].substr(0, colon);
        std::string_view value = without_blanks(lines[i].substr(colon + 1));
        if (!is_plain_token(name) || !is_good_field(name, value, framed)) return std::nullopt;
        if (iequals(name, "content-length")) {
            if (std::any_of(framed.lengths.begin(), framed.lengths.end(), [&](const auto& each) {
                    return std::stoull(std::string(each)) !=
                           std::stoull(std::string(framed.lengths[0]));
                })) {
                return std::nullopt;
            }
            if (std::any_of(fields.begin(), fields.end(), [](const std::string& field) {
                    return iequals(std::string_view(field).substr(0, 15), "content-length=");
                })) {
                continue;
            }
            value = framed.lengths[0];
        }
        fields.push_back(std::string(name) + "=" + std::string(value));
    }
    if (framed.codings > 1 || (framed.codings == 1 && is_old)) return std::nullopt;
    if (framed.codings == 1 && !framed.lengths.empty()) return std::nullopt;
    if (framed.hosts > 1 || (framed.hosts == 0 && !is_old)) return std::nullopt;
    return fields;
}

std::optional<Fields> read_by_parser(std::string_view bytes, Cuts cuts) {
    RequestHead head;
    if (parse_request(bytes, head, cuts).status != ParseStatus::Complete) return std::nullopt;
    std::string storage;
    Target target;
    const HeadError error = parse_target(head.method, head.text(head.target), storage, target);
    if (error.failure != Failure::None) return std::nullopt;
    return fields_of(head);
}

/// @param at  where the bytes are not as they were: the read is cut there once, too
void check_same(const std::string& bytes, std::size_t at) {
    const std::optional<Fields> wanted = read_slowly(bytes);
    const bool is_same =
        read_by_parser(bytes, Cuts::whole()) == wanted &&
        (at == 0 || read_by_parser(bytes, Cuts::every(at)) == wanted);  // CHECK costs more than all
    if (is_same) return;
    CAPTURE(bytes, at, wanted.has_value());
    CHECK(read_by_parser(bytes, Cuts::whole()) == wanted);
    CHECK(read_by_parser(bytes, Cuts::every(at)) == wanted);
}

const std::string kHeads[] = {
    "GET /ab?c=d HTTP/1.1\r\nHost: a.b:80\r\nX: y\r\n\r\n",
    "PUT /ab HTTP/1.0\r\nHost: a\r\nContent-Length: 121 \r\ncontent-length:121\r\n\r\n",
    "\r\nPOST /ab HTTP/1.1\r\nHost:a\r\nTransfer-Encoding:\t chunked\r\nX-Long-Name: long, long\r\n"
    "\r\n",
};

}  // namespace

TEST_CASE("a head with one byte changed is taken when the grammar takes it", "[http][h1]") {
    for (const std::string& head : kHeads) {
        REQUIRE(read_slowly(head).has_value());
        for (std::size_t at = 0; at < head.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string changed = head;
                changed[at] = static_cast<char>(byte);
                check_same(changed, at);
            }
        }
    }
}

TEST_CASE("a head with one byte more or less is taken when the grammar takes it", "[http][h1]") {
    for (const std::string& head : kHeads) {
        for (std::size_t at = 0; at < head.size(); ++at) {
            check_same(std::string(head).erase(at, 1), at);
            for (int byte = 0; byte < 256; ++byte) {
                check_same(std::string(head).insert(at, 1, static_cast<char>(byte)), at);
            }
        }
    }
}

TEST_CASE("a line may begin, end and go wrong at every distance from where blocks of a read end",
          "[http][h1]") {
    // Blocks are of 16, 64 and 1,024 bytes: the pieces of this head wander over the edges of all.
    const std::string end = "Y: \t z \t\r\n\r\n";
    for (std::size_t length = 960; length <= 1100; ++length) {
        const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(length, 'x');
        check_same(begin + "\r\n" + end, begin.size() + 1);
        for (const std::string_view bad : {"\r", "\n", "\r\r\n", "\n\r\n", "\r\n ", "\r\n\t",
                                           "\r\n:", "\r\n\n", "\x7F\r\n", "\r\n\r"}) {
            check_same(begin + std::string(bad) + end, begin.size() + 1);
        }
        check_same(begin + std::string("\0\r\n", 3) + end, begin.size() + 1);
    }
}

TEST_CASE("a head means the same wherever it is cut in two", "[http][h1]") {
    std::string bytes = "POST /ab HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 45; ++i)
        bytes += "X-" + std::string(static_cast<std::size_t>(i), 'n') + "1:  v\t\r\n";
    bytes += "Content-Length: 3\r\nContent-Length: 3\r\n\r\n";
    REQUIRE(bytes.size() > 1000);
    const std::string with_body = bytes + "abc";
    const std::optional<Fields> wanted = read_slowly(bytes);
    REQUIRE(wanted.has_value());
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        RequestHead head;
        RequestParser parser;
        parser.start(head, {});
        const std::vector<char> first(with_body.begin(),
                                      with_body.begin() + static_cast<std::ptrdiff_t>(at));
        const std::vector<char> second(with_body.begin() + static_cast<std::ptrdiff_t>(at),
                                       with_body.end());
        CAPTURE(at);
        REQUIRE(parser.feed(first).status == ParseStatus::NeedMore);
        const ParseResult result = parser.feed(second);
        REQUIRE(result.status == ParseStatus::Complete);
        REQUIRE(result.consumed == bytes.size() - at);
        REQUIRE(fields_of(head) == *wanted);
        REQUIRE(head.body.bytes == 3);
    }
}

TEST_CASE("nothing of a message is in the next one's head", "[http][h1]") {
    const std::string rich =
        "POST /long/target?with=query HTTP/1.0\r\nHost: first\r\nConnection: keep-alive, "
        "upgrade\r\n"
        "Upgrade: x\r\nContent-Length: 7\r\nContent-Length: 7\r\nCookie: secret\r\n\r\n";
    const std::string plain = "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
    const std::string refused = "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\nX\r\n\r\n";
    RequestHead head;
    RequestParser parser;
    for (const std::string& before : {rich, refused, rich.substr(0, 60), std::string("\r\n\r")}) {
        parser.start(head, {});
        feed_all(parser, before, Cuts::every(5));
        parser.start(head, {});
        CHECK(feed_all(parser, plain, Cuts::whole()) == complete(plain.size()));
        CHECK(head.bytes == plain);
        CHECK(fields_of(head) == Fields{"Host=b"});
        CHECK(head.method == Method::Get);
        CHECK(head.minor == 1);
        CHECK(head.keep_alive);
        CHECK_FALSE(head.has_upgrade);
        CHECK_FALSE(head.expects_continue);
        CHECK(head.body.kind == BodyLength::Kind::None);
        CHECK(head.body.bytes == 0);
        CHECK(head.find(FieldId::ContentLength) == nullptr);
        CHECK(head.find(FieldId::Cookie) == nullptr);
    }
}

TEST_CASE("a refused request line says nothing of the request before", "[http][h1]") {
    RequestHead head;
    RequestParser parser;
    const std::string before = "HEAD /before HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const std::string_view refused :
         {"GET  / HTTP/1.1\r\n", "GET / HTTP/3.0\r\n", "GET\n", "G", "(", "GET /\x7F"}) {
        CAPTURE(refused);
        parser.start(head, {});
        REQUIRE(feed_all(parser, before, Cuts::whole()) == complete(before.size()));
        REQUIRE(head.method == Method::Head);
        parser.start(head, {});
        CHECK(feed_all(parser, refused, Cuts::whole()).status != ParseStatus::Complete);
        CHECK(head.method == Method::Get);
        CHECK(head.method_name().empty());
        CHECK(head.text(head.target).empty());
    }
}

}  // namespace fairlead::http
