#include "proxy/l7/sticky_cookie.h"

#include <memory>
#include <string>

#include "balancing/shared_pool.h"
#include "proxy/l7/head_rewrite.h"
#include "tests/http/parsing.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;

namespace {

/// Two backends whose tokens are "aaaa" and "bbbb".
struct TwoBackends {
    TwoBackends() {
        std::vector<balancing::BackendSettings> backends(2);
        backends[0].name = "a";
        backends[1].name = "b";
        shared = balancing::SharedPool::make("app", {}, std::move(backends), 1, nullptr);
        table = std::make_unique<balancing::StickyTable>(std::vector<balancing::StickyTable::Row>{
            {"aaaa", shared->find("a")}, {"bbbb", shared->find("b")}});
    }
    std::shared_ptr<balancing::SharedPool> shared;
    std::unique_ptr<balancing::StickyTable> table;
};

http::RequestHead request_with(const std::string& fields) {
    http::RequestHead head;
    const http::Outcome parsed =
        http::parse_request("GET / HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n", head);
    INFO(fields << parsed);
    REQUIRE(parsed.status == http::ParseStatus::Complete);
    return head;
}

/// The name of the backend, "bad" for a cookie that is nobody's, "none" without one.
std::string claimed(const std::string& fields) {
    const TwoBackends two;
    const StickyClaim claim = read_sticky_cookie(request_with(fields), "lb", *two.table);
    if (claim.backend != nullptr) {
        CHECK(claim.is_sent);
        return claim.backend->name();
    }
    return claim.is_sent ? "bad" : "none";
}

std::string others(const std::string& fields) {
    http::HeadBuffer out;
    http::HeadWriter writer(out);
    write_other_cookies(request_with(fields), "lb", writer);
    return std::string(out.view());
}

std::string set_cookie(const conf::Sticky& settings, bool is_secure) {
    http::HeadBuffer out;
    http::HeadWriter writer(out);
    write_set_cookie({&settings, "aaaa", is_secure}, writer);
    return std::string(out.view());
}

std::string answered(const std::string& fields, const conf::HeaderRules* rules = nullptr) {
    http::ResponseHead head;
    const http::Outcome parsed = http::parse_response(
        "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n" + fields + "\r\n", head,
        http::Method::Get);
    INFO(fields << parsed);
    REQUIRE(parsed.status == http::ParseStatus::Complete);
    const conf::Sticky settings;
    const StickyOffer offer{&settings, "aaaa", false};
    http::HeadBuffer out;
    write_response_head(
        out, {head, 1, true, false, false, {Framing::Kind::Length, 0}, rules, false, &offer});
    std::string text(out.view());
    const std::string before = "HTTP/1.1 200 OK\r\nDate: now\r\n";
    REQUIRE(text.starts_with(before));
    return text.substr(before.size());
}

constexpr const char* kCookie = "Set-Cookie: fairlead=aaaa; Path=/; HttpOnly; SameSite=Lax\r\n";
constexpr const char* kLength = "Content-Length: 0\r\n";

}  // namespace

TEST_CASE("the sticky cookie is found among others", "[l7][sticky]") {
    CHECK(claimed("") == "none");
    CHECK(claimed("Cookie: x=1\r\n") == "none");
    CHECK(claimed("Cookie: lb=aaaa\r\n") == "a");
    CHECK(claimed("cookie: x=1; lb=bbbb; y=2\r\n") == "b");
    CHECK(claimed("Cookie: x=1;lb=bbbb;y=2\r\n") == "b");
    CHECK(claimed("Cookie: x=1\r\nCookie: lb=aaaa\r\n") == "a");
    CHECK(claimed("Cookie: ;; ; \t lb=aaaa \t ;\r\n") == "a");
}

TEST_CASE("what is not exactly a value that was given counts as none", "[l7][sticky]") {
    for (const std::string bad : {"lb=", "lb=aaa", "lb=aaaaa", "lb=AAAA", "lb=\"aaaa\"", "lb=aa aa",
                                  "lb= aaaa", "lb=aaaa=", "lb=aaaa,bbbb", "lb=;", "lb=cccc"}) {
        INFO(bad);
        CHECK(claimed("Cookie: " + bad + "\r\n") == "bad");
    }
    for (const std::string other : {"LB=aaaa", "lb", "lb =aaaa", "xlb=aaaa", "lbx=aaaa", "=lb"}) {
        INFO(other);
        CHECK(claimed("Cookie: " + other + "\r\n") == "none");
    }
}

TEST_CASE("of several sticky cookies the first good one counts", "[l7][sticky]") {
    CHECK(claimed("Cookie: lb=x; lb=bbbb; lb=aaaa\r\n") == "b");
    CHECK(claimed("Cookie: lb=x\r\nCookie: lb=aaaa\r\n") == "a");
}

