#include "health/http_probe.h"

#include "proxy/base/version.h"
#include "tests/health/probing.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;

namespace {

conf::Check asking(std::string method = "GET", std::string path = "/healthz") {
    conf::Check check;
    check.method = std::move(method);
    check.path = std::move(path);
    return check;
}

conf::Check wanting(std::string text) {
    conf::Check check = asking();
    check.body = std::move(text);
    return check;
}

/// The outcome of a check that is answered so.
std::string answered(std::vector<std::string> pieces, const conf::Check& check = asking(),
                     FakeBackend::Then then = FakeBackend::Then::Stay) {
    Probing probing;
    probing.backend.answer = std::move(pieces);
    probing.backend.then = then;
    return probing.run(check);
}

std::string with_length(std::string_view body, std::string_view status = "200 OK") {
    return "HTTP/1.1 " + std::string{status} +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace

TEST_CASE("an http check sends one small request that says who asks", "[health][http]") {
    const HostPort backend = HostPort::parse("10.0.0.11:8000").value();
    CHECK(check_request(asking("GET", "/healthz?deep=1"), backend) ==
          "GET /healthz?deep=1 HTTP/1.1\r\n"
          "Host: 10.0.0.11:8000\r\n"
          "User-Agent: fairlead/" +
              std::string{version()} +
              " health check\r\n"
              "Accept: */*\r\n"
              "Connection: close\r\n"
              "\r\n");

    const auto host_of = [](const conf::Check& check, std::string_view address) {
        const std::string request = check_request(check, HostPort::parse(address).value());
        const std::size_t from = request.find("Host: ") + 6;
        return request.substr(from, request.find("\r\n", from) - from);
    };
    SECTION("its Host is the check's, else the backend's address with the port that is asked") {
        conf::Check check = asking();
        CHECK(host_of(check, "[::1]:3001") == "[::1]:3001");
        CHECK(host_of(check, "unix:/run/app.sock") == "localhost");
        check.port = 9000;
        CHECK(host_of(check, "app.internal:80") == "app.internal:9000");
        check.host = "app.internal";
        CHECK(host_of(check, "10.0.0.11:8000") == "app.internal");
    }
    SECTION("a method that is meant to carry something says that it carries nothing") {
        CHECK(check_request(asking("POST", "/ping"), backend).find("\r\nContent-Length: 0\r\n") !=
              std::string::npos);
    }
}

TEST_CASE("an http check passes on an expected status", "[health][http]") {
    CHECK(answered({with_length("fine")}) == "passed");
    CHECK(answered({"HTTP/1.1 204 No Content\r\n\r\n"}) == "passed");
    CHECK(answered({"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n"}) == "passed");
    CHECK(answered({"HTTP/1.1 200 OK\r\n", "Server: slow\r\n", "\r\n"}) == "passed");
}

TEST_CASE("an http check fails on any other status", "[health][http]") {
    CHECK(answered({with_length("", "503 Service Unavailable")}) ==
          "failed: status 503 (expected 200-399)");
    conf::Check check = asking();
    check.expect = {{200, 200}, {301, 308}};
    CHECK(answered({with_length("", "204 No Content")}, check) ==
          "failed: status 204 (expected 200,301-308)");
    CHECK(answered({with_length("", "301 Moved Permanently")}, check) == "passed");
}

TEST_CASE("interim responses are waited out", "[health][http]") {
    const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    CHECK(answered({early + early + with_length("")}) == "passed");
    CHECK(answered({early, with_length("", "500 Oops")}) ==
          "failed: status 500 (expected 200-399)");
    std::string endless;
    for (int i = 0; i < 20; ++i) endless += early;
    CHECK(answered({endless}) == "failed: bad response: too many interim responses");
    CHECK(answered({"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: "
                    "websocket\r\n\r\n"}) == "failed: status 101 (expected 200-399)");
}

TEST_CASE("a body is searched for its text, however it is framed", "[health][http]") {
    const conf::Check check = wanting("ok");
    CHECK(answered({with_length("all ok here")}, check) == "passed");
    CHECK(answered({"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "a", "o", "k", "z"}, check) ==
          "passed");
    CHECK(answered({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\no\r\n",
                    "1\r\nk\r\n", "0\r\n\r\n"},
                   check) == "passed");
    CHECK(answered({"HTTP/1.0 200 OK\r\n\r\n", "ok"}, check) == "passed");
    CHECK(answered({with_length("not well")}, check) == "failed: body does not contain \"ok\"");
    CHECK(answered({"HTTP/1.0 200 OK\r\n\r\nnot well"}, check, FakeBackend::Then::Close) ==
          "failed: body does not contain \"ok\"");
    CHECK(answered({"HTTP/1.1 204 No Content\r\n\r\n"}, check) ==
          "failed: body does not contain \"ok\"");
    CHECK(answered({with_length("ok", "503 Service Unavailable")}, check) ==
          "failed: status 503 (expected 200-399)");
}

TEST_CASE("only the first 64 KiB of a body are searched", "[health][http]") {
    const conf::Check check = wanting("ok");
    const std::string padding(64 * 1024 - 2, 'x');
    CHECK(answered({with_length(padding + "ok")}, check) == "passed");
    CHECK(answered({with_length(padding + "xok")}, check) ==
          "failed: the first 64 KiB of the body do not contain \"ok\"");
}

TEST_CASE("the text that was missed is shown in a readable way", "[health][http]") {
    CHECK(answered({with_length("no")}, wanting("\"status\": \"up\"\n")) ==
          "failed: body does not contain \"\\\"status\\\": \\\"up\\\"\\n\"");
    CHECK(answered({with_length("no")}, wanting(std::string(100, 'y'))) ==
          "failed: body does not contain \"" + std::string(40, 'y') + "...\"");
}

TEST_CASE("a HEAD check does not wait for the body its answer describes", "[health][http]") {
    CHECK(answered({"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}, asking("HEAD", "/")) ==
          "passed");
}

TEST_CASE("an answer that is cut short names where", "[health][http]") {
    const auto then = FakeBackend::Then::Close;
    CHECK(answered({}, asking(), then) == "failed: closed without a response");
    CHECK(answered({"HTTP/1.1 200 OK\r\nServer: x"}, asking(), then) ==
          "failed: closed inside the response head");
    CHECK(answered({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour"}, wanting("ok"), then) ==
          "failed: closed inside the response body");
    CHECK(answered({}, asking(), FakeBackend::Then::Reset) == "failed: connection reset");
}

TEST_CASE("an answer that is no HTTP names what is wrong", "[health][http]") {
    CHECK(answered({"SSH-2.0-OpenSSH_9.2\r\n"}).starts_with("failed: bad response: "));
    CHECK(answered({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"}, wanting("ok"))
              .starts_with("failed: bad response: "));
}

TEST_CASE("an http check ends when its time is over", "[health][http]") {
    Probing probing;
    conf::Check check = asking();
    check.timeout = 250ms;
    probing.start(check);
    while (probing.backend.received().empty()) probing.loop.run_once();
    SECTION("without any answer") {}
    SECTION("in the middle of an answer") {
        probing.backend.last().write("HTTP/1.1 200 OK\r\n");
        probing.loop.run_once();
        probing.loop.run_once(false);
    }
    probing.let_time_pass();
    CHECK(probing.outcome() == "failed: timeout after 250ms");
}

TEST_CASE("an http probe can be used again, whatever the last answer was", "[health][http]") {
    Probing probing;
    probing.backend.answer = {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfoo"};
    probing.backend.then = FakeBackend::Then::Close;
    CHECK(probing.run(wanting("ok")) == "failed: closed inside the response body");
    probing.backend.answer = {with_length("k")};  // must not be put behind an "o" of before
    probing.start_again();
    CHECK(probing.outcome() == "failed: body does not contain \"ok\"");
    probing.backend.answer = {with_length("ok")};
    probing.start_again();
    CHECK(probing.outcome() == "passed");
}
