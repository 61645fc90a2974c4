#include "proxy/net/client_hello.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/net/hello_bytes.h"
#include "tests/support/catch.h"

namespace fairlead::net {
namespace {

using test::extension;
using test::Hello;
using test::hello_for;
using test::host_name;
using test::in_records;
using test::recorded_hello;
using test::server_name;
using test::u16;
using test::u8;

/// "found NAME", "no name", "not TLS: REASON" or "more".
std::string said(const ClientHelloResult& result) {
    switch (result.status) {
        case ClientHelloStatus::Found:
            return "found " + std::string(result.name);
        case ClientHelloStatus::NoName:
            return "no name";
        case ClientHelloStatus::NotTls:
            return "not TLS: " + std::string(result.reason);
        case ClientHelloStatus::NeedMore:
            break;
    }
    return "more";
}

/// What is said when the bytes come `step` at a time, and after how many of them.
std::pair<std::string, std::size_t> read_by(const std::string& bytes, std::size_t step) {
    ClientHelloReader reader;
    for (std::size_t size = std::min(step, bytes.size());;
         size = std::min(size + step, bytes.size())) {
        // A copy of its own, so that a look beyond it is seen by the address sanitizer.
        const std::vector<char> part(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(size));
        const std::string answer = said(reader.read({part.data(), part.size()}));
        if (answer != "more" || size == bytes.size()) return {answer, size};
    }
}

/// The same however the bytes come, or the difference.
std::string answer_to(const std::string& bytes) {
    const std::string whole = read_by(bytes, bytes.size()).first;
    for (const std::size_t step : {1U, 2U, 7U, 100U}) {
        const std::string pieces = read_by(bytes, step).first;
        if (pieces != whole) return whole + ", in pieces " + pieces;
    }
    return whole;
}

std::string with_extensions(const std::string& extensions) {
    Hello hello;
    hello.extensions = extensions;
    return in_records(hello.message());
}

TEST_CASE("the host name of a recorded hello is found", "[net][client_hello]") {
    CHECK(answer_to(recorded_hello()) == "found db.example.com");
    CHECK(answer_to(recorded_hello() + "and what follows") == "found db.example.com");
}

TEST_CASE("a hello is read with its last byte and not before", "[net][client_hello]") {
    const std::string bytes = recorded_hello();
    CHECK(read_by(bytes + "more", 1) ==
          std::pair(std::string("found db.example.com"), bytes.size()));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ClientHelloReader reader;
        REQUIRE(said(reader.read(std::string_view(bytes).substr(0, size))) == "more");
    }
}

TEST_CASE("a hello in several records is put together", "[net][client_hello]") {
    const std::string message = hello_for("db.example.com");
    for (std::size_t bytes = 1; bytes <= message.size(); ++bytes) {
        CAPTURE(bytes);
        REQUIRE(answer_to(in_records(message, bytes)) == "found db.example.com");
    }
    // Its last record may go on with another message.
    CHECK(answer_to(in_records(message + std::string(100, 'x'))) == "found db.example.com");
}

TEST_CASE("the name comes in lower case, without a dot at its end", "[net][client_hello]") {
    CHECK(answer_to(in_records(hello_for("DB.Example.COM"))) == "found db.example.com");
    CHECK(answer_to(in_records(hello_for("db.example.com."))) == "found db.example.com");
    CHECK(answer_to(in_records(hello_for("xn--bcher-kva.example"))) ==
          "found xn--bcher-kva.example");
    CHECK(answer_to(in_records(hello_for("_sip.local"))) == "found _sip.local");
    const std::string label(61, 'a');
    const std::string longest =
        label + "aa." + label + "aa." + label + "aa." + label;  // 3 * 64 + 61 = 253
    REQUIRE(longest.size() == 253);
    CHECK(answer_to(in_records(hello_for(longest + "."))) == "found " + longest);
}

TEST_CASE("a hello without a host name is told from a broken one", "[net][client_hello]") {
    CHECK(answer_to(in_records(Hello{}.message())) == "no name");  // as before TLS had extensions
    CHECK(answer_to(with_extensions(extension(43, "\x02\x03\x04"))) == "no name");
    CHECK(answer_to(with_extensions(server_name(u8(7) + u16(2) + "xy"))) == "no name");
    CHECK(answer_to(in_records(hello_for("192.168.0.1"))) == "no name");
    CHECK(answer_to(in_records(hello_for("fe80::1"))) == "no name");
}

TEST_CASE("what is no hello is refused with its first wrong byte", "[net][client_hello]") {
    const std::vector<std::tuple<std::string, std::string, std::size_t>> cases{
        {"GET / HTTP/1.1\r\n", "not TLS: no TLS handshake", 1},
        {"\x80\x2e\x01\x03\x01", "not TLS: no TLS handshake", 1},  // SSL 2.0
        {"\x15\x03\x01" + u16(2) + "\x02\x28", "not TLS: no TLS handshake", 1},
        {"\x16\x02\x01", "not TLS: an unknown TLS version", 2},
        {"\x16\x03\x01" + u16(0) + "\x16", "not TLS: an empty TLS record", 5},
        {"\x16\x03\x01" + u16(16385) + "\x01", "not TLS: a TLS record longer than 16 KiB", 5},
        {"\x16\x03\x03" + u16(90) + "\x02more", "not TLS: no ClientHello", 6},
        {"\x16\x03\x01" + u16(90) + "\x01" + test::u24(16376) + "more",
         "not TLS: a ClientHello longer than 16 KiB", 9},
    };
    for (const auto& [bytes, answer, size] : cases) {
        CAPTURE(answer);
        CHECK(read_by(bytes, 1) == std::pair(answer, size));
        CHECK(answer_to(bytes) == answer);
    }
}

TEST_CASE("a record of another kind between the fragments is refused", "[net][client_hello]") {
    const std::string message = hello_for("db.example.com");
    const std::string first = in_records(message.substr(0, 50));
    const std::string alert = "\x15\x03\x01" + u16(2) + "\x02\x28";
    CHECK(answer_to(first + alert + in_records(message.substr(50))) == "not TLS: no TLS handshake");
}

TEST_CASE("a malformed hello is refused", "[net][client_hello]") {
    Hello hello;
    SECTION("version") {
        std::string message = Hello{}.message();
        message[4] = '\x02';
        CHECK(answer_to(in_records(message)) == "not TLS: an unknown TLS version");
    }
    SECTION("session id") {
        hello.session = std::string(33, 's');
        CHECK(answer_to(in_records(hello.message())) ==
              "not TLS: a session id longer than 32 bytes");
    }
    SECTION("no cipher suites") {
        hello.ciphers.clear();
        CHECK(answer_to(in_records(hello.message())) ==
              "not TLS: a malformed list of cipher suites");
    }
    SECTION("half a cipher suite") {
        hello.ciphers = "abc";
        CHECK(answer_to(in_records(hello.message())) ==
              "not TLS: a malformed list of cipher suites");
    }
    SECTION("no compression method") {
        hello.compressions.clear();
        CHECK(answer_to(in_records(hello.message())) == "not TLS: no compression method");
    }
    SECTION("cut short anywhere before the extensions") {
        const std::string body = Hello{}.message().substr(4);
        for (std::size_t size = 0; size < body.size(); ++size) {
            CAPTURE(size);
            CHECK(answer_to(in_records(Hello::framed(body.substr(0, size))))
                      .starts_with("not TLS: "));
        }
    }
    SECTION("cut short anywhere in the extensions") {
        const std::string body = hello_for("db.example.com").substr(4);
        const std::size_t begin = Hello{}.message().size() - 4;
        CHECK(answer_to(in_records(Hello::framed(body.substr(0, begin)))) == "no name");
        for (std::size_t size = begin + 1; size < body.size(); ++size) {
            CHECK(answer_to(in_records(Hello::framed(body.substr(0, size)))) ==
                  "not TLS: a wrong length of the extensions");
        }
    }
    SECTION("bytes behind the extensions") {
        const std::string body = hello_for("db.example.com").substr(4);
        CHECK(answer_to(in_records(Hello::framed(body + "x"))) ==
              "not TLS: a wrong length of the extensions");
    }
    SECTION("an extension that does not fit") {
        CHECK(answer_to(with_extensions(u16(43) + u16(9) + "short")) ==
              "not TLS: an extension longer than the ClientHello");
        CHECK(answer_to(with_extensions(extension(43, "fits") + "abc")) ==
              "not TLS: an extension longer than the ClientHello");
    }
}

TEST_CASE("a malformed server name is refused", "[net][client_hello]") {
    const std::string name = host_name("a.example");
    const std::vector<std::pair<std::string, std::string>> cases{
        {extension(0, ""), "a malformed server name"},
        {extension(0, "x"), "a malformed server name"},
        {extension(0, u16(0)), "a malformed server name"},
        {extension(0, u16(name.size() - 1) + name), "a malformed server name"},
        {extension(0, u16(name.size() + 1) + name), "a malformed server name"},
        {extension(0, u16(name.size() + 1) + name) + extension(43, "xyz"),
         "a malformed server name"},
        {server_name(u8(0) + u16(0)), "a malformed server name"},
        {server_name(u8(0) + u16(9) + "a.exampl"), "a malformed server name"},
        {server_name(name + "x"), "a malformed server name"},
        {server_name(name + host_name("b.example")), "two host names"},
        {server_name(name) + server_name(name), "two server names"},
        {server_name(host_name("a..example")), "a server name that is no host name"},
        {server_name(host_name(std::string("a.example\0.b", 12))),
         "a server name that is no host name"},
        {server_name(host_name("a b.example")), "a server name that is no host name"},
        {server_name(host_name("b\xC3\xBC"
                               "cher.example")),
         "a server name that is no host name"},
        {server_name(host_name("*.example")), "a server name that is no host name"},
        {server_name(host_name(".")), "a server name that is no host name"},
        {server_name(host_name(std::string(255, 'a'))), "a server name that is no host name"},
        {server_name(host_name(std::string(64, 'a') + ".example")),
         "a server name that is no host name"},
    };
    for (const auto& [extensions, reason] : cases) {
        CAPTURE(reason);
        CHECK(answer_to(with_extensions(extensions)) == "not TLS: " + reason);
    }
}

TEST_CASE("a hello may take 16 KiB with its record headers and no more", "[net][client_hello]") {
    const std::size_t others = in_records(hello_for("db.example.com")).size() + 4;
    const auto padded = [&](std::size_t bytes) {
        Hello hello;
        hello.extensions = extension(43, "\x02\x03\x04") +
                           server_name(host_name("db.example.com")) +
                           extension(21, std::string(20, '\0')) +
                           extension(65000, std::string(bytes - others, 'p'));
        return hello.message();
    };
    const std::string fits = padded(kClientHelloBytesMax);
    REQUIRE(in_records(fits).size() == kClientHelloBytesMax);
    CHECK(answer_to(in_records(fits)) == "found db.example.com");
    CHECK(answer_to(in_records(fits, 8192)) == "not TLS: a ClientHello longer than 16 KiB");
    CHECK(answer_to(in_records(padded(kClientHelloBytesMax + 1))) ==
          "not TLS: a ClientHello longer than 16 KiB");
    // Fragments of one byte are six on the wire.
    CHECK(answer_to(in_records(padded(3000), 1)) == "not TLS: a ClientHello longer than 16 KiB");
}

}  // namespace
}  // namespace fairlead::net