TEST_CASE("backends get all cookies but the sticky one", "[l7][sticky]") {
    CHECK(others("Cookie: lb=aaaa\r\n").empty());
    CHECK(others("Cookie: x=1; lb=aaaa; y=\"2\"\r\n") == "Cookie: x=1; y=\"2\"\r\n");
    CHECK(others("Cookie: lb=x;lb=aaaa;y=2\r\n") == "Cookie: y=2\r\n");
    CHECK(others("Cookie: x=1\r\nCookie: lb=aaaa\r\nCookie: y=2\r\n") ==
          "Cookie: x=1\r\nCookie: y=2\r\n");
    CHECK(others("Cookie: LB=1; lb\r\n") == "Cookie: LB=1; lb\r\n");
}

TEST_CASE("a head is forwarded without the sticky cookie", "[l7][sticky]") {
    const http::RequestHead head = request_with("Cookie: x=1; lb=aaaa\r\nX-A: 1\r\n");
    http::Target target;
    std::string storage;
    REQUIRE(http::parse_target(head.method, head.text(head.target), storage, target).failure ==
            Failure::None);
    RequestRewrite rewrite{head, target, "t",   "t",   "id", "", "me",   IpAddress{},
                           80,   false,  false, false, {},   {}, nullptr};
    http::HeadBuffer out;
    write_request_head(out, rewrite);
    CHECK(out.view().find("Cookie: x=1; lb=aaaa\r\n") != std::string_view::npos);
    rewrite.own_cookie = "lb";
    write_request_head(out, rewrite);
    CHECK(out.view().find("lb=aaaa") == std::string_view::npos);
    CHECK(out.view().find("Cookie: x=1\r\n") != std::string_view::npos);
    conf::HeaderRules rules;
    rules.remove = {"cookie"};
    rewrite.rules = &rules;
    write_request_head(out, rewrite);
    CHECK(out.view().find("Cookie") == std::string_view::npos);
}

TEST_CASE("a cookie is written with its attributes", "[l7][sticky]") {
    conf::Sticky settings;
    CHECK(set_cookie(settings, false) == kCookie);
    CHECK(set_cookie(settings, true) ==
          "Set-Cookie: fairlead=aaaa; Path=/; Secure; HttpOnly; SameSite=Lax\r\n");
    settings.cookie = "lb";
    settings.http_only = false;
    settings.same_site = conf::SameSite::None;
    settings.max_age = std::chrono::minutes{2};
    CHECK(set_cookie(settings, false) == "Set-Cookie: lb=aaaa; Path=/; Max-Age=120\r\n");
    CHECK(set_cookie(settings, true) ==
          "Set-Cookie: lb=aaaa; Path=/; Max-Age=120; Secure; SameSite=None\r\n");
    settings.secure = conf::CookieSecure::Always;
    settings.same_site = conf::SameSite::Strict;
    CHECK(set_cookie(settings, false) ==
          "Set-Cookie: lb=aaaa; Path=/; Max-Age=120; Secure; SameSite=Strict\r\n");
    settings.secure = conf::CookieSecure::Never;
    settings.same_site = conf::SameSite::Off;
    CHECK(set_cookie(settings, true) == "Set-Cookie: lb=aaaa; Path=/; Max-Age=120\r\n");
}

TEST_CASE("a response with the cookie is kept out of shared caches", "[l7][sticky]") {
    const auto made = [](const std::string& cache_control) {
        return std::string(kLength) + kCookie + "Cache-Control: " + cache_control + "\r\n\r\n";
    };
    CHECK(answered("") == made("private"));
    CHECK(answered("Cache-Control: max-age=60\r\n") == made("max-age=60, private"));
    CHECK(answered("Cache-Control: public, max-age=60\r\n") == made("max-age=60, private"));
    CHECK(answered("cache-control: no-cache=\"a, public\"\r\nCache-Control: Public\r\n") ==
          made("no-cache=\"a, public\", private"));
    CHECK(answered("Cache-Control: private=\"X\"\r\n") == made("private=\"X\", private"));
    CHECK(answered("Cache-Control: x=\"a\\\"b, c\r\n") == made("x=\"a\\\"b, c, private"));
    CHECK(answered("Cache-Control:\r\n") == made("private"));
    for (const std::string kept : {"private", "Private, max-age=1", "no-store", "a, NO-STORE"}) {
        const std::string line = "Cache-Control: " + kept + "\r\n";
        CHECK(answered(line) == line + kLength + kCookie + "\r\n");
    }
}

TEST_CASE("what header rules say of the fields goes before", "[l7][sticky]") {
    conf::HeaderRules rules;
    rules.set = {{"Cache-Control", "no-cache"}};
    CHECK(answered("", &rules) ==
          std::string(kLength) + kCookie + "Cache-Control: no-cache\r\n\r\n");
    conf::HeaderRules without;
    without.remove = {"Set-Cookie"};
    CHECK(answered("Set-Cookie: x=1\r\n", &without) == std::string(kLength) + "\r\n");
}
