// What `fairlead demo` does to its origins, seen from a client.
#include "bench/origin.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
}

TEST_CASE("killing an origin resets its connections and closes its port", "[bench][origin]") {
    TestOrigins origins(2);
    RawClient idle(origins.address(0));
    REQUIRE(idle.ask(kGet).status == 200);
    RawClient waiting(origins.address(0));
    waiting.send("GET /?delay=1h HTTP/1.1\r\nHost: t\r\n\r\n");
    RawClient reading(origins.address(0));
    reading.send("GET /?size=1g HTTP/1.1\r\nHost: t\r\n\r\n");
    REQUIRE_FALSE(reading.read_some(1).empty());

    origins.with(0, [](Origin& origin) {
        origin.kill();
        CHECK_FALSE(origin.is_alive());
        CHECK(origin.connections() == 0);
    });
    CHECK(idle.wait_for_end() == RawClient::Ending::Reset);
    CHECK(waiting.wait_for_end() == RawClient::Ending::Reset);
    CHECK_FALSE(RawClient(origins.address(0)).is_connected());
    CHECK(RawClient(origins.address(1)).ask(kGet).status == 200);
}

TEST_CASE("a revived origin listens on the same port again", "[bench][origin]") {
    TestOrigins origins;
    const SocketAddress before = origins.address();
    for (int round = 0; round < 3; ++round) {
        RawClient client(before);
        REQUIRE(client.ask(kGet).status == 200);
        origins.with(0, [](Origin& origin) {
            origin.kill();
            CHECK(origin.revive());
        });
        CHECK(origins.address() == before);
        CHECK(RawClient(before).ask(kGet).status == 200);
    }
}

TEST_CASE("reviving fails with the reason when somebody else took the port", "[bench][origin]") {
    TestOrigins origins(2);
    origins.with(0, [](Origin& origin) { origin.kill(); });
    LoopThread thread;
    ExecutionLog log;
    std::unique_ptr<Origin> thief;
    thread.call([&](net::Loop& loop) {
        OriginSettings settings;
        settings.bind.address = origins.address(0);
        auto made = Origin::make(loop, std::move(settings), log);
        if (made) thief = std::move(*made);
    });
    REQUIRE(thief != nullptr);
    origins.with(0, [](Origin& origin) {
        const auto revived = origin.revive();
        REQUIRE(!revived);
        CHECK_FALSE(revived.error().message.empty());
        CHECK_FALSE(origin.is_alive());
    });
    thread.call([&](net::Loop&) { thief.reset(); });
}

}  // namespace fairlead::bench
