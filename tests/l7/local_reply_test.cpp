#include "proxy/l7/local_reply.h"

#include <string>

#include "conf/load.h"
#include "tests/http/parsing.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;

namespace {

/// The whole response, its date put in place of the real one.
std::string written(const LocalReply& reply) {
    http::HeadBuffer out;
    write_local_reply(out, reply);
    std::string text(out.view());
    const std::size_t date = text.find("Date: ");
    if (date != std::string::npos) text.replace(date, text.find('\r', date) - date, "Date: now");
    return text;
}

LocalReply reply_of(int status) {
    LocalReply reply{};
    reply.status = status;
    return reply;
}

LocalReply failed(Failure failure) {
    LocalReply reply = reply_of(row(failure).status);
    reply.failure = failure;
    reply.text = row(failure).meaning;
    return reply;
}

bool accepts_json(std::string_view accept) {
    http::RequestHead head;
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    if (!accept.empty()) bytes.append("Accept: ").append(accept).append("\r\n");
    REQUIRE(http::parse_request(bytes + "\r\n", head).status == http::ParseStatus::Complete);
    return wants_json(head);
}

std::string location(const std::string& redirect, std::string_view target,
                     std::string_view host = "a.example", bool is_secure = false,
                     http::Method method = http::Method::Get) {
    const conf::LoadResult loaded = conf::load_text(
        "[listener.web]\nbind = \":8080\"\n[[route]]\nredirect = \"" + redirect + "\"\n", "f.toml");
    INFO(render(loaded.errors));
    REQUIRE(loaded.ok());
    http::Target parsed;
    std::string storage;
    REQUIRE(http::parse_target(method, target, storage, parsed).failure == Failure::None);
    return redirect_location(loaded.model.routes.at(0), is_secure, host, parsed);
}

}  // namespace

TEST_CASE("a failure is told in its words, with the time to come back for a 503", "[l7][reply]") {
    LocalReply reply = failed(Failure::NoBackend);
    reply.keep_alive = true;
    CHECK(written(reply) ==
          "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\n"
          "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 77\r\n"
          "X-Fairlead-Failure: no_backend\r\nCache-Control: no-store\r\nRetry-After: 1\r\n\r\n"
          "503 Service Unavailable: No backend is available at the moment. (no_backend)"
          "\n");
}

TEST_CASE("who asks for JSON is told in JSON", "[l7][reply]") {
    LocalReply reply = failed(Failure::ConnectRefused);
    reply.text = "a \"quoted\" text";
    reply.wants_json = true;
    CHECK(written(reply) ==
          "HTTP/1.1 502 Bad Gateway\r\nDate: now\r\nContent-Type: application/json\r\n"
          "Content-Length: 71\r\nX-Fairlead-Failure: connect_refused\r\n"
          "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
          "{\"error\":\"a \\\"quoted\\\" text\",\"failure\":\"connect_refused\",\"status\":502}\n");
}

TEST_CASE("a HEAD gets the head alone, with the length it would have", "[l7][reply]") {
    LocalReply reply = failed(Failure::NoRoute);
    reply.keep_alive = true;
    const std::string with_body = written(reply);
    reply.is_head = true;
    const std::size_t head_bytes = with_body.find("\r\n\r\n") + 4;
    CHECK(written(reply) == with_body.substr(0, head_bytes));
    CHECK(with_body.size() > head_bytes);
}

TEST_CASE("an HTTP/1.0 client is told that the connection stays", "[l7][reply]") {
    LocalReply reply = reply_of(204);
    reply.keep_alive = true;
    reply.client_minor = 0;
    CHECK(written(reply) ==
          "HTTP/1.1 204 No Content\r\nDate: now\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("a redirect names the place and has an empty body", "[l7][reply]") {
    LocalReply reply = reply_of(308);
    reply.location = "https://b/x";
    reply.keep_alive = true;
    CHECK(written(reply) ==
          "HTTP/1.1 308 Permanent Redirect\r\nDate: now\r\nLocation: https://b/x\r\n"
          "Content-Length: 0\r\n\r\n");
}

TEST_CASE("a fixed answer has the body of the configuration, and rules replace our fields",
          "[l7][reply]") {
    conf::HeaderRules rules;
    rules.set = {{"content-type", "text/html"}, {"X-A", "1"}};
    LocalReply reply = reply_of(200);
    reply.text = "<b>hi</b>";
    reply.keep_alive = true;
    reply.rules = &rules;
    CHECK(written(reply) ==
          "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 9\r\ncontent-type: text/html\r\n"
          "X-A: 1\r\n\r\n<b>hi</b>");
}

TEST_CASE("JSON is wanted when Accept names it and nothing a person reads", "[l7][reply]") {
    CHECK(accepts_json("application/json"));
    CHECK(accepts_json("application/problem+JSON, */*"));
    CHECK_FALSE(accepts_json(""));
    CHECK_FALSE(accepts_json("*/*"));
    CHECK_FALSE(accepts_json("text/html, application/json"));
    CHECK_FALSE(accepts_json("text/plain, application/json"));
}

TEST_CASE("a redirect's variables are parts of the request", "[l7][reply]") {
    CHECK(location("https://www.example.com{uri}", "/a/b?c=d") ==
          "https://www.example.com/a/b?c=d");
    CHECK(location("{scheme}://{host}/new{path}?{query}", "/a?c=d") ==
          "http://a.example/new/a?c=d");
    CHECK(location("{scheme}://{host}/", "/", "a.example", true) == "https://a.example/");
    CHECK(location("/x?from={path}&{query}", "/a") == "/x?from=/a&");
    CHECK(location("https://b{uri}", "http://other/p/../q?r") == "https://b/q?r");
    CHECK(location("https://{host}{uri}", "//x/../y?z") == "https://a.example//y?z");
    CHECK(location("https://b{path}", "/a%0d%0aSet-Cookie:x") == "https://b/a%0d%0aSet-Cookie:x");
}

TEST_CASE("a request cannot name the host that a redirect to a path goes to", "[l7][reply]") {
    CHECK(location("{uri}", "//evil.example/x") == "/evil.example/x");
    CHECK(location("/{path}", "///evil.example") == "/evil.example");
    CHECK(location("{path}", "//") == "/");
    CHECK(location("//cdn.example{path}", "/x") == "//cdn.example/x");
}

TEST_CASE("a redirect of OPTIONS * goes to the root", "[l7][reply]") {
    CHECK(location("https://{host}{uri}", "*", "a.example", false, http::Method::Options) ==
          "https://a.example/");
}
