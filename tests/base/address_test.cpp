#include "proxy/base/address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

IpAddress ip(const std::string& text) {
    const auto parsed = IpAddress::parse(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

IpNetwork network(const std::string& text) {
    const auto parsed = IpNetwork::parse(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

template <class T>
std::string rendered(const Result<T>& result) {
    return result ? "taken as " + result->text() : result.error().render();
}

TEST_CASE("an IP address is written in its shortest form", "[base][address]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"10.0.0.1", "10.0.0.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"0.0.0.0", "0.0.0.0"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"::ffff:10.0.0.1", "10.0.0.1"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    for (const auto& [written, expected] : cases) CHECK(ip(written).text() == expected);
}

TEST_CASE("every IPv4 address is written as it is read", "[base][address]") {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const std::string number = std::to_string(octet);
        for (const std::string& text : {number + ".0.10.200", "0." + number + ".10.200",
                                        "0.10." + number + ".200", "200.10.0." + number}) {
            CHECK(ip(text).text() == text);
        }
    }
    // Into the least room that is promised: that of the longest address of either kind.
    char room[46];
    CHECK(std::string(room, ip("255.255.255.255").write(room)) == "255.255.255.255");
    const std::string longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    CHECK(std::string(room, ip(longest).write(room)) == longest);
}

TEST_CASE("odd forms of an IP address are refused", "[base][address]") {
    for (const std::string text :
         {"", "10.0.0", "10.0.0.256", "010.0.0.1", "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4",
          "2130706433", ":::", "1::2::3", "fe80::1%eth0", "[::1]", "::g", "localhost", "12345::"}) {
        CAPTURE(text);
        CHECK_FALSE(IpAddress::parse(text).has_value());
    }
    CHECK_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0", 9)).has_value());
    CHECK(IpAddress::parse("ten").error().render() == "error: \"ten\" is not an IP address\n");
}

TEST_CASE("an IPv4 address and its mapped form are one address", "[base][address]") {
    CHECK(ip("10.0.0.1") == ip("::ffff:10.0.0.1"));
    CHECK(ip("10.0.0.1").is_v4());
    CHECK_FALSE(ip("::10.0.0.1").is_v4());
}

TEST_CASE("loopback is 127/8 and ::1", "[base][address]") {
    CHECK(ip("127.0.0.1").is_loopback());
    CHECK(ip("127.8.9.10").is_loopback());
    CHECK(ip("::1").is_loopback());
    CHECK_FALSE(ip("128.0.0.1").is_loopback());
    CHECK_FALSE(ip("::").is_loopback());
    CHECK_FALSE(ip("1::1").is_loopback());
}

TEST_CASE("a network contains what its prefix covers", "[base][address]") {
    CHECK(network("10.0.0.0/8").contains(ip("10.255.0.1")));
    CHECK_FALSE(network("10.0.0.0/8").contains(ip("11.0.0.0")));
    CHECK(network("192.168.4.0/22").contains(ip("192.168.7.255")));
    CHECK_FALSE(network("192.168.4.0/22").contains(ip("192.168.8.0")));
    CHECK(network("10.0.0.7").contains(ip("10.0.0.7")));
    CHECK_FALSE(network("10.0.0.7").contains(ip("10.0.0.6")));
    CHECK(network("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
    CHECK_FALSE(network("2001:db8::/33").contains(ip("2001:db8:8000::1")));
}

TEST_CASE("every address of one family is not every address", "[base][address]") {
    CHECK(network("0.0.0.0/0").contains(ip("8.8.8.8")));
    CHECK_FALSE(network("0.0.0.0/0").contains(ip("::1")));
    CHECK(network("::/0").contains(ip("2001:db8::1")));
    CHECK_FALSE(network("::/0").contains(ip("8.8.8.8")));
}

TEST_CASE("a network is written as it was read", "[base][address]") {
    for (const std::string text :
         {"10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "10.0.0.1", "::1", "2001:db8::/33"}) {
        CHECK(network(text).text() == text);
    }
    CHECK(network("10.0.0.1/32").text() == "10.0.0.1");
    CHECK(network("::ffff:10.0.0.0/104").text() == "10.0.0.0/8");
}

TEST_CASE("a network that is none says what to write", "[base][address]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"10.0.0.1/8",
         "error: \"10.0.0.1/8\" is an address inside a network, not a network\n"
         "  write \"10.0.0.0/8\" or \"10.0.0.1\"\n"},
        {"2001:db8::1/32",
         "error: \"2001:db8::1/32\" is an address inside a network, not a network\n"
         "  write \"2001:db8::/32\" or \"2001:db8::1\"\n"},
        {"10.0.0.0/33",
         "error: \"33\" in \"10.0.0.0/33\" is not a prefix length\n  0 to 32 for IPv4\n"},
        {"::/129", "error: \"129\" in \"::/129\" is not a prefix length\n  0 to 128 for IPv6\n"},
        {"10.0.0.0/", "error: \"\" in \"10.0.0.0/\" is not a prefix length\n  0 to 32 for IPv4\n"},
        {"10.0.0.0/-1",
         "error: \"-1\" in \"10.0.0.0/-1\" is not a prefix length\n  0 to 32 for IPv4\n"},
        {"lan",
         "error: \"lan\" is not a network\n"
         "  write \"10.0.0.0/8\", \"fd00::/8\" or a single address\n"},
    };
    for (const auto& [text, expected] : cases) CHECK(rendered(IpNetwork::parse(text)) == expected);
}

TEST_CASE("a socket address is taken from every family the system knows", "[base][address]") {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(8080);
    v4.sin_addr.s_addr = htonl(0x0A000001);
    CHECK(SocketAddress::from(reinterpret_cast<const sockaddr*>(&v4)).text() == "10.0.0.1:8080");

    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(443);
    v6.sin6_addr.s6_addr[15] = 1;
    CHECK(SocketAddress::from(reinterpret_cast<const sockaddr*>(&v6)).text() == "[::1]:443");

    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    CHECK(SocketAddress::from(reinterpret_cast<const sockaddr*>(&local)).text() == "unix:@");
    std::string("/run/app.sock").copy(local.sun_path, sizeof local.sun_path - 1);
    CHECK(SocketAddress::from(reinterpret_cast<const sockaddr*>(&local)).text() ==
          "unix:/run/app.sock");
}

TEST_CASE("a bind address is a port, an address or a socket path", "[base][address]") {
    for (const std::string text : {":8080", "10.0.0.1:80", "[::1]:80", "[::]:80", "0.0.0.0:80",
                                   "unix:/run/x.sock", "127.0.0.1:0"}) {
        const auto bind = BindAddress::parse(text);
        REQUIRE(bind.has_value());
        CHECK(bind->text() == text);
        CHECK(bind->any == (text == ":8080"));
    }
}

TEST_CASE("a bind address that is none says what to write", "[base][address]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"8080", "error: \"8080\" has no port\n  write \":8080\"\n"},
        {"10.0.0.1", "error: \"10.0.0.1\" has no port\n  write \"10.0.0.1:8080\"\n"},
        {"web",
         "error: \"web\" has no port\n"
         "  write \":8080\", \"10.0.0.1:80\", \"[::1]:80\" or \"unix:/run/x.sock\"\n"},
        {"*:80", "error: \"*\" in \"*:80\" is not an IP address\n  write \":80\"\n"},
        {"localhost:80",
         "error: \"localhost\" in \"localhost:80\" is not an IP address\n"
         "  write \"127.0.0.1:80\"\n"},
        {"lb.internal:80",
         "error: \"lb.internal\" in \"lb.internal:80\" is not an IP address\n"
         "  names are not looked up here: write the address itself\n"},
        {"::1", "error: the IPv6 address in \"::1\" needs brackets\n  write \"[::1]:PORT\"\n"},
        {"fd00:1:2:3:4:5:6:7:80",
         "error: the IPv6 address in \"fd00:1:2:3:4:5:6:7:80\" needs brackets\n"
         "  write \"[fd00:1:2:3:4:5:6:7]:80\"\n"},
        {"[10.0.0.1]:80",
         "error: \"10.0.0.1\" in \"[10.0.0.1]:80\" is not an IP address\n"
         "  names are not looked up here: write the address itself\n"},
        {":65536", "error: \"65536\" in \":65536\" is not a port\n  ports are 1 to 65535\n"},
        {":http", "error: \"http\" in \":http\" is not a port\n  ports are 1 to 65535\n"},
        {"unix:", "error: \"unix:\" names no socket\n  write \"unix:/run/app.sock\"\n"},
    };
    for (const auto& [text, expected] : cases) {
        CHECK(rendered(BindAddress::parse(text)) == expected);
    }
}

TEST_CASE("a socket path fits into what the system takes", "[base][address]") {
    const std::string longest = "/" + std::string(sizeof(sockaddr_un::sun_path) - 2, 'a');
    CHECK(BindAddress::parse("unix:" + longest).has_value());
    CHECK(rendered(HostPort::parse("unix:" + longest + "a")) ==
          "error: the socket path \"" + longest +
              "a\" is longer than 107 bytes\n"
              "  choose a shorter one, the system takes no more\n");
}

TEST_CASE("a backend is an address, a name or a socket path", "[base][address]") {
    struct Case {
        std::string text;
        bool is_name;
    };
    for (const Case& given :
         {Case{"10.0.0.11:8000", false}, Case{"[::1]:80", false}, Case{"app.internal:8000", true},
          Case{"app_1:80", true}, Case{"localhost:80", true}, Case{"app.internal.:80", true},
          Case{"unix:/run/app.sock", false}}) {
        const auto backend = HostPort::parse(given.text);
        REQUIRE(backend.has_value());
        CHECK(backend->text() == given.text);
        CHECK(backend->is_name() == given.is_name);
    }
}

TEST_CASE("a host name is labels of letters, digits, hyphens and underscores", "[base][address]") {
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
    for (const std::string& name :
         {std::string("a"), std::string("Example.COM"), std::string("a.example."),
          std::string("_sip.a-b.1x"), std::string("1.2.3.4x"), longest, longest + "."}) {
        CAPTURE(name);
        CHECK(is_host_name(name));
    }
    for (const std::string& name :
         {std::string(), std::string("."), std::string("a.."), std::string(".a"),
          std::string("a..b"), std::string("-a.b"), std::string("a-.b"), std::string("a b"),
          std::string("*.a"), std::string("a.b:80"), std::string("1.2.3.4"), std::string("::1"),
          std::string("a\0b", 3), label + "a.b", longest + "a"}) {
        CAPTURE(name);
        CHECK_FALSE(is_host_name(name));
    }
}

TEST_CASE("a backend address that is none says what to write", "[base][address]") {
    const std::string neither = "is neither an IP address nor a host name\n";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"http://app:80/x",
         "error: \"http://app:80/x\" is a URL, not an address\n"
         "  write \"app:80\"\n"},
        {"app.internal",
         "error: \"app.internal\" is not an address with a port\n"
         "  write \"app.internal:80\"\n"},
        {":3001", "error: \":3001\" is not an address with a port\n  write \"127.0.0.1:3001\"\n"},
        {"3001", "error: \"3001\" is not an address with a port\n  write \"127.0.0.1:3001\"\n"},
        {"",
         "error: \"\" is not an address with a port\n"
         "  write \"10.0.0.11:8000\", \"[::1]:80\", \"app.internal:8000\" or "
         "\"unix:/run/app.sock\"\n"},
        {"app:0", "error: \"0\" in \"app:0\" is not a port\n  ports are 1 to 65535\n"},
        {"app:", "error: \"\" in \"app:\" is not a port\n  ports are 1 to 65535\n"},
        {"app:+80", "error: \"+80\" in \"app:+80\" is not a port\n  ports are 1 to 65535\n"},
        {"10.0.0.300:80", "error: \"10.0.0.300\" in \"10.0.0.300:80\" " + neither},
        {"10.0.1:80", "error: \"10.0.1\" in \"10.0.1:80\" " + neither},
        {"a..b:80", "error: \"a..b\" in \"a..b:80\" " + neither},
        {"-a:80", "error: \"-a\" in \"-a:80\" " + neither},
        {"a b:80", "error: \"a b\" in \"a b:80\" " + neither},
        {"[app]:80", "error: \"app\" in \"[app]:80\" " + neither},
    };
    for (const auto& [text, expected] : cases) CHECK(rendered(HostPort::parse(text)) == expected);
}

}  // namespace
TEST_CASE("addresses overlap when a client can mean both", "[base][address]") {
    const auto overlap = [](std::string_view one, std::string_view other) {
        const BindAddress a = *BindAddress::parse(one);
        const BindAddress b = *BindAddress::parse(other);
        CHECK(a.overlaps(b) == b.overlaps(a));
        return a.overlaps(b);
    };
    CHECK(overlap(":80", "127.0.0.1:80"));
    CHECK(overlap(":80", "[::1]:80"));
    CHECK(overlap("0.0.0.0:80", "127.0.0.1:80"));
    CHECK(overlap("[::]:80", "[::1]:80"));
    CHECK(overlap("127.0.0.1:80", "127.0.0.1:80"));
    CHECK_FALSE(overlap("0.0.0.0:80", "[::1]:80"));
    CHECK_FALSE(overlap("[::]:80", "127.0.0.1:80"));
    CHECK_FALSE(overlap("127.0.0.1:80", "127.0.0.2:80"));
    CHECK_FALSE(overlap(":80", ":81"));
    CHECK_FALSE(overlap("unix:/run/a", "unix:/run/a"));
}

}  // namespace fairlead
