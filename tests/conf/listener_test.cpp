#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;
using test::only_error;

namespace {

Listener listener_of(std::string_view lines) {
    const LoadResult result = test::load(test::with_listener(lines));
    CHECK(render(result.errors) == "");
    return result.model.listeners.empty() ? Listener{} : result.model.listeners.front();
}

std::string bind_error(std::string_view bind) {
    return only_error("[listener.web]\npool = \"app\"\nbind = " + std::string{bind} + "\n" +
                      std::string{test::kPool});
}

}  // namespace

TEST_CASE("bind is one address or several", "[conf][listener]") {
    const LoadResult result = test::load(
        "[listener.web]\npool = \"app\"\n"
        "bind = [\":8080\", \"10.0.0.1:80\", \"[::1]:80\", \"unix:/run/x.sock\"]\n" +
        std::string{test::kPool});
    REQUIRE(result.ok());
    const std::vector<Bind>& bind = result.model.listeners[0].bind;
    REQUIRE(bind.size() == 4);
    CHECK(bind[0].address.any);
    CHECK(bind[1].address.text() == "10.0.0.1:80");
    CHECK(bind[2].address.text() == "[::1]:80");
    CHECK(bind[3].address.address.is_unix());
    CHECK(bind[3].where.column == 45);
}

TEST_CASE("a bind that is none says how it is written", "[conf][listener]") {
    CHECK(bind_error("80") ==
          "\"bind\" must be a string or a list of strings, not a number | "
          "write \":80\"");
    CHECK(bind_error("[80]") == "\"bind\" must be a list of strings, not a number");
    CHECK(bind_error("[]") == "\"bind\" is empty | write \":8080\"");
    CHECK(bind_error("\"localhost:80\"").find("localhost") != std::string::npos);
    CHECK(only_error("[listener.web]\npool = \"app\"\n" + std::string{test::kPool}) ==
          "[listener.web] has no \"bind\" | write bind = \":8080\"");
}

TEST_CASE("an empty name of a pool is no way to leave it out", "[conf][listener]") {
    for (const std::string mode : {"http", "tcp"}) {
        INFO(mode);
        CHECK(only_error("[listener.web]\nbind = \":8080\"\npool = \"\"\nmode = \"" + mode +
                         "\"\n" + std::string{test::kPool}) ==
              "the name of the pool is empty in [listener.web] | write the NAME of a [pool.NAME]");
    }
}

TEST_CASE("a listener's mode is http or tcp", "[conf][listener]") {
    CHECK(listener_of("").mode == Mode::Http);
    CHECK(listener_of("mode = \"http\"").mode == Mode::Http);
    CHECK(listener_of("mode = \"tcp\"").mode == Mode::Tcp);
    CHECK(only_error(test::with_listener("mode = \"upd\"")) ==
          "unknown mode \"upd\" in [listener.web] | one of http, tcp");
}

TEST_CASE("who must begin with a PROXY header is a network or a list, in both modes",
          "[conf][listener]") {
    const auto count = [](std::string_view lines) {
        return listener_of(lines).accept_proxy.size();
    };
    CHECK(count("") == 0);
    CHECK(count("accept_proxy = \"10.1.0.0/16\"") == 1);
    CHECK(count("mode = \"tcp\"\naccept_proxy = [\"10.1.0.1\", \"fd00::/8\"]") == 2);
    CHECK(count("accept_proxy = \"off\"") == 0);
    CHECK(only_error(test::with_listener("accept_proxy = \"10.0.0.0/40\"")) ==
          "\"40\" in \"10.0.0.0/40\" is not a prefix length | 0 to 32 for IPv4");
}

TEST_CASE("trusted proxies are networks or addresses, one or a list", "[conf][listener]") {
    CHECK(listener_of("trusted_proxies = \"10.0.0.0/8\"").trusted_proxies.size() == 1);
    CHECK(listener_of("trusted_proxies = [\"10.0.0.1\", \"fd00::/8\"]").trusted_proxies.size() ==
          2);
    CHECK(listener_of("trusted_proxies = \"none\"").trusted_proxies.empty());
    CHECK(only_error(test::with_listener("trusted_proxies = \"lan\"")).find("\"lan\"") !=
          std::string::npos);
}

TEST_CASE("upgrades are named in any case and can be switched off", "[conf][listener]") {
    CHECK(listener_of("").upgrade == std::vector<std::string>{"websocket"});
    CHECK(listener_of("upgrade = \"WebSocket\"").upgrade == std::vector<std::string>{"websocket"});
    CHECK(listener_of("upgrade = [\"websocket\", \"x\"]").upgrade.size() == 2);
    CHECK(listener_of("upgrade = []").upgrade.empty());
    CHECK(listener_of("upgrade = \"off\"").upgrade.empty());
    for (const std::string_view bad : {"h2c", "HTTP/2.0", "tls/1.0"}) {
        CHECK(only_error(test::with_listener("upgrade = \"" + std::string{bad} + "\"")) ==
              "\"" + std::string{bad} +
                  "\" cannot be allowed as an upgrade | it would take "
                  "requests past the balancer's checks");
    }
    CHECK(only_error(test::with_listener("upgrade = \"a b\"")) ==
          "\"a b\" is not the name of a protocol | as \"websocket\"");
}

TEST_CASE("via has four settings", "[conf][listener]") {
    CHECK(listener_of("via = \"off\"").via == Via::Off);
    CHECK(listener_of("via = \"request\"").via == Via::Request);
    CHECK(listener_of("via = \"response\"").via == Via::Response);
    CHECK(listener_of("via = \"both\"").via == Via::Both);
}

