// `dns` of a pool: a name with a port, or a service.
#include <string>

#include "conf/settings.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

std::string text_of(std::string_view lines) {
    return std::string{test::kListener} + "[pool.app]\n" + std::string{lines} + "\n";
}
LoadResult load(std::string_view lines) { return test::load(text_of(lines)); }
std::string error_of(std::string_view lines) { return test::only_error(text_of(lines)); }

}  // namespace

TEST_CASE("a name with a port needs no backends beside it", "[conf][dns]") {
    const LoadResult result = load("dns = \"app.internal:8000\"");
    REQUIRE(result.ok());
    const Dns& dns = *result.model.pools.at(0).dns;
    CHECK(dns.name == "app.internal");
    CHECK(dns.port == 8000);
    CHECK_FALSE(dns.is_service());
    CHECK(dns.servers.empty());
    CHECK(result.model.pools[0].backends.empty());
}

TEST_CASE("a service has its ports from DNS, and may be asked of servers of one's own",
          "[conf][dns]") {
    const LoadResult result = load(
        "dns = { name = \"_http._tcp.app.internal\", servers = [\"10.0.0.2\", "
        "\"[fd00::1]:5353\"] }\nbackends = [\"127.0.0.1:1\"]");
    REQUIRE(result.ok());
    const Dns& dns = *result.model.pools.at(0).dns;
    CHECK(dns.is_service());
    REQUIRE(dns.servers.size() == 2);
    CHECK(dns.servers[0].text() == "10.0.0.2:53");
    CHECK(dns.servers[1].text() == "[fd00::1]:5353");
    CHECK(result.model.pools[0].backends.size() == 1);
}

TEST_CASE("names that cannot be asked for are reported", "[conf][dns]") {
    const std::string hint =
        " | write \"app.internal:8000\", or a service as \"_http._tcp.app.internal\"";
    CHECK(error_of("dns = \"app.internal\"") == "\"app.internal\" is no name with a port" + hint);
    CHECK(error_of("dns = \"_http.app.internal\"") ==
          "\"_http.app.internal\" is no name with a port" + hint);
    CHECK(error_of("dns = 8000") ==
          "\"dns\" must be a name with its port, or a table, not a number" + hint);
    CHECK(error_of("dns = \"127.0.0.1:80\"") ==
          "\"127.0.0.1:80\" needs no DNS | write backends = [\"127.0.0.1:80\"]");
    CHECK(error_of("dns = { servers = [\"10.0.0.2\"] }") == "\"dns\" has no \"name\"" + hint);
    CHECK(error_of("dns = { name = \"app.internal:80\", servers = [\"ns.internal\"] }") ==
          "\"ns.internal\" is not the address of a DNS server | write \"10.0.0.2\" or "
          "\"10.0.0.2:5353\"");
}

TEST_CASE("certificates are compared with the name that is written", "[conf][dns]") {
    CHECK(load("dns = \"app.internal:443\"\ntls = {}").model.pools.at(0).tls->sni ==
          "app.internal");
    CHECK(error_of("dns = \"_https._tcp.app.internal\"\ntls = {}") ==
          "the backends of _https._tcp.app.internal have no name to verify | write tls = { sni = "
          "\"app.internal\" }, or { verify = false }");
}

TEST_CASE("what print writes of dns loads to the same", "[conf][dns]") {
    const LoadResult result =
        load("dns = { name = \"app.internal:8000\", servers = [\"10.0.0.2\"] }");
    REQUIRE(result.ok());
    const std::string text = print(result.model);
    CHECK(text.find("dns.name = \"app.internal:8000\"") != std::string::npos);
    const LoadResult again = test::load(text);
    REQUIRE(again.ok());
    CHECK(settings(again.model) == settings(result.model));
}
