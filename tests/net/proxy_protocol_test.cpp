#include "proxy/net/proxy_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/crc32c.h"
#include "tests/support/catch.h"

namespace fairlead::net {
namespace {

using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string u16(std::size_t number) {
    return {static_cast<char>(number >> 8U), static_cast<char>(number)};
}

/// Version 2: the head with the right length, and what follows.
std::string block(char command, char family, const std::string& rest) {
    return kSignature + command + family + u16(rest.size()) + rest;
}

std::string tlv(char type, const std::string& value) { return type + u16(value.size()) + value; }

const std::string kV4 = "\x0A\0\0\1\xC0\xA8\0\2\x04\xD2\x01\xBB"s;  // 10.0.0.1:1234 192.168.0.2:443

/// `header` with a TLV for its checksum in place of "CRC!", whose value is four zeros.
std::string checked(std::string header) {
    const std::size_t at = header.find("CRC!");
    header.replace(at, 4, 4, '\0');
    std::uint32_t crc = kCrc32cBegin;
    for (const char c : header) crc = crc32c_step(crc, static_cast<std::uint8_t>(c));
    crc = crc32c_end(crc);
    for (std::size_t i = 0; i < 4; ++i) header[at + i] = static_cast<char>(crc >> (24U - 8U * i));
    return header;
}

/// "SOURCE > DESTINATION", "no addresses", "refused: REASON" or "more"; then the bytes consumed.
std::string read_by(std::string_view bytes, std::size_t step) {
    ProxyHeaderReader reader;
    std::size_t consumed = 0;
    while (!bytes.empty()) {
        // A copy of its own, so that a look beyond it is seen by the address sanitizer.
        const std::vector<char> part(
            bytes.begin(),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(step, bytes.size())));
        const ProxyHeaderResult result = reader.feed(part);
        CHECK(reader.has_begun());
        consumed += result.consumed;
        if (result.status == ProxyHeaderStatus::Refused) {
            return fmt::format("refused: {} ({})", result.reason, consumed);
        }
        if (result.status == ProxyHeaderStatus::Complete) {
            const ProxyHeader& header = reader.header();
            if (!header.has_addresses) return fmt::format("no addresses ({})", consumed);
            return fmt::format("{} > {} ({})", header.source.text(), header.destination.text(),
                               consumed);
        }
        CHECK(result.consumed == part.size());
        bytes.remove_prefix(part.size());
    }
    return fmt::format("more ({})", consumed);
}

/// The same however the bytes come, or the difference.
std::string answer_to(const std::string& bytes) {
    const std::string whole = read_by(bytes, bytes.size());
    for (const std::size_t step : {1U, 2U, 5U, 13U}) {
        const std::string pieces = read_by(bytes, step);
        if (pieces != whole) return whole + ", in pieces " + pieces;
    }
    return whole;
}

void check_refused(const std::vector<std::pair<std::string, std::string>>& cases) {
    for (const auto& [bytes, reason] : cases) {
        const std::string answer = answer_to(bytes);
        CAPTURE(bytes);
        CHECK(answer.substr(0, answer.rfind(" (")) == "refused: " + reason);
    }
}

SocketAddress at(const std::string& ip, std::uint16_t port) {
    const auto parsed = IpAddress::parse(ip);
    REQUIRE(parsed.has_value());
    return {*parsed, port, {}};
}

std::string written(ProxyVersion version, const SocketAddress& source,
                    const SocketAddress& destination) {
    return std::string(proxy_header(version, source, destination).bytes());
}

TEST_CASE("a line of version 1 gives both addresses", "[net][proxy_protocol]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"TCP4 10.0.0.1 192.168.0.2 1234 443", "10.0.0.1:1234 > 192.168.0.2:443"},
        {"TCP4 255.255.255.255 255.255.255.255 65535 65535",
         "255.255.255.255:65535 > 255.255.255.255:65535"},
        {"TCP4 10.0.0.1 192.168.0.2 0 1", "10.0.0.1:0 > 192.168.0.2:1"},
        {"TCP6 2001:db8::1 ::1 1234 443", "[2001:db8::1]:1234 > [::1]:443"},
        {"TCP6 2001:DB8:0:0:0:0:0:1 FE80::A 1 2", "[2001:db8::1]:1 > [fe80::a]:2"},
        {"TCP6 ::ffff:10.0.0.1 ::1 1 2", "10.0.0.1:1 > [::1]:2"},
        {"UNKNOWN", "no addresses"},
        {"UNKNOWN ffff::1 ffff::2 65535 65535", "no addresses"},
        {"UNKNOWN  whatever \x01 this is", "no addresses"},
    };
    for (const auto& [words, answer] : cases) {
        const std::string line = "PROXY " + words + "\r\n";
        CHECK(answer_to(line + "GET /") == fmt::format("{} ({})", answer, line.size()));
        CHECK(answer_to(line.substr(0, line.size() - 1)) ==
              fmt::format("more ({})", line.size() - 1));
    }
}

