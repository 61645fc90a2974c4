#include "proxy/control/resource.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;
using http::Method;

TEST_CASE("names in a path are decoded", "[control][resource]") {
    CHECK(find_place("/api/v1/pools/app").resource == Resource::Pool);
    CHECK(find_place("/api/v1/pools/app").pool == "app");
    const Place plain = find_place("/api/v1/pools/app/backends/127.0.0.1:3001");
    CHECK(plain.resource == Resource::Backend);
    CHECK(plain.pool == "app");
    CHECK(plain.backend == "127.0.0.1:3001");
    CHECK(find_place("/api/v1/pools/a/backends/unix:%2Frun%2fapp.sock").backend ==
          "unix:/run/app.sock");
    CHECK(find_place("/api/v1/pools/a/backends/%5B::1%5D:80").backend == "[::1]:80");
    CHECK(find_place("/api/v1/pools/a/backends/100%").backend == "100%");
    CHECK(find_place("/api/v1/pools/a/backends").resource == Resource::Backends);
}

TEST_CASE("what is no resource is told apart", "[control][resource]") {
    for (const std::string_view path :
         {"", "/x", "/live/", "/api/v1", "/api/v1/pools", "/api/v1/pools/", "/api/v1/pools/app/",
          "/api/v1/pools/app/x", "/api/v1/pools/app/backends/", "/api/v1/pools/app/backends/a/b"}) {
        CAPTURE(path);
        CHECK(find_place(path).resource == Resource::None);
    }
}

TEST_CASE("each resource has its methods", "[control][resource]") {
    struct Row {
        const char* path;
        const char* allowed;
    };
    for (const Row& row : {
             Row{"/", "GET, HEAD"},
             Row{"/api/v1/status", "GET, HEAD"},
             Row{"/api/v1/pools/a", "GET, HEAD"},
             Row{"/api/v1/pools/a/backends", "POST"},
             Row{"/api/v1/pools/a/backends/b", "PATCH, DELETE"},
             Row{"/api/v1/reload", "POST"},
             Row{"/api/v1/confirm", "POST"},
             Row{"/api/v1/plan", "GET, HEAD, POST"},
         }) {
        CAPTURE(row.path);
        const Resource resource = find_place(row.path).resource;
        const std::string allowed = row.allowed;
        CHECK(allowed_methods(resource) == allowed);
        const auto has = [&](const char* method) {
            return allowed.find(method) != std::string::npos;
        };
        CHECK(is_allowed(resource, Method::Get) == has("GET"));
        CHECK(is_allowed(resource, Method::Head) == has("HEAD"));
        CHECK(is_allowed(resource, Method::Post) == has("POST"));
        CHECK(is_allowed(resource, Method::Patch) == has("PATCH"));
        CHECK(is_allowed(resource, Method::Delete) == has("DELETE"));
        CHECK_FALSE(is_allowed(resource, Method::Put));
        CHECK_FALSE(is_allowed(resource, Method::Options));
    }
}