TEST_CASE("limits and timeouts have units, ranges and none", "[conf][listener]") {
    const Listener listener = listener_of(
        "limits = { headers = \"64KiB\", header_count = 50, url = \"4KiB\", body = \"1MiB\", "
        "requests_per_connection = \"none\" }\n"
        "timeouts = { header = \"5s\", keepalive = \"none\", min_rate = \"none\" }");
    CHECK(listener.limits.headers_bytes == 65536);
    CHECK(listener.limits.header_count == 50);
    CHECK(listener.limits.url_bytes == 4096);
    CHECK(listener.limits.body_bytes == 1048576);
    CHECK(listener.limits.requests_per_connection == kUnlimited);
    CHECK(listener.timeouts.header == 5s);
    CHECK(listener.timeouts.handshake == 10s);
    CHECK(listener.timeouts.keepalive == kForever);
    CHECK(listener.timeouts.min_rate == 0);

    const auto error = [](std::string_view line) { return only_error(test::with_listener(line)); };
    CHECK(error("limits = { headers = \"100B\" }") == "\"headers\" must be 1KiB to 1MiB");
    CHECK(error("limits = { headers = \"none\" }") ==
          "\"headers\" cannot be \"none\" | 1KiB to 1MiB");
    CHECK(error("limits = { body = 16 }") == "\"body\" needs a unit | write \"16KiB\"");
    CHECK(error("limits = { body = \"4096\" }") == "\"body\" needs a unit | write \"4096KiB\"");
    CHECK(error("limits = { body = -1 }") == "\"body\" must not be negative");
    CHECK(error("limits = { body = true }") ==
          "\"body\" must be a size, not a boolean | write it as \"16KiB\" or \"1MiB\"");
    CHECK(error("limits = { requests_per_connection = 0 }") ==
          "\"requests_per_connection\" must be 1 to 1000000000 | or \"none\"");
    CHECK(error("timeouts = { header = \"none\" }") ==
          "\"header\" cannot be \"none\" | 10ms to 1d");
    CHECK(error("timeouts = { header = \"1ms\" }") == "\"header\" must be 10ms to 1d");
    CHECK(error("timeouts = { keepalive = \"2d\" }") ==
          "\"keepalive\" must be 10ms to 1d | or \"none\"");
    CHECK(error("timeouts = { header = \"10\" }") == "\"header\" needs a unit | write \"10s\"");
    CHECK(error("timeouts = { header = [] }") ==
          "\"header\" must be a duration, not a list | write it as \"2s\" or \"250ms\"");
    CHECK(error("timeouts = { header = -1 }") == "\"header\" must not be negative");
    CHECK(error("timeouts = \"10s\"") == "\"timeouts\" must be a table, not a string");
}

TEST_CASE("names of listeners and pools are short plain words", "[conf][listener]") {
    CHECK(only_error("[listener.\"a b\"]\nbind = \":1\"\npool = \"app\"\n" +
                     std::string{test::kPool}) ==
          "\"a b\" cannot be the name of a listener | 1 to 128 letters, digits, \"-\", \"_\" and "
          "\".\"");
    CHECK(
        test::load("[listener.\"a.b\"]\nbind = \":1\"\npool = \"app\"\n" + std::string{test::kPool})
            .ok());
}

TEST_CASE("who is let in is said by networks", "[conf][listener]") {
    const Listener listener =
        listener_of("allow = [\"10.0.0.0/8\", \"fd00::/8\"]\ndeny = \"10.9.0.0/16\"");
    const auto is_let_in = [&](std::string_view address) {
        return listener.lets_in(*IpAddress::parse(address));
    };
    CHECK(is_let_in("10.1.2.3"));
    CHECK(is_let_in("fd00::1"));
    CHECK_FALSE(is_let_in("10.9.2.3"));  // denied, in spite of allow
    CHECK_FALSE(is_let_in("192.0.2.1"));
    CHECK(listener_of("").lets_in(*IpAddress::parse("192.0.2.1")));
    const Listener ipv6_only = listener_of("deny = \"0.0.0.0/0\"");
    CHECK(ipv6_only.lets_in(*IpAddress::parse("2001:db8::1")));
    CHECK_FALSE(ipv6_only.lets_in(*IpAddress::parse("192.0.2.1")));
}

TEST_CASE("networks that let nobody in are errors", "[conf][listener]") {
    const auto error = [](std::string_view line) { return only_error(test::with_listener(line)); };
    CHECK(error("allow = []") ==
          "\"allow\" lets nobody in | name networks, or leave it out to let everyone in");
    CHECK(error("deny = \"10.0.0.0/33\"") ==
          "\"33\" in \"10.0.0.0/33\" is not a prefix length | 0 to 32 for IPv4");
    CHECK(error("deny = [\"::/0\", \"0.0.0.0/0\"]") ==
          "\"deny\" has every address | write the networks that are let in as \"allow\", "
          "without \"deny\"");
}

TEST_CASE("connections are limited in all and by client, in either mode", "[conf][listener]") {
    for (const std::string mode : {"http", "tcp"}) {
        const Listener listener = listener_of("mode = \"" + mode +
                                              "\"\nlimits = { connections = 100, "
                                              "connections_per_ip = 5 }");
        CHECK(listener.limits.connections == 100);
        CHECK(listener.limits.connections_per_ip == 5);
    }
    CHECK(listener_of("").limits.connections == kUnlimited);
    CHECK(listener_of("").limits.connections_per_ip == kUnlimited);
    CHECK(only_error(test::with_listener("limits = { connections_per_ip = 0 }"))
              .starts_with("\"connections_per_ip\" must be 1 to"));
}