TEST_CASE("a malformed line of version 1 is refused", "[net][proxy_protocol]") {
    const std::string protocol = "a protocol that is none of TCP4, TCP6, UNKNOWN";
    const std::string words = "a line without two addresses and two ports, one space before each";
    const std::string address = "an address that is none of the line's family";
    const std::string port = "a port that is none";
    const std::string ending = "a line that does not end in CRLF";
    check_refused({
        {"PROXY \r\n", protocol},
        {"PROXY  TCP4 10.0.0.1 10.0.0.2 1 2\r\n", protocol},
        {"PROXY TCP 10.0.0.1 10.0.0.2 1 2\r\n", protocol},
        {"PROXY tcp4 10.0.0.1 10.0.0.2 1 2\r\n", protocol},
        {"PROXY UDP4 10.0.0.1 10.0.0.2 1 2\r\n", protocol},
        {"PROXY UNKNOWNX\r\n", protocol},
        {"PROXY TCP4\r\n", protocol},
        {"PROXY TCP4 \r\n", words},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1\r\n", words},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2 3\r\n", words},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2 \r\n", words},
        {"PROXY TCP4  10.0.0.1 10.0.0.2 1 2\r\n", words},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1  2\r\n", words},
        {"PROXY TCP4\t10.0.0.1 10.0.0.2 1 2\r\n", protocol},
        {"PROXY TCP4 10.0.0.1\t10.0.0.2 1 2\r\n", words},
        {"PROXY TCP4 10.0.0.01 10.0.0.2 1 2\r\n", address},
        {"PROXY TCP4 010.0.0.1 10.0.0.2 1 2\r\n", address},
        {"PROXY TCP4 10.0.0.256 10.0.0.2 1 2\r\n", address},
        {"PROXY TCP4 10.0.1 10.0.0.2 1 2\r\n", address},
        {"PROXY TCP4 ::1 10.0.0.2 1 2\r\n", address},
        {"PROXY TCP4 10.0.0.1 ::ffff:10.0.0.2 1 2\r\n", address},
        {"PROXY TCP6 10.0.0.1 ::1 1 2\r\n", address},
        {"PROXY TCP6 ::1 10.0.0.1 1 2\r\n", address},
        {"PROXY TCP6 1::2::3 ::1 1 2\r\n", address},
        {"PROXY TCP6 fe80::1%lo ::1 1 2\r\n", address},
        {"PROXY TCP6 [::1] ::1 1 2\r\n", address},
        {"PROXY TCP4 10.0.0.1\0 10.0.0.2 1 2\r\n"s, address},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 01 2\r\n", port},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 00 2\r\n", port},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 65536\r\n", port},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 +2\r\n", port},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 -1 2\r\n", port},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2x\r\n", port},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\n", ending},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\r\n", ending},
        {"PROXY TCP4 10.0.0.1 10.0.0.2 1\r 2\r\n", ending},
        {"PROXY UNKNOWN\n", ending},
    });
}

TEST_CASE("a line of version 1 has at most 107 bytes", "[net][proxy_protocol]") {
    const auto line = [](std::size_t bytes) {
        return "PROXY UNKNOWN " + std::string(bytes - 16, 'x') + "\r\n";
    };
    CHECK(answer_to(line(107)) == "no addresses (107)");
    CHECK(answer_to(line(108)) == "refused: a line longer than 107 bytes (108)");
    CHECK(answer_to("PROXY " + std::string(10000, 'x')) ==
          "refused: a line longer than 107 bytes (108)");
}

TEST_CASE("a connection without a header is refused at its first wrong byte",
          "[net][proxy_protocol]") {
    CHECK(answer_to("GET / HTTP/1.1\r\n") == "refused: no PROXY header (1)");
    CHECK(answer_to("POST / HTTP/1.1\r\n") == "refused: no PROXY header (2)");
    CHECK(answer_to("PROXY\r\n") == "refused: no PROXY header (6)");
    CHECK(answer_to("\x16\x03\x01") == "refused: no PROXY header (1)");
    CHECK(answer_to("\r\nGET /") == "refused: no PROXY header (3)");
    CHECK(answer_to("\r\n\r\n\0\r\nQUIT\r"s) == "refused: no PROXY header (12)");
}

