#include "health/registry.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::health;

TEST_CASE("every kind of check has its row, in order", "[health][registry]") {
    REQUIRE(probes().size() == 4);
    CHECK(probes()[0].kind == conf::CheckKind::Http);
    CHECK(probes()[1].kind == conf::CheckKind::Tcp);
    CHECK(probes()[2].kind == conf::CheckKind::Tls);
    CHECK(probes()[3].kind == conf::CheckKind::Grpc);
    for (const ProbeRow& row : probes()) {
        CHECK_FALSE(row.name.empty());
        CHECK_FALSE(row.summary.empty());
    }
}
