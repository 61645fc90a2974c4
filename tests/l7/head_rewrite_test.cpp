#include "proxy/l7/head_rewrite.h"

#include <string>

#include "tests/http/parsing.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;

namespace {

/// What is said of a request beside its head; the rest as a usual one has it.
struct Given {
    bool peer_is_trusted = false;
    bool adds_via = false;
    bool expects_continue = false;
    std::string upgrade{};
    Framing framing{};
    const conf::HeaderRules* rules = nullptr;
    std::string host = "a.example";
    const ClientCertificate* certificate = nullptr;
    bool is_secure = false;
    bool is_http2 = false;
};

std::string forwarded(std::string_view received, const Given& given = {}) {
    http::RequestHead head;
    const http::Outcome parsed = http::parse_request(received, head);
    INFO(received << parsed);
    REQUIRE(parsed.status == http::ParseStatus::Complete);
    http::Target target;
    std::string storage;
    REQUIRE(http::parse_target(head.method, head.text(head.target), storage, target).failure ==
            Failure::None);
    const std::string own_lines = make_own_lines(8080, given.is_secure, "me-1");
    const RequestRewrite rewrite{head,
                                 target,
                                 given.host,
                                 given.host,
                                 "id7",
                                 own_lines,
                                 "me-1",
                                 *IpAddress::parse("192.0.2.9"),
                                 8080,
                                 given.peer_is_trusted,
                                 given.adds_via,
                                 given.expects_continue,
                                 given.upgrade,
                                 given.framing,
                                 given.rules,
                                 given.certificate,
                                 given.is_secure,
                                 given.is_http2};
    http::HeadBuffer out;
    write_request_head(out, rewrite);
    return std::string(out.view());
}

bool has(const std::string& told, std::string_view text) {
    return told.find(text) != std::string::npos;
}

std::string answered(std::string_view received, ResponseRewrite (*with)(const http::ResponseHead&),
                     http::Method method = http::Method::Get) {
    http::ResponseHead head;
    const http::Outcome parsed = http::parse_response(received, head, method);
    INFO(received << parsed);
    REQUIRE(parsed.status == http::ParseStatus::Complete);
    http::HeadBuffer out;
    write_response_head(out, with(head));
    // The time that is added differs from run to run; a test of its own looks at it.
    std::string text(out.view());
    const std::size_t date = text.find("\r\nDate: ");
    if (head.find(http::FieldId::Date) == nullptr && date != std::string::npos) {
        text.erase(date, text.find("\r\n", date + 2) - date);
    }
    return text;
}

ResponseRewrite kept(const http::ResponseHead& head) {
    return {head, 1, true, false, false, {}, nullptr};
}

/// What every request gets from a peer that is not trusted.
constexpr std::string_view kIdentity =
    "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: a.example\r\nX-Request-Id: id7\r\n"
    "X-Forwarded-Proto: http\r\nX-Forwarded-Port: 8080\r\nCDN-Loop: me-1\r\n";

std::string request(std::string_view line, std::string_view fields, std::string_view behind = {}) {
    std::string text(line);
    return text.append(" HTTP/1.1\r\nHost: a.example\r\n")
        .append(fields)
        .append(kIdentity)
        .append(behind)
        .append("\r\n");
}

bool has_line(const std::string& head, std::string_view line) {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a usual request passes with its fields as they came", "[l7][head]") {
    CHECK(forwarded(
              "GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\naccept:  */*\r\nX-Odd: \t1 2\r\n\r\n") ==
          request("GET /x?y=1", "accept:  */*\r\nX-Odd: \t1 2\r\n"));
}

TEST_CASE("whatever stays is copied, wherever what ends here lies between it", "[l7][head]") {
    // All orders of six fields of which three stay, each by a bit: runs begin, end and lie between.
    constexpr std::string_view kStays[] = {"X-A: 1\r\n", "x-b:\r\n", "Accept: \t*/* \r\n"};
    constexpr std::string_view kEnds[] = {"Connection: close\r\n", "Content-Length: 3\r\n",
                                          "X_Forwarded_For: 1\r\n"};
    for (unsigned order = 0; order < 64; ++order) {
        std::string fields;
        std::string left;
        std::size_t stays = 0;
        std::size_t ends = 0;
        for (unsigned place = 0; place < 6; ++place) {
            if ((order >> place & 1U) != 0 && stays < 3) {
                fields += kStays[stays];
                left += kStays[stays++];
            } else if (ends < 3) {
                fields += kEnds[ends++];
            }
        }
        CAPTURE(fields);
        Given given;
        if (ends > 1) given.framing = {Framing::Kind::Length, 3};
        const std::string_view length = ends > 1 ? "Content-Length: 3\r\n" : "";
        CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n", given) ==
              request("GET /", left, length));
        CHECK(forwarded("GET / HTTP/1.1\r\n" + fields + "Host: a.example\r\n\r\n", given) ==
              request("GET /", left, length));
        // With a name to remove, the fields are looked at one by one instead.
        CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\n" + fields +
                            "Connection: X-Gone\r\nX-Gone: 1\r\n\r\n",
                        given) == request("GET /", left, length));
    }
}

