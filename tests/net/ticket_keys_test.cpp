#include "proxy/net/ticket_keys.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::net;
using std::chrono::hours;

namespace {

const WallTime kStart{hours{24 * 365 * 50}};

}  // namespace

TEST_CASE("ticket secrets rotate every eight hours and open tickets for a day") {
    TicketKeys keys(kStart);
    REQUIRE(keys.secrets().size() == 1);
    const auto first = keys.secrets().front().bytes;

    CHECK(!keys.rotate(kStart + hours{7}));
    CHECK(keys.secrets().front().bytes == first);
    CHECK(keys.rotate(kStart + hours{8}));
    CHECK(keys.secrets().size() == 2);
    CHECK(keys.secrets().front().bytes != first);
    CHECK(keys.secrets().back().bytes == first);
    CHECK(keys.rotate(kStart + hours{16}));
    CHECK(keys.rotate(kStart + hours{24}));
    for (const auto& each : keys.secrets()) CHECK(each.bytes != first);
}

TEST_CASE("ticket secrets of the process before go on") {
    TicketKeys before(kStart), after(kStart + hours{1});
    const std::uint64_t version = after.version();
    after.restore(before.secrets(), kStart + hours{1});
    CHECK(after.version() > version);
    CHECK(after.secrets().front().bytes == before.secrets().front().bytes);
    CHECK(after.secrets().front().made == kStart);
}

TEST_CASE("ticket secrets that are too old or from the future are dropped") {
    TicketKeys before(kStart), after(kStart + hours{25});
    const auto own = after.secrets().front().bytes;
    after.restore(before.secrets(), kStart + hours{25});
    CHECK(after.secrets().front().bytes == own);
    after.restore(before.secrets(), kStart - hours{1});
    CHECK(after.secrets().front().bytes == own);
    after.restore({}, kStart + hours{25});
    CHECK(after.secrets().size() == 1);
}

TEST_CASE("a list of ticket secrets has a bound, newest first") {
    std::vector<TicketKeys::Secret> many(1000);
    for (std::size_t i = 0; i < many.size(); ++i) many[i].made = kStart + std::chrono::seconds{i};
    TicketKeys keys(kStart);
    keys.restore(many, kStart + hours{1});
    REQUIRE(keys.secrets().size() == 4);
    CHECK(keys.secrets().front().made == kStart + std::chrono::seconds{999});
}