TEST_CASE("a header of version 2 gives both addresses", "[net][proxy_protocol]") {
    const std::string v6 = std::string(15, '\0') + '\1' + "\x20\x01\x0d\xb8"s +
                           std::string(11, '\0') + '\2' + u16(1234) + u16(443);
    const std::string path = "/run/app.sock";
    const std::string unix_block =
        path + std::string(108 - path.size(), '\0') + std::string(108, '\0');
    CHECK(answer_to(block('\x21', '\x11', kV4) + "GET /") ==
          "10.0.0.1:1234 > 192.168.0.2:443 (28)");
    CHECK(answer_to(block('\x21', '\x12', kV4)) == "10.0.0.1:1234 > 192.168.0.2:443 (28)");
    CHECK(answer_to(block('\x21', '\x21', v6) + "x") == "[::1]:1234 > [2001:db8::2]:443 (52)");
    CHECK(answer_to(block('\x21', '\x31', unix_block) + "x") ==
          "unix:/run/app.sock > unix:@ (232)");
    CHECK(answer_to(block('\x21', '\x31', std::string(216, 'p'))) ==
          fmt::format("unix:{0} > unix:{0} (232)", std::string(108, 'p')));
}

TEST_CASE("a header of version 2 without a meaning for the addresses leaves them out",
          "[net][proxy_protocol]") {
    CHECK(answer_to(block('\x20', '\0', "") + "x") == "no addresses (16)");
    CHECK(answer_to(block('\x20', '\x11', kV4) + "x") == "no addresses (28)");
    CHECK(answer_to(block('\x20', '\x99', "anything") + "x") == "no addresses (24)");
    CHECK(answer_to(block('\x21', '\0', "") + "x") == "no addresses (16)");
    CHECK(answer_to(block('\x21', '\0', "anything") + "x") == "no addresses (24)");
    CHECK(answer_to(block('\x21', '\x01', kV4) + "x") == "no addresses (28)");
    CHECK(answer_to(block('\x21', '\x10', kV4) + "x") == "no addresses (28)");
}

TEST_CASE("a malformed header of version 2 is refused", "[net][proxy_protocol]") {
    const std::string v4_short = kV4.substr(1);
    check_refused({
        {block('\x11', '\x11', kV4), "a version that is not 2 behind the signature of version 2"},
        {block('\x31', '\x11', kV4), "a version that is not 2 behind the signature of version 2"},
        {block('\x22', '\x11', kV4), "a command that is neither LOCAL nor PROXY"},
        {block('\x2F', '\x11', kV4), "a command that is neither LOCAL nor PROXY"},
        {block('\x21', '\x41', kV4), "an unknown address family"},
        {block('\x21', '\x13', kV4), "an unknown transport"},
        {block('\x21', '\x11', v4_short), "a length too short for the addresses"},
        {block('\x21', '\x21', kV4), "a length too short for the addresses"},
        {block('\x21', '\x31', std::string(215, 'p')), "a length too short for the addresses"},
        {block('\x21', '\x11', ""), "a length too short for the addresses"},
    });
}

TEST_CASE("the TLVs of version 2 are skipped, when they are well formed", "[net][proxy_protocol]") {
    const std::string address = "10.0.0.1:1234 > 192.168.0.2:443";
    const std::string good = kV4 + tlv('\x04', "") + tlv('\x01', "h2") +
                             tlv('\x02', std::string(300, 'n')) + tlv('\xEE', "own");
    CHECK(answer_to(block('\x21', '\x11', good) + "x") ==
          fmt::format("{} ({})", address, 16 + good.size()));
    const std::string reason = "a TLV longer than the header";
    check_refused({
        {block('\x21', '\x11', kV4 + "\x01"), reason},
        {block('\x21', '\x11', kV4 + "\x01\0"s), reason},
        {block('\x21', '\x11', kV4 + "\x01\0\3h2"s) + "more", reason},
        {block('\x21', '\x11', kV4 + tlv('\x01', "h2") + "\x02"), reason},
        {block('\x21', '\x11', kV4 + "\x01\xFF\xFFh2"s), reason},
    });
}