TEST_CASE("what a stranger says about itself is removed", "[l7][head]") {
    CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 1.1.1.1\r\n"
                    "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
                    "X-Forwarded-Port: 1\r\nX-Forwarded-User: root\r\nX_Forwarded_For: 2.2.2.2\r\n"
                    "Forwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\nProxy: http://evil\r\n"
                    "X-Request-Id: forged\r\nAccept: */*\r\n\r\n") ==
          request("GET /", "Accept: */*\r\n"));
}

TEST_CASE("a trusted proxy is believed, and its list gets longer", "[l7][head]") {
    Given given;
    given.peer_is_trusted = true;
    CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 1.1.1.1, 10.0.0.1\r\n"
                    "X-Forwarded-For: 10.0.0.2\r\nX-Forwarded-Proto: https\r\n"
                    "X-Forwarded-User: ann\r\nForwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n"
                    "Proxy: http://evil\r\n\r\n",
                    given) ==
          "GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-User: ann\r\n"
          "Forwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n"
          "X-Forwarded-For: 1.1.1.1, 10.0.0.1, 10.0.0.2, 192.0.2.9\r\n"
          "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example\r\nX-Forwarded-Port: 8080\r\n"
          "X-Request-Id: id7\r\nCDN-Loop: me-1\r\n\r\n");
}

TEST_CASE("a request that came over TLS is told on as https", "[l7][head]") {
    for (const bool is_trusted : {false, true}) {
        const std::string told = forwarded("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
                                           {.peer_is_trusted = is_trusted, .is_secure = true});
        CHECK(has(told, "\r\nX-Forwarded-Proto: https\r\n"));
    }
}

TEST_CASE("fields about a client's certificate are written by nobody but us", "[l7][head]") {
    constexpr std::string_view kForged =
        "GET / HTTP/1.1\r\nHost: a.example\r\nClient-Cert: :Zm9v:\r\nclient_cert: :Zm9v:\r\n"
        "Client-Cert-Chain: :Zm9v:\r\nX-Forwarded-Client-Subject: CN=root\r\n"
        "x_forwarded_client_subject: CN=root\r\n\r\n";
    const ClientCertificate shown{"CN=alice,O=Example", ":YWJj:"};
    const ClientCertificate none;
    SECTION("of a stranger none is passed on, on any listener") {
        const std::string told = forwarded(kForged);
        CHECK_FALSE(has(told, "CN=root"));
        CHECK_FALSE(has(told, "Zm9v"));
    }
    SECTION("a trusted proxy may tell them where we do not ask ourselves") {
        const std::string told = forwarded(kForged, {.peer_is_trusted = true});
        CHECK(has(told, "X-Forwarded-Client-Subject: CN=root"));
    }
    SECTION("where we ask, what was shown is told") {
        const std::string told =
            forwarded(kForged, {.peer_is_trusted = true, .certificate = &shown});
        CHECK_FALSE(has(told, "CN=root"));
        CHECK_FALSE(has(told, "Zm9v"));
        CHECK(has(told,
                  "\r\nX-Forwarded-Client-Subject: CN=alice,O=Example\r\n"
                  "Client-Cert: :YWJj:\r\n"));
    }
    SECTION("where we ask and none was shown, there is none") {
        const std::string told =
            forwarded(kForged, {.peer_is_trusted = true, .certificate = &none});
        CHECK_FALSE(has(told, "lient"));
    }
}

