#include "conf/keys.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace fairlead::conf;

TEST_CASE("the list of keys reaches into every table and names each key once", "[conf][keys]") {
    const std::vector<std::string> all = keys();
    const auto has = [&](std::string_view key) {
        return std::count(all.begin(), all.end(), key) == 1;
    };
    CHECK(has("process.stop.tunnels"));
    CHECK(has("process.drain.requests"));
    CHECK(has("admin.bind"));
    CHECK(has("listener.sni"));
    CHECK(has("log.access.query"));
    CHECK(has("listener.limits.requests_per_connection"));
    CHECK(has("route.request_headers.remove"));
    CHECK(has("route.retry.attempts"));
    CHECK(has("pool.backends.tier"));
    CHECK(has("pool.check.expect_bytes"));
    CHECK(has("pool.hash.bound"));
    CHECK(has("expect.redirect"));
    CHECK_FALSE(has("defaults.pool"));
    CHECK(has("listener.tls.certificates.ocsp"));
    CHECK(has("pool.tls.verify"));
    CHECK(has("listener.h2.connection_window"));
    CHECK(all.size() == 185);
}