TEST_CASE("a checksum in a header of version 2 is verified", "[net][proxy_protocol]") {
    const std::string good = checked(
        block('\x21', '\x11', kV4 + tlv('\x01', "h2") + tlv('\x03', "CRC!") + tlv('\4', "")));
    CHECK(answer_to(good + "x") ==
          fmt::format("10.0.0.1:1234 > 192.168.0.2:443 ({})", good.size()));
    for (std::size_t at = 16; at < good.size(); ++at) {
        CAPTURE(at);
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        // Where the byte belongs to a TLV's type or length, that is told instead; without the type
        // of the checksum there is none.
        const bool is_checksum_type = at == 16 + kV4.size() + 5;
        CHECK(answer_to(bad).starts_with("refused: ") != is_checksum_type);
    }
    check_refused({
        {block('\x21', '\x11', kV4 + tlv('\3', "CRC!")), "a wrong checksum"},
        {block('\x21', '\x11', kV4 + tlv('\3', "CRC")), "a checksum that is not 4 bytes long"},
        {block('\x21', '\x11', kV4 + tlv('\3', "")), "a checksum that is not 4 bytes long"},
        {checked(block('\x21', '\x11', kV4 + tlv('\3', "CRC!") + tlv('\3', "\0\0\0\0"s))),
         "two checksums"},
    });
}

TEST_CASE("a header of version 2 has at most 4 KiB", "[net][proxy_protocol]") {
    const auto header = [](std::size_t bytes) {
        return block('\x21', '\x11', kV4 + tlv('\4', std::string(bytes - 16 - 12 - 3, 'x')));
    };
    CHECK(answer_to(header(4096) + "x") == "10.0.0.1:1234 > 192.168.0.2:443 (4096)");
    CHECK(answer_to(header(4097)) == "refused: a header longer than 4 KiB (16)");
    CHECK(answer_to(block('\x20', '\0', std::string(4081, 'x'))) ==
          "refused: a header longer than 4 KiB (16)");
}

TEST_CASE("a header is written as the specification has it", "[net][proxy_protocol]") {
    const SocketAddress client = at("10.0.0.1", 1234);
    const SocketAddress here = at("192.168.0.2", 443);
    CHECK(written(ProxyVersion::V1, client, here) ==
          "PROXY TCP4 10.0.0.1 192.168.0.2 1234 443\r\n");
    CHECK(written(ProxyVersion::V2, client, here) == block('\x21', '\x11', kV4));
    CHECK(written(ProxyVersion::V1, at("2001:db8::1", 1), at("::1", 65535)) ==
          "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
    CHECK(written(ProxyVersion::V2, at("2001:db8::1", 1), at("::1", 65535)) ==
          block('\x21', '\x21',
                "\x20\x01\x0d\xb8"s + std::string(11, '\0') + '\1' + std::string(15, '\0') + '\1' +
                    u16(1) + u16(65535)));
    const std::string longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    CHECK(written(ProxyVersion::V1, at(longest, 65535), at(longest, 65535)) ==
          fmt::format("PROXY TCP6 {0} {0} 65535 65535\r\n", longest));
}

TEST_CASE("addresses of two families are both written as IPv6", "[net][proxy_protocol]") {
    const std::string v1 = written(ProxyVersion::V1, at("10.0.0.1", 1), at("2001:db8::1", 2));
    CHECK(v1 == "PROXY TCP6 ::ffff:a00:1 2001:db8::1 1 2\r\n");
    CHECK(answer_to(v1) == fmt::format("10.0.0.1:1 > [2001:db8::1]:2 ({})", v1.size()));
    const std::string v2 = written(ProxyVersion::V2, at("2001:db8::1", 1), at("10.0.0.1", 2));
    CHECK(answer_to(v2) == "[2001:db8::1]:1 > 10.0.0.1:2 (52)");
    CHECK(v2[13] == '\x21');
}

TEST_CASE("without an IP address on both sides the header says so", "[net][proxy_protocol]") {
    const SocketAddress ip = at("10.0.0.1", 1);
    const SocketAddress unix_socket{{}, 0, "/run/app.sock"};
    for (const SocketAddress& other : {unix_socket, SocketAddress{{}, 0, "@"}, SocketAddress{}}) {
        for (const auto& [source, destination] : {std::pair(ip, other), std::pair(other, ip)}) {
            CHECK(written(ProxyVersion::V1, source, destination) == "PROXY UNKNOWN\r\n");
            CHECK(written(ProxyVersion::V2, source, destination) == block('\x21', '\0', ""));
        }
    }
    CHECK(local_proxy_header(ProxyVersion::V1).bytes() == "PROXY UNKNOWN\r\n");
    CHECK(local_proxy_header(ProxyVersion::V2).bytes() == block('\x20', '\0', ""));
}

}  // namespace
}  // namespace fairlead::net
