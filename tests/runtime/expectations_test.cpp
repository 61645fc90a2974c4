#include "proxy/runtime/expectations.h"

#include <string>

#include "conf/load.h"
#include "tests/support/catch.h"

using namespace fairlead;

namespace {

/// What is printed for the expectations at the end of this configuration.
std::string unmet(const std::string& expectations) {
    conf::LoadResult loaded = conf::load_text(
        R"([listener.web]
bind = ":8080"
pool = "app"
limits = { url = "64B" }
[listener.bare]
bind = ":8081"
[pool.app]
backends = ["127.0.0.1:3001"]
[pool.api]
backends = ["127.0.0.1:3002"]
[[route]]
listener = "web"
name = "api"
host = "*.example.com"
path = "/v1/*"
header = { X-Canary = "1" }
pool = "api"
[[route]]
listener = "web"
path = "/old/*"
redirect = "https://new.example{uri}"
status = 308
[[route]]
listener = "web"
path = "/gone"
status = 410
[[route]]
listener = "bare"
path = "/only"
status = 204
)" + expectations,
        "f.toml");
    INFO(render(loaded.errors));
    REQUIRE(loaded.ok());
    return render(runtime::run_expectations(loaded.model));
}

std::string expect(const std::string& request, const std::string& rest) {
    return "[[expect]]\nrequest = \"" + request + "\"\n" + rest + "\n";
}

}  // namespace

TEST_CASE("expectations go the way requests go", "[runtime][expect]") {
    CHECK(unmet(expect("GET http://a.example.com:8080/v1/x",
                       "header = { X-Canary = \"1\" }\n"
                       "pool = \"api\"") +
                expect("GET http://a.example.com:8080/v1/x", "pool = \"app\"") +
                expect("GET http://A.Example.COM:8080//x/../v1",
                       "header = { x-canary = \"1\" }\n"
                       "pool = \"api\"") +
                expect("GET http://x:8080/old/a?b=c",
                       "redirect = \"https://new.example/old/a?b=c\"") +
                expect("GET http://x:8080/old/a?b=c", "status = 308") +
                expect("GET http://x:8080/gone", "status = 410") +
                expect("GET http://x:8081/gone", "status = 404") +
                expect("GET http://x/gone", "listener = \"bare\"\nstatus = 404")) == "");
}

TEST_CASE("a request that would be refused is answered with that status", "[runtime][expect]") {
    CHECK(unmet(expect("GET http://x:8080/" + std::string(80, 'a'), "status = 414") +
                expect("GET http://x:8080/%00", "status = 400") +
                expect("GET http://x:8080/../a", "status = 400")) == "");
}

TEST_CASE("an expectation that is not met says where the request went", "[runtime][expect]") {
    const std::string said = unmet(expect("GET http://a.example.com:8080/v1/x",
                                          "header = { X-Canary = \"1\" }\npool = \"app\""));
    CHECK(said ==
          "f.toml:34:8: error: GET http://a.example.com/v1/x goes to pool \"api\", not to pool "
          "\"app\"\n   34 | pool = \"app\"\n      |        ^^^^^ the route \"api\" takes it\n");
}

TEST_CASE("an expected pool may be any that gets requests of a split", "[runtime][expect]") {
    const auto split = [](const std::string& pool) {
        return unmet(
            "[[route]]\nlistener = \"bare\"\npath = \"/s\"\nname = \"s\"\n"
            "split = { app = 9, api = 1, old = 0 }\n"
            "[pool.old]\nbackends = [\"127.0.0.1:3003\"]\n" +
            expect("GET http://h:8081/s", "pool = \"" + pool + "\""));
    };
    CHECK(split("app") == "");
    CHECK(split("api") == "");
    CHECK(split("old").find("GET http://h/s goes to one of the pools \"app\", \"api\", not to "
                            "pool \"old\"") != std::string::npos);
}