TEST_CASE("hop-by-hop fields end here, with what Connection names", "[l7][head]") {
    CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive, X-Secret\r\n"
                    "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nX-Secret: 1\r\n"
                    "Proxy-Authorization: Basic x\r\nTE: gzip\r\nTrailer: X-T\r\n"
                    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
                    "Connection: Upgrade, HTTP2-Settings\r\nX-Kept: 1\r\n\r\n") ==
          request("GET /", "X-Kept: 1\r\n"));
}

TEST_CASE("fields that say who asks for what cannot be named away", "[l7][head]") {
    Given given;
    given.framing = {Framing::Kind::Length, 3};
    CHECK(forwarded("POST / HTTP/1.1\r\nHost: a.example\r\nConnection: Host, Content-Length, "
                    "Authorization, Cookie, X-Forwarded-For, X-Request-Id, CDN-Loop, Via\r\n"
                    "Authorization: Basic x\r\nCookie: a=1\r\nVia: 1.1 before\r\n"
                    "Content-Length: 3\r\n\r\n",
                    given) == request("POST /",
                                      "Authorization: Basic x\r\nCookie: a=1\r\n"
                                      "Via: 1.1 before\r\n",
                                      "Content-Length: 3\r\n"));
}

TEST_CASE("TE: trailers stays, and is named in Connection", "[l7][head]") {
    CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\nTE: gzip, trailers\r\n"
                    "Connection: TE\r\n\r\n") ==
          request("GET /", "", "TE: trailers\r\nConnection: TE\r\n"));
}

