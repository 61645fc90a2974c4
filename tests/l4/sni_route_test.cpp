#include "proxy/l4/sni_route.h"

#include <vector>

#include "tests/support/catch.h"

namespace fairlead::l4 {
namespace {

const std::vector<conf::SniRoute> kRows{
    {"db.example.com", false, "db", {}},
    {"a.example.com", false, "a", {}},
    {"example.com", true, "others", {}},
    {"apps.example.com", true, "apps", {}},
};

std::string_view pool_of(std::string_view name) {
    const auto row = find_sni_route(kRows, name);
    return row ? std::string_view(kRows[*row].pool) : "none";
}

}  // namespace

TEST_CASE("an exact name goes before a pattern", "[l4][sni]") {
    CHECK(pool_of("db.example.com") == "db");
    CHECK(pool_of("a.example.com") == "a");
    CHECK(pool_of("b.example.com") == "others");
}

TEST_CASE("a pattern stands for exactly one label", "[l4][sni]") {
    CHECK(pool_of("x.apps.example.com") == "apps");
    CHECK(pool_of("example.com") == "none");
    CHECK(pool_of("a.b.example.com") == "none");
    CHECK(pool_of(".example.com") == "none");
    CHECK(pool_of("xexample.com") == "none");
}

TEST_CASE("no name is taken by no row", "[l4][sni]") {
    CHECK(pool_of("") == "none");
    CHECK_FALSE(find_sni_route({}, "db.example.com"));
}

}  // namespace fairlead::l4
