#include "bench/lane.h"

#include "bench/loop_thread.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A lane on this thread's loop, and all that it has counted.
struct Load {
    explicit Load(LaneSettings settings) : lane(loop, std::move(settings)) {}

    /// Until `is_enough(tally)`, and then until nothing is under way; at most 20 s.
    template <class Enough>
    const Tally& run(Enough is_enough) {
        const auto limit = std::chrono::steady_clock::now() + seconds(20);
        const auto turn = [&] {
            loop.run_once();
            seen.add(lane.take());
            return std::chrono::steady_clock::now() < limit;
        };
        lane.start(std::chrono::steady_clock::now(), Time::min(), Time::max());
        while (!is_enough(seen) && turn()) {
        }
        lane.stop();
        while (!lane.is_idle() && turn()) {
        }
        seen.add(lane.take());
        return seen;
    }

    net::Loop loop;
    Lane lane;
    Tally seen;
};

LaneSettings to(const SocketAddress& address, std::string path = "/") {
    LaneSettings settings;
    settings.target.address = address;
    settings.target.host = "localhost";
    RequestShape shape;
    shape.path = std::move(path);
    settings.target.requests = {shape};
    settings.connections = 4;
    settings.is_closed = true;
    return settings;
}

LaneSettings at_rate(LaneSettings settings, double rate) {
    settings.is_closed = false;
    settings.rate = rate;
    return settings;
}

auto ended(std::uint64_t count) {
    return [count](const Tally& seen) { return seen.outcomes.total() >= count; };
}

}  // namespace

TEST_CASE("a closed loop keeps every connection busy and counts what was answered",
          "[bench][lane]") {
    TestOrigins origins;
    Load load(to(origins.address()));
    const Tally& seen = load.run(ended(500));
    CHECK(seen.outcomes.ok() >= 500);
    CHECK(seen.outcomes.errors() == 0);
    CHECK(seen.planned == seen.outcomes.total());
    CHECK(seen.connections_opened == 4);
    CHECK(seen.requests_reused == seen.outcomes.total() - 4);
    CHECK(seen.from_planned.count() == seen.outcomes.total());
    CHECK(seen.from_send.quantile(0.5) > Duration::zero());
    origins.with(0, [&](const Origin& origin) {
        CHECK(origin.executions() == seen.outcomes.total());
        CHECK(origin.executions() == load.lane.requests_sent());
    });
}

TEST_CASE("an open loop sends what was planned, no more and no less, on all its connections",
          "[bench][lane]") {
    TestOrigins origins;
    Load load(at_rate(to(origins.address()), 500));
    std::size_t connections = 0;
    const auto start = std::chrono::steady_clock::now();
    const Tally& seen = load.run([&](const Tally& so_far) {
        origins.with(0, [&](const Origin& origin) { connections = origin.connections(); });
        return so_far.outcomes.ok() >= 250;
    });
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(seen.outcomes.errors() == 0);
    CHECK(connections == 4);
    CHECK(seen.planned == seen.outcomes.total());
    CHECK(static_cast<double>(seen.planned) <= 500 * took + 1);
    CHECK(load.lane.late() == 0);
}

TEST_CASE("what waits for a connection is sent late, and its latency counts from its plan",
          "[bench][lane]") {
    TestOrigins origins;
    // One connection can do 20/s; 100/s are planned.
    LaneSettings settings = at_rate(to(origins.address(), "/?delay=50ms"), 100);
    settings.connections = 1;
    Load load(std::move(settings));
    const Tally& seen = load.run([](const Tally& so_far) { return so_far.planned >= 20; });
    CHECK(seen.outcomes.ok() == seen.planned);
    // The last of at least twenty waited for most of those before it.
    CHECK(seen.from_planned.max() > milliseconds(500));
    CHECK(seen.from_send.quantile(0.5) < milliseconds(400));
    CHECK(seen.from_send.min() >= milliseconds(50));
}

TEST_CASE("what is given up before it was sent counts as timed out", "[bench][lane]") {
    TestOrigins origins;
    LaneSettings settings = at_rate(to(origins.address(), "/?delay=1h"), 1000);
    settings.connections = 2;
    Load load(std::move(settings));
    const Time start = std::chrono::steady_clock::now();
    load.lane.start(start, Time::min(), start + milliseconds(50));
    while (load.lane.late() < 40 && std::chrono::steady_clock::now() < start + seconds(20)) {
        load.loop.run_once(false);  // nothing wakes it while both connections wait
    }
    load.lane.stop();
    load.lane.give_up();
    const Tally seen = load.lane.take();
    CHECK(load.lane.is_idle());
    CHECK(seen.planned <= 50);
    CHECK(seen.unsent == seen.planned - 2);
    CHECK(seen.outcomes[Outcome::Timeout] == seen.planned);
    CHECK(seen.from_planned.count() == seen.planned);
    CHECK(seen.from_send.count() == 2);
}

TEST_CASE("requests planned in the warm-up are sent and not counted", "[bench][lane]") {
    TestOrigins origins;
    Load load(at_rate(to(origins.address()), 1000));
    const Time start = std::chrono::steady_clock::now();
    load.lane.start(start, start + milliseconds(100), start + milliseconds(200));
    const auto limit = start + seconds(20);
    while (std::chrono::steady_clock::now() < start + milliseconds(200) ||
           (!load.lane.is_idle() && std::chrono::steady_clock::now() < limit)) {
        load.loop.run_once();
    }
    const Tally seen = load.lane.take();
    CHECK(seen.planned == 100);
    CHECK(seen.outcomes.ok() == seen.planned);
    CHECK(load.lane.requests_sent() == 200);
}