TEST_CASE("an allowed upgrade is asked for, made anew", "[l7][head]") {
    const std::string received =
        "GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive, Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";
    Given given;
    given.upgrade = "websocket";
    CHECK(forwarded(received, given) == request("GET /ws", "Sec-WebSocket-Version: 13\r\n",
                                                "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    CHECK(forwarded(received) == request("GET /ws", "Sec-WebSocket-Version: 13\r\n"));
}

TEST_CASE("only protocols the listener allows are passed on", "[l7][head]") {
    conf::Listener listener;
    const auto allowed = [&](std::string_view fields, std::string_view version = "1.1") {
        http::RequestHead head;
        std::string bytes = "GET / HTTP/";
        bytes.append(version).append("\r\nHost: a\r\n").append(fields).append("\r\n");
        REQUIRE(http::parse_request(bytes, head).status == http::ParseStatus::Complete);
        return allowed_upgrade(head, listener);
    };
    CHECK(allowed("Connection: upgrade\r\nUpgrade: WebSocket\r\n") == "WebSocket");
    CHECK(allowed("Connection: upgrade\r\nUpgrade: h2c\r\n") == "");
    CHECK(allowed("Connection: upgrade\r\nUpgrade: h2c, websocket\r\n") == "websocket");
    CHECK(allowed("Upgrade: websocket\r\n") == "");
    CHECK(allowed("Connection: upgrade\r\nUpgrade: websocket\r\n", "1.0") == "");
    listener.upgrade = {};
    CHECK(allowed("Connection: upgrade\r\nUpgrade: websocket\r\n") == "");
    listener.upgrade = {"websocket", "custom"};
    CHECK(allowed("Connection: upgrade\r\nUpgrade: custom, websocket\r\n") == "custom, websocket");
}

TEST_CASE("the framing of a request is made anew, the trailers announced only with chunks",
          "[l7][head]") {
    Given given;
    given.framing = {Framing::Kind::Length, 5};
    CHECK(forwarded("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n"
                    "Trailer: X-T\r\nContent-Length: 5\r\n\r\n",
                    given) == request("POST /", "", "Content-Length: 5\r\n"));
    CHECK(forwarded("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 05, 5\r\n\r\n", given) ==
          request("POST /", "", "Content-Length: 5\r\n"));
    given.framing = {Framing::Kind::Chunked, 0};
    CHECK(forwarded("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: Chunked\r\n"
                    "Trailer: X-T\r\n\r\n",
                    given) ==
          request("POST /", "Trailer: X-T\r\n", "Transfer-Encoding: chunked\r\n"));
}

TEST_CASE("Expect passes only when the backend is to answer it", "[l7][head]") {
    const std::string received =
        "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    Given given;
    given.framing = {Framing::Kind::Length, 5};
    CHECK(forwarded(received, given) == request("POST /", "", "Content-Length: 5\r\n"));
    given.expects_continue = true;
    CHECK(forwarded(received, given) ==
          request("POST /", "Expect: 100-continue\r\n", "Content-Length: 5\r\n"));
}

TEST_CASE("Via names the version that was received, behind those before", "[l7][head]") {
    Given given;
    given.adds_via = true;
    CHECK(forwarded("GET / HTTP/1.1\r\nHost: a.example\r\nVia: 1.1 before\r\n\r\n", given) ==
          request("GET /", "Via: 1.1 before\r\n", "Via: 1.1 fairlead\r\n"));
    CHECK(forwarded("GET / HTTP/1.0\r\nHost: a.example\r\n\r\n", given) ==
          request("GET /", "", "Via: 1.0 fairlead\r\n"));
}

TEST_CASE("Via names HTTP/2 where a request came by it", "[l7][head]") {
    const std::string told = forwarded("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
                                       {.adds_via = true, .is_http2 = true});
    CHECK(has(told, "\r\nVia: 2.0 fairlead\r\n"));
}

TEST_CASE("targets are forwarded normalised, absolute ones as a path", "[l7][head]") {
    CHECK(forwarded("GET http://a.example/x/../%61 HTTP/1.1\r\nHost: b\r\n\r\n") ==
          request("GET /a", ""));
    CHECK(forwarded("GET //a//b?%zz HTTP/1.1\r\nHost: a.example\r\n\r\n").substr(0, 13) ==
          "GET //a//b?%z");
    CHECK(forwarded("OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n") == request("OPTIONS *", ""));
}

TEST_CASE("a request with no host known has no empty X-Forwarded-Host", "[l7][head]") {
    Given given;
    given.host = "";
    CHECK_FALSE(forwarded("GET / HTTP/1.0\r\n\r\n", given).find("X-Forwarded-Host") !=
                std::string::npos);
}

TEST_CASE("rules set, add and remove fields, ours as well", "[l7][head]") {
    conf::HeaderRules rules;
    rules.set = {{"X-Env", "prod"}, {"x-forwarded-proto", "https"}, {"Host", "inner"}};
    rules.add = {{"X-More", "2"}};
    rules.remove = {"x-debug", "X-Request-Id"};
    Given given;
    given.rules = &rules;
    const std::string head = forwarded(
        "GET / HTTP/1.1\r\nHost: a.example\r\nX-Debug: 1\r\nX-ENV: test\r\n"
        "X-More: 1\r\n\r\n",
        given);
    CHECK(head ==
          "GET / HTTP/1.1\r\nX-More: 1\r\nX-Forwarded-For: 192.0.2.9\r\n"
          "X-Forwarded-Host: a.example\r\nX-Forwarded-Port: 8080\r\nCDN-Loop: me-1\r\n"
          "X-Env: prod\r\nx-forwarded-proto: https\r\nHost: inner\r\nX-More: 2\r\n\r\n");
}

TEST_CASE("a request that has been through us is known by CDN-Loop, others are added to",
          "[l7][head]") {
    const std::string received =
        "GET / HTTP/1.1\r\nHost: a.example\r\nCDN-Loop: other\r\nCDN-Loop: me-10, third\r\n\r\n";
    CHECK(has_line(forwarded(received), "CDN-Loop: other, me-10, third, me-1"));
    CHECK(count(forwarded(received), "CDN-Loop") == 1);
    http::RequestHead head;
    http::parse_request(received, head);
    CHECK(is_own_request(head, "third"));
    CHECK(is_own_request(head, "me-10"));
    CHECK_FALSE(is_own_request(head, "me-1"));
}

TEST_CASE("a usual response passes with its fields as they came", "[l7][head]") {
    CHECK(answered("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\nETag: \"1\"\r\n\r\n",
                   [](const http::ResponseHead& head) {
                       ResponseRewrite rewrite = kept(head);
                       rewrite.framing = {Framing::Kind::Length, 3};
                       rewrite.adds_via = true;
                       return rewrite;
                   }) ==
          "HTTP/1.1 200 OK\r\nServer: x\r\nETag: \"1\"\r\nContent-Length: 3\r\n"
          "Via: 1.1 fairlead\r\n\r\n");
}

TEST_CASE("a response loses hop-by-hop fields and what its Connection names", "[l7][head]") {
    CHECK(answered("HTTP/1.1 404 Gone Fishing\r\nConnection: close, X-Inner\r\nX-Inner: 1\r\n"
                   "Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nTrailer: X-T\r\n"
                   "Upgrade: h2c\r\nX-Kept: 1\r\n\r\n",
                   [](const http::ResponseHead& head) {
                       ResponseRewrite rewrite = kept(head);
                       rewrite.framing = {Framing::Kind::Chunked, 0};
                       return rewrite;
                   }) ==
          "HTTP/1.1 404 Gone Fishing\r\nTrailer: X-T\r\nX-Kept: 1\r\n"
          "Transfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("what the connection does next is told, to HTTP/1.0 also that it stays", "[l7][head]") {
    const auto close = [](const http::ResponseHead& head) {
        ResponseRewrite rewrite = kept(head);
        rewrite.keep_alive = false;
        return rewrite;
    };
    const auto old = [](const http::ResponseHead& head) {
        ResponseRewrite rewrite = kept(head);
        rewrite.client_minor = 0;
        return rewrite;
    };
    const std::string received = "HTTP/1.1 204 No Content\r\n\r\n";
    CHECK(answered(received, close) == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(answered(received, old) == "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
    CHECK(answered(received, kept) == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("the length of a body that is not sent is kept once, and never with 204", "[l7][head]") {
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n", kept,
                   http::Method::Head) == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
    CHECK(answered("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", kept) ==
          "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
    CHECK(answered("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", kept) ==
          "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kept,
                   http::Method::Head) == "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_CASE("an interim response carries nothing about the connection, and no rules", "[l7][head]") {
    static conf::HeaderRules rules;
    rules.add = {{"X-A", "1"}};
    CHECK(answered("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X-B\r\nX-B: 1\r\n\r\n",
                   [](const http::ResponseHead& head) {
                       ResponseRewrite rewrite = kept(head);
                       rewrite.rules = &rules;
                       return rewrite;
                   }) == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST_CASE("a 101 names the protocol and nothing else about the connection", "[l7][head]") {
    CHECK(answered("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                   "connection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                   [](const http::ResponseHead& head) {
                       ResponseRewrite rewrite = kept(head);
                       rewrite.is_switch = true;
                       return rewrite;
                   }) ==
          "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
          "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}

TEST_CASE("rules of a response replace what it said and what we would say", "[l7][head]") {
    static conf::HeaderRules rules;
    rules.set = {{"Cache-Control", "no-store"}, {"Via", "secret"}};
    rules.remove = {"Server"};
    CHECK(answered("HTTP/1.1 204 No Content\r\nServer: x\r\ncache-control: public\r\n"
                   "CACHE-CONTROL: max-age=1\r\n\r\n",
                   [](const http::ResponseHead& head) {
                       ResponseRewrite rewrite = kept(head);
                       rewrite.adds_via = true;
                       rewrite.rules = &rules;
                       return rewrite;
                   }) ==
          "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\nVia: secret\r\n\r\n");
}

TEST_CASE("a response without a Date gets one, one with a Date keeps it", "[l7][head_rewrite]") {
    const auto written = [](std::string_view received) {
        http::ResponseHead head;
        REQUIRE(http::parse_response(received, head, http::Method::Get).status ==
                http::ParseStatus::Complete);
        http::HeadBuffer out;
        write_response_head(out, kept(head));
        return std::string(out.view());
    };
    const std::string added = written("HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n");
    const std::size_t date = added.find("\r\nDate: ");
    REQUIRE(date != std::string::npos);
    CHECK(added.substr(date + 8, 29).ends_with(" GMT"));

    const std::string_view old = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    const std::string passed = written("HTTP/1.1 204 No Content\r\n" + std::string(old) + "\r\n");
    CHECK(passed == "HTTP/1.1 204 No Content\r\n" + std::string(old) + "\r\n");
}
