#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using test::only_error;

namespace {

/// A listener [listener.pg] with mode "tcp", pools "pg" and "other", and further lines.
std::string file(std::string_view listener_lines, std::string_view pool_lines = "",
                 std::string_view sections = "") {
    return "[listener.pg]\nbind = \":5432\"\nmode = \"tcp\"\n" + std::string{listener_lines} +
           "\n[pool.pg]\nbackends = [\"127.0.0.1:1\"]\n" + std::string{pool_lines} +
           "\n[pool.other]\nbackends = [\"127.0.0.1:2\"]\n" + std::string{sections} + "\n";
}

Listener listener_of(std::string_view lines) {
    const LoadResult result = test::load(file(lines));
    CHECK(render(result.errors) == "");
    return result.model.listeners.empty() ? Listener{} : result.model.listeners.front();
}

WhenAllDown when_all_down(const std::string& text, std::string_view pool = "pg") {
    const LoadResult result = test::load(text);
    CHECK(render(result.errors) == "");
    const Pool* found = result.model.pool(pool);
    REQUIRE(found != nullptr);
    return found->when_all_down;
}

constexpr std::string_view kWeb = "[listener.web]\nbind = \":80\"\n";

}  // namespace

TEST_CASE("a tcp listener sends every connection to its pool", "[conf][tcp]") {
    const Listener listener = listener_of("pool = \"pg\"");
    CHECK(listener.mode == Mode::Tcp);
    CHECK(listener.pool == "pg");
    CHECK(listener.sni.empty());
    CHECK(
        test::load("[listener.pg]\nbind = \"unix:/run/pg.sock\"\nmode = \"tcp\"\npool = \"app\"\n" +
                   std::string{test::kPool})
            .ok());
}

TEST_CASE("sni names pools by host, exact names before patterns", "[conf][tcp]") {
    const Listener listener = listener_of(
        "sni = { \"*.example.com\" = \"other\", \"DB.example.com.\" = \"pg\", "
        "\"a.example.com\" = \"pg\" }");
    REQUIRE(listener.sni.size() == 3);
    CHECK(listener.sni[0].text() == "a.example.com");
    CHECK(listener.sni[1].text() == "db.example.com");
    CHECK(listener.sni[1].pool == "pg");
    CHECK(listener.sni[2].text() == "*.example.com");
    CHECK(listener.sni[2].wildcard);
    CHECK(listener.sni[2].name == "example.com");
    CHECK(listener.sni[2].pool == "other");
    CHECK(listener.sni[2].where.column == 9);
}

TEST_CASE("a row of sni that can never be taken is an error", "[conf][tcp]") {
    CHECK(only_error(file("sni = { \"db.example.com\" = \"gp\" }")) ==
          "unknown pool \"gp\" in [listener.pg.sni] | did you mean \"pg\"?");
    CHECK(only_error(file("sni = { \"db..com\" = \"pg\" }")) ==
          "\"db..com\" is not a host | \"db.example.com\" or \"*.example.com\"");
    for (const std::string_view address : {"10.0.0.1", "[::1]"}) {
        CHECK(only_error(file("sni = { \"" + std::string{address} + "\" = \"pg\" }")) ==
              "\"" + std::string{address} +
                  "\" never comes as a server name | clients send names, not addresses (RFC 6066)");
    }
    CHECK(only_error(file("sni = { \"a.com\" = \"pg\", \"A.com\" = \"other\" }")) ==
          "\"a.com\" is in \"sni\" twice | the first is in line 4, column 9");
    CHECK(only_error(file("sni = \"pg\"")) ==
          "\"sni\" must be a table, not a string | write { NAME = \"VALUE\" }");
}

TEST_CASE("a tcp listener needs a pool or sni, and takes no key about requests", "[conf][tcp]") {
    CHECK(only_error(file("")) ==
          "[listener.pg] has no \"pool\" and no \"sni\" | write pool = \"NAME\": routes are for "
          "requests");
    for (const std::string_view line :
         {"via = \"off\"", "upgrade = []", "trusted_proxies = \"10.0.0.1\"", "http = \"h2\"",
          "h2 = { streams = 5 }", "limits = { headers = \"8KiB\" }",
          "limits = { header_count = 5 }", "limits = { url = \"1KiB\" }",
          "limits = { body = \"1KiB\" }", "limits = { requests_per_connection = 5 }",
          "timeouts = { header = \"1s\" }", "timeouts = { body_idle = \"1s\" }",
          "timeouts = { keepalive = \"1s\" }", "timeouts = { write_idle = \"1s\" }",
          "timeouts = { min_rate = \"none\" }"}) {
        INFO(line);
        const std::string error = only_error(file("pool = \"pg\"\n" + std::string{line}));
        CHECK(error.find("\" has no effect with mode = \"tcp\" | remove it") != std::string::npos);
    }
    CHECK(test::errors_of(file("pool = \"pg\"\ntimeouts = { header = \"1s\" }")) ==
          "f.toml:5:14: error: \"header\" has no effect with mode = \"tcp\"\n"
          "    5 | timeouts = { header = \"1s\" }\n"
          "      |              ^^^^^^ remove it\n");
    CHECK(listener_of("pool = \"pg\"\ntimeouts = { tunnel_idle = \"5m\", handshake = \"3s\" }")
              .timeouts.tunnel_idle == std::chrono::minutes{5});
}