TEST_CASE("what ends in the measured part counts for the rate, wherever it was planned",
          "[bench][lane]") {
    TestOrigins origins;
    LaneSettings settings = at_rate(to(origins.address(), "/?delay=100ms"), 100);
    settings.connections = 32;
    Load load(std::move(settings));
    const Time start = std::chrono::steady_clock::now();
    // Five are planned in the warm-up, and none of them is answered in it.
    load.lane.start(start, start + milliseconds(50), Time::max());
    Tally seen;
    while ((seen.outcomes.total() < 5 || seen.ended < seen.outcomes.total() + 5) &&
           std::chrono::steady_clock::now() < start + seconds(20)) {
        load.loop.run_once();
        seen.add(load.lane.take());
    }
    CHECK(seen.ended == seen.outcomes.total() + 5);
}

TEST_CASE("bodies by length, in chunks and until close are read whole", "[bench][lane]") {
    TestOrigins origins;
    for (const char* path : {"/?size=300k", "/?size=300k&chunked=1", "/?size=0",
                             "/?size=20k&close=1", "/?status=204", "/?status=304"}) {
        CAPTURE(path);
        Load load(to(origins.address(), path));
        const Tally& seen = load.run(ended(20));
        CHECK(seen.outcomes.ok() >= 20);
        CHECK(seen.outcomes.errors() == 0);
    }
}

TEST_CASE("request bodies larger than any buffer arrive whole", "[bench][lane]") {
    TestOrigins origins;
    LaneSettings settings = to(origins.address());
    settings.connections = 2;
    settings.target.requests[0].method = "POST";
    settings.target.requests[0].body_bytes = 3'000'000;
    Load load(std::move(settings));
    const Tally& seen = load.run(ended(10));
    CHECK(seen.outcomes.errors() == 0);
    CHECK(seen.bytes_sent > seen.outcomes.ok() * 3'000'000);
}

TEST_CASE("so many requests go over one connection as the settings say", "[bench][lane]") {
    TestOrigins origins;
    LaneSettings settings = to(origins.address());
    settings.requests_per_connection = 3;
    Load load(std::move(settings));
    const Tally& seen = load.run(ended(60));
    CHECK(seen.outcomes.errors() == 0);
    CHECK(seen.connections_opened >= seen.outcomes.total() / 3);
    CHECK(seen.requests_reused <= seen.connections_opened * 2);
}

TEST_CASE("each way to fail has its own word", "[bench][lane]") {
    TestOrigins origins;
    const auto only = [](Outcome expected, const Tally& seen) {
        CHECK(seen.outcomes[expected] >= 1);
        CHECK(seen.outcomes.total() == seen.outcomes[expected]);
    };
    SECTION("a server error") {
        only(Outcome::Status5xx, Load(to(origins.address(), "/?status=503")).run(ended(1)));
    }
    SECTION("a client error") {
        only(Outcome::Status4xx, Load(to(origins.address(), "/?status=404")).run(ended(1)));
    }
    SECTION("a reset") {
        only(Outcome::Reset, Load(to(origins.address(), "/?reset=100%")).run(ended(1)));
    }
    SECTION("no answer in time") {
        LaneSettings settings = to(origins.address(), "/?delay=1h");
        settings.timeout = milliseconds(30);
        only(Outcome::Timeout, Load(std::move(settings)).run(ended(1)));
    }
    SECTION("nobody listening") {
        const SocketAddress address = origins.address();
        origins.with(0, [](Origin& origin) { origin.kill(); });
        only(Outcome::ConnectRefused, Load(to(address)).run(ended(1)));
    }
}

TEST_CASE("a connection the server closed while idle is no failure", "[bench][lane]") {
    TestOrigins origins(1, milliseconds(10));
    LaneSettings settings = at_rate(to(origins.address()), 20);
    settings.connections = 2;  // a connection's turn comes every 100 ms
    Load load(std::move(settings));
    const Tally& seen = load.run(ended(8));
    CHECK(seen.outcomes.ok() >= 8);
    CHECK(seen.outcomes.errors() == 0);
}

TEST_CASE("load goes on after its server was killed and revived", "[bench][lane]") {
    TestOrigins origins;
    bool is_killed = false;
    bool is_revived = false;
    std::uint64_t answered_at_revival = 0;
    Load load(at_rate(to(origins.address()), 400));
    const Tally& seen = load.run([&](const Tally& so_far) {
        if (!is_killed && so_far.outcomes.ok() >= 20) {
            origins.with(0, [](Origin& origin) { origin.kill(); });
            is_killed = true;
        }
        if (is_killed && !is_revived && so_far.outcomes.errors() >= 10) {
            origins.with(0, [](Origin& origin) { CHECK(origin.revive()); });
            is_revived = true;
            answered_at_revival = so_far.outcomes.ok();
        }
        return is_revived && so_far.outcomes.ok() >= answered_at_revival + 50;
    });
    CHECK(is_revived);
    CHECK(seen.outcomes.errors() >= 10);
    CHECK(seen.outcomes.ok() >= answered_at_revival + 50);
}

TEST_CASE("requests are drawn by their weights", "[bench][lane]") {
    TestOrigins origins;
    LaneSettings settings = to(origins.address());
    RequestShape rare;
    rare.path = "/?status=404";
    settings.target.requests[0].weight = 9;
    settings.target.requests.push_back(rare);
    Load load(std::move(settings));
    const Tally& seen = load.run(ended(3000));
    const double share = static_cast<double>(seen.outcomes[Outcome::Status4xx]) /
                         static_cast<double>(seen.outcomes.total());
    CHECK(share > 0.07);
    CHECK(share < 0.13);
}

}  // namespace fairlead::bench
