#include "proxy/l7/router.h"

#include <string>

#include "conf/load.h"
#include "proxy/http/target.h"
#include "tests/http/parsing.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;

namespace {

conf::Model model_of(const std::string& routes) {
    conf::LoadResult loaded = conf::load_text(
        "[listener.web]\nbind = \":8080\"\npool = \"app\"\n"
        "[listener.other]\nbind = \":8081\"\npool = \"app\"\n"
        "[pool.app]\nbackends = [\"127.0.0.1:3001\"]\n" +
            routes,
        "f.toml");
    INFO(render(loaded.errors));
    REQUIRE(loaded.ok());
    return std::move(loaded.model);
}

/// The name of the route that takes a request; "-" when none does.
std::string taken(const conf::Model& model, std::string_view request_line,
                  std::string_view fields = "Host: a\r\n", std::string_view listener = "web") {
    std::string bytes(request_line);
    bytes.append(" HTTP/1.1\r\n").append(fields).append("\r\n");
    http::RequestHead head;
    const http::Outcome parsed = http::parse_request(bytes, head);
    INFO(bytes << parsed);
    REQUIRE(parsed.status == http::ParseStatus::Complete);
    http::Target target;
    std::string storage;
    REQUIRE(http::parse_target(head.method, head.text(head.target), storage, target).failure ==
            Failure::None);
    http::HostAndPort host;
    const http::Field* field = head.find(http::FieldId::Host);
    REQUIRE(field != nullptr);
    http::parse_host(head.value(*field), host);
    const Router router(model, listener);
    const auto found = router.find({host.host, target.route_path, head.method_name(), &head});
    return found ? model.routes[*found].name : "-";
}

}  // namespace

TEST_CASE("the first route that matches takes the request, in file order", "[l7][router]") {
    const conf::Model model = model_of(R"(
[[route]]
name = "deep"
path = "/v1/deep/*"
pool = "app"
[[route]]
name = "v1"
path = "/v1/*"
pool = "app"
[[route]]
name = "exact"
path = "/exact"
pool = "app"
)");
    CHECK(taken(model, "GET /v1/deep/x") == "deep");
    CHECK(taken(model, "GET /v1/deep") == "deep");
    CHECK(taken(model, "GET /v1/deeper") == "v1");
    CHECK(taken(model, "GET /v1") == "v1");
    CHECK(taken(model, "GET /v1?q=/x") == "v1");
    CHECK(taken(model, "GET /v11") == "-");
    CHECK(taken(model, "GET /exact") == "exact");
    CHECK(taken(model, "GET /exact/") == "-");
    CHECK(taken(model, "GET /EXACT") == "-");
}

TEST_CASE("paths are matched as they are after normalising", "[l7][router]") {
    const conf::Model model = model_of(
        "[[route]]\nname = \"admin\"\npath = \"/admin/*\"\n"
        "pool = \"app\"\n");
    CHECK(taken(model, "GET /%61dmin/x") == "admin");
    CHECK(taken(model, "GET //admin//x") == "admin");
    CHECK(taken(model, "GET /x/../admin") == "admin");
    CHECK(taken(model, "GET /x/%2e%2e/admin") == "admin");
    CHECK(taken(model, "GET /admin%2Fx") == "-");
}

TEST_CASE("hosts are matched in any case, without port and trailing dot", "[l7][router]") {
    const conf::Model model = model_of(R"(
[[route]]
name = "api"
host = "api.example.com"
pool = "app"
[[route]]
name = "wild"
host = "*.example.com"
pool = "app"
)");
    CHECK(taken(model, "GET /", "Host: api.example.com\r\n") == "api");
    CHECK(taken(model, "GET /", "Host: API.Example.COM.:8080\r\n") == "api");
    CHECK(taken(model, "GET /", "Host: x.example.com\r\n") == "wild");
    CHECK(taken(model, "GET /", "Host: x.y.example.com\r\n") == "-");
    CHECK(taken(model, "GET /", "Host: example.com\r\n") == "-");
    CHECK(taken(model, "GET /", "Host: xexample.com\r\n") == "-");
}

TEST_CASE("methods and header fields must match too", "[l7][router]") {
    const conf::Model model = model_of(R"(
[[route]]
name = "canary"
method = ["GET", "POST"]
header = { X-Canary = "1", X-Any = "*" }
pool = "app"
)");
    CHECK(taken(model, "GET /", "Host: a\r\nx-canary: 1\r\nX-Any: whatever\r\n") == "canary");
    CHECK(taken(model, "GET /", "Host: a\r\nX-Canary: 0\r\nX-Canary: 1\r\nX-Any:\r\n") == "canary");
    CHECK(taken(model, "GET /", "Host: a\r\nX-Canary: 1\r\n") == "-");
    CHECK(taken(model, "GET /", "Host: a\r\nX-Canary: 10\r\nX-Any: x\r\n") == "-");
    CHECK(taken(model, "PUT /", "Host: a\r\nX-Canary: 1\r\nX-Any: x\r\n") == "-");
}

TEST_CASE("one of several hosts or paths is enough; a route may keep to one listener",
          "[l7][router]") {
    const conf::Model model = model_of(R"(
[[route]]
name = "several"
listener = "other"
host = ["a", "b"]
path = ["/x", "/y/*"]
pool = "app"
)");
    CHECK(taken(model, "GET /y/1", "Host: b\r\n", "other") == "several");
    CHECK(taken(model, "GET /x", "Host: a\r\n", "other") == "several");
    CHECK(taken(model, "GET /z", "Host: a\r\n", "other") == "-");
    CHECK(taken(model, "GET /x", "Host: c\r\n", "other") == "-");
    CHECK(taken(model, "GET /x", "Host: a\r\n", "web") == "-");
}