TEST_CASE("sni is for tcp listeners only", "[conf][tcp]") {
    CHECK(only_error(test::with_listener("sni = { \"a.com\" = \"app\" }")) ==
          "\"sni\" needs mode = \"tcp\" | requests are told apart by [[route]] with host = "
          "\"NAME\"");
}

TEST_CASE("routes and expectations are not for tcp listeners", "[conf][tcp]") {
    const std::string_view cure =
        "[listener.pg] has mode \"tcp\", so no request comes to it | name one with mode = "
        "\"http\", or use \"pool\" and \"sni\" of the listener";
    CHECK(only_error(file("pool = \"pg\"", "", "[[route]]\nlistener = \"pg\"\npool = \"other\"")) ==
          cure);
    CHECK(only_error(file("pool = \"pg\"", "",
                          "[[expect]]\nlistener = \"pg\"\nrequest = \"GET http://a/\"\n"
                          "pool = \"other\"")) == cure);
    CHECK(only_error(file("pool = \"pg\"", "", "[[route]]\npool = \"other\"")) ==
          "this route can never match: every listener has mode \"tcp\" | write a [listener.NAME] "
          "with mode = \"http\"");
    CHECK(only_error(file("pool = \"pg\"", "",
                          "[[expect]]\nrequest = \"GET http://a/\"\npool = \"other\"")) ==
          "no request can come: every listener has mode \"tcp\" | write a [listener.NAME] with "
          "mode = \"http\"");
}

TEST_CASE("a pool that only connections come to fails at once, unless it says otherwise",
          "[conf][tcp]") {
    CHECK(when_all_down(file("pool = \"pg\"")) == WhenAllDown::Fail);
    CHECK(when_all_down(file("sni = { \"a.com\" = \"pg\" }")) == WhenAllDown::Fail);
    CHECK(when_all_down(file("pool = \"pg\""), "other") == WhenAllDown::Try);
    CHECK(when_all_down(file("pool = \"pg\"", "when_all_down = \"try\"")) == WhenAllDown::Try);
    CHECK(when_all_down(file("pool = \"pg\"", "", "[defaults.pool]\nwhen_all_down = \"try\"")) ==
          WhenAllDown::Try);
    CHECK(when_all_down(file("pool = \"pg\"", "", std::string{kWeb} + "pool = \"pg\"")) ==
          WhenAllDown::Try);
    CHECK(when_all_down(file("pool = \"pg\"", "",
                             std::string{kWeb} + "[[route]]\npool = \"pg\"")) == WhenAllDown::Try);
}

TEST_CASE("connections are hashed by client only", "[conf][tcp]") {
    const std::string_view hash = "policy = \"hash\"\nhash = \"path\"";
    CHECK(only_error(file("pool = \"pg\"", hash)) ==
          "a connection has only its \"client_ip\" to hash, and those of [listener.pg] come to "
          "[pool.pg] | write hash = \"client_ip\", or give the listener a pool of its own");
    CHECK(test::load(file("pool = \"other\"", hash)).ok());
    CHECK(test::load(file("pool = \"pg\"", "policy = \"hash\"\nhash = \"client_ip\"")).ok());
}

TEST_CASE("a pool says which PROXY header its backends get", "[conf][tcp]") {
    CHECK(test::pool_of("").send_proxy == SendProxy::Off);
    CHECK(test::pool_of("send_proxy = \"off\"").send_proxy == SendProxy::Off);
    CHECK(test::pool_of("send_proxy = \"v1\"").send_proxy == SendProxy::V1);
    CHECK(test::pool_of("send_proxy = \"v2\"").send_proxy == SendProxy::V2);
    CHECK(only_error(test::with_pool("send_proxy = \"v3\"")) ==
          "unknown send_proxy \"v3\" in [pool.app] | did you mean \"v1\"?");
}
