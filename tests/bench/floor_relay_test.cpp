#include "bench/floor_relay.h"

#include <string>

#include "bench/loop_thread.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

/// A floor relay on a thread of its own, on a free port of the loopback.
class TestFloor {
  public:
    explicit TestFloor(std::vector<SocketAddress> backends) {
        net::ignore_sigpipe();
        thread_.call([&](net::Loop& loop) {
            auto made =
                FloorRelay::make(loop, {*BindAddress::parse("127.0.0.1:0"), std::move(backends)});
            if (made) floor_ = std::move(*made);
        });
        REQUIRE(floor_ != nullptr);
    }
    ~TestFloor() {
        thread_.call([this](net::Loop&) { floor_.reset(); });
    }
    SocketAddress address() const { return floor_->address().address; }
    void wait_until_empty() {
        for (std::size_t left = 1; left != 0;) {
            thread_.call([&](net::Loop&) { left = floor_->sessions(); });
        }
    }

  private:
    LoopThread thread_;
    std::unique_ptr<FloorRelay> floor_;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";

}  // namespace

TEST_CASE("each client of a floor relay gets the next backend and keeps it",
          "[bench][floor_relay]") {
    TestOrigins origins(2);
    TestFloor floor({origins.address(0), origins.address(1)});
    for (const char* name : {"a", "b", "a"}) {
        RawClient client(floor.address());
        for (int i = 0; i < 3; ++i) CHECK(client.ask(kGet).field("X-Origin") == name);
    }
    floor.wait_until_empty();
}

TEST_CASE("a floor relay loses nothing of a large body and passes its end on",
          "[bench][floor_relay]") {
    TestOrigins origins;
    TestFloor floor({origins.address()});
    RawClient client(floor.address());
    const RawResponse response =
        client.ask("GET /?size=9000000&close=1 HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(response.is_complete);
    CHECK(response.body.size() == 9'000'000);
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

TEST_CASE("a client of a floor relay without a backend is reset", "[bench][floor_relay]") {
    SocketAddress nobody;
    {
        TestOrigins gone;
        nobody = gone.address();
    }
    TestFloor floor({nobody});
    RawClient client(floor.address());
    CHECK(client.wait_for_end() == RawClient::Ending::Reset);
    floor.wait_until_empty();
}

}  // namespace fairlead::bench
