#include "proxy/control/access.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;

namespace {

BindAddress bind_of(std::string_view text) { return BindAddress::parse(text).value(); }

Caller from_network(std::string_view bind = "127.0.0.1:9900") {
    return {false, std::nullopt, "127.0.0.1:4711", bind_of(bind)};
}

Caller through_socket(std::optional<std::uint32_t> uid) {
    return {true, uid, "", bind_of("unix:/run/fairlead/admin.sock")};
}

AccessRules rules() {
    AccessRules made;
    made.own_uid = 990;
    made.hosts = {"lb1.internal"};
    made.has_token_file = true;
    made.token = "s3cret";
    return made;
}

/// What a program with the token sends.
Claims with_token() {
    Claims claims;
    claims.host = "127.0.0.1:9900";
    claims.authorization = "Bearer s3cret";
    claims.content_type = "application/json";
    return claims;
}

int status(const AccessRules& by, const Caller& caller, const Claims& claims, Need need) {
    const std::optional<Denial> denial = check_access(by, caller, claims, need);
    if (denial) {
        CHECK_FALSE(denial->error.empty());
        CHECK_FALSE(denial->hint.empty());
    }
    return denial ? denial->status : 200;
}

}  // namespace

TEST_CASE("the endpoint answers to its own address, the loopback, localhost and its list",
          "[control][access]") {
    const BindAddress bind = bind_of("192.0.2.1:9900");
    const std::vector<std::string> hosts{"lb1.internal"};
    for (const std::string_view host :
         {"192.0.2.1:9900", "192.0.2.1", "127.0.0.1:1", "[::1]:9900", "LocalHost:9900",
          "localhost.", "lb1.internal:9900", "LB1.internal"}) {
        CAPTURE(host);
        CHECK(is_accepted_host(host, bind, hosts));
    }
    for (const std::string_view host :
         {"192.0.2.2:9900", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
          "lb2.internal", "x.lb1.internal", ""}) {
        CAPTURE(host);
        CHECK_FALSE(is_accepted_host(host, bind, hosts));
    }
    CHECK(is_accepted_host("10.1.2.3:9900", bind_of(":9900"), {}));
    CHECK_FALSE(is_accepted_host("evil.example", bind_of(":9900"), {}));
    CHECK(is_accepted_host("10.1.2.3:9900", bind_of("0.0.0.0:9900"), {}));
}

TEST_CASE("through the control socket root and the balancer's own user may do everything",
          "[control][access]") {
    struct Row {
        std::optional<std::uint32_t> uid;
        int status;
    };
    for (const Row& row : {Row{0, 200}, Row{990, 200}, Row{1000, 403}, Row{std::nullopt, 403}}) {
        CAPTURE(row.uid.value_or(9999));
        for (const Need need : {Need::Nothing, Need::Read, Need::Change}) {
            CHECK(status(rules(), through_socket(row.uid), {}, need) == row.status);
        }
        CHECK(may_change(rules(), through_socket(row.uid), {}) == (row.status == 200));
    }
    // The token is for the network only.
    CHECK(status(rules(), through_socket(1000), with_token(), Need::Change) == 403);
}

TEST_CASE("on the loopback everybody may read and the token may change", "[control][access]") {
    Claims claims;
    claims.host = "localhost:9900";
    CHECK(status(rules(), from_network(), claims, Need::Read) == 200);
    CHECK(status(rules(), from_network(), claims, Need::Change) == 401);
    CHECK_FALSE(may_change(rules(), from_network(), claims));
    CHECK(status(rules(), from_network(), with_token(), Need::Change) == 200);
    CHECK(may_change(rules(), from_network(), with_token()));
}

TEST_CASE("off the loopback reading needs the token too, but for probes and metrics",
          "[control][access]") {
    for (const std::string_view bind : {"192.0.2.1:9900", ":9900", "[::]:9900"}) {
        CAPTURE(bind);
        Claims claims;
        claims.host = "lb1.internal";
        CHECK(status(rules(), from_network(bind), claims, Need::Nothing) == 200);
        CHECK(status(rules(), from_network(bind), claims, Need::Read) == 401);
        claims.authorization = "Bearer s3cret";
        CHECK(status(rules(), from_network(bind), claims, Need::Read) == 200);
    }
}

TEST_CASE("what a change over HTTP must carry", "[control][access]") {
    struct Row {
        const char* what;
        int status;
        void (*edit)(Claims&);
    };
    const Row rows[] = {
        {"as it should be", 200, [](Claims&) {}},
        {"the scheme in any case", 200, [](Claims& c) { c.authorization = "bearer  s3cret"; }},
        {"a type with a parameter", 200,
         [](Claims& c) { c.content_type = "Application/JSON; charset=utf-8"; }},
        {"a page of our own", 200, [](Claims& c) { c.origin = "http://127.0.0.1:9900"; }},
        {"the same site", 200, [](Claims& c) { c.fetch_site = "same-origin"; }},
        {"no token", 401, [](Claims& c) { c.authorization = {}; }},
        {"an empty token", 401, [](Claims& c) { c.authorization = "Bearer "; }},
        {"another token", 401, [](Claims& c) { c.authorization = "Bearer s3creT"; }},
        {"a longer token", 401, [](Claims& c) { c.authorization = "Bearer s3cret2"; }},
        {"another scheme", 401, [](Claims& c) { c.authorization = "Basic s3cret"; }},
        {"another Host", 403, [](Claims& c) { c.host = "evil.example"; }},
        {"no Host", 403, [](Claims& c) { c.host = {}; }},
        {"a foreign page", 403, [](Claims& c) { c.origin = "https://evil.example"; }},
        {"a page of another port", 403, [](Claims& c) { c.origin = "http://127.0.0.1:3000"; }},
        {"a page of the default port", 403, [](Claims& c) { c.origin = "http://127.0.0.1"; }},
        {"a sandboxed page", 403, [](Claims& c) { c.origin = "null"; }},
        {"a page of a file", 403, [](Claims& c) { c.origin = "file://127.0.0.1:9900"; }},
        {"a page of another site", 403, [](Claims& c) { c.fetch_site = "cross-site"; }},
        {"plain text", 415, [](Claims& c) { c.content_type = "text/plain"; }},
        {"a form", 415, [](Claims& c) { c.content_type = "application/x-www-form-urlencoded"; }},
        {"no type", 415, [](Claims& c) { c.content_type = {}; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Claims claims = with_token();
        row.edit(claims);
        CHECK(status(rules(), from_network(), claims, Need::Change) == row.status);
    }
}

TEST_CASE("without a usable token nobody changes anything over HTTP", "[control][access]") {
    AccessRules by = rules();
    by.token.reset();
    CHECK(status(by, from_network(), with_token(), Need::Change) == 403);
    by.token = "";
    Claims empty = with_token();
    empty.authorization = "Bearer ";
    CHECK(status(by, from_network(), empty, Need::Change) == 401);
    by = rules();
    by.has_token_file = false;
    by.token.reset();
    CHECK(status(by, from_network(), with_token(), Need::Change) == 403);
    CHECK(status(by, from_network(), with_token(), Need::Read) == 200);
}

TEST_CASE("the audit names the caller", "[control][access]") {
    CHECK(through_socket(0).who() == "uid 0");
    CHECK(from_network().who() == "token from 127.0.0.1:4711");
    Caller local{false, 1000, "", bind_of("unix:/run/x.sock")};
    CHECK(local.who() == "token from uid 1000");
}
