#include "health/tcp_probe.h"

#include <sys/resource.h>
#include <unistd.h>

#include "tests/health/probing.h"

using namespace fairlead;
using namespace fairlead::health;
using namespace std::chrono_literals;

namespace {

conf::Check tcp(std::string send = {}, std::string expect_bytes = {}) {
    conf::Check check;
    check.kind = conf::CheckKind::Tcp;
    check.send = std::move(send);
    check.expect_bytes = std::move(expect_bytes);
    return check;
}

}  // namespace

TEST_CASE("a tcp check passes when a connection can be made", "[health][tcp]") {
    Probing probing;
    const Time before = std::chrono::steady_clock::now();
    CHECK(probing.run(tcp()) == "passed");
    CHECK(probing.result->took >= Duration::zero());
    CHECK(probing.result->took <= std::chrono::steady_clock::now() - before);
    while (!probing.backend.is_left()) probing.loop.run_once();
    CHECK(probing.backend.received().empty());
}

TEST_CASE("a tcp check fails when nobody listens", "[health][tcp]") {
    Probing probing;
    probing.start(tcp(), {deserted()});
    CHECK(probing.outcome() == "failed: connect refused");
}

TEST_CASE("the addresses of a backend are tried in turn", "[health][tcp]") {
    Probing probing;
    probing.start(tcp(), {deserted(), probing.backend.address()});
    CHECK(probing.outcome() == "passed");
    probing.start(tcp(), {deserted(), deserted()});
    CHECK(probing.outcome() == "failed: connect refused");
}

TEST_CASE("a check may ask at a port of its own", "[health][tcp]") {
    Probing probing;
    conf::Check check = tcp();
    check.port = probing.backend.address().port;
    probing.start(check, {deserted()});
    CHECK(probing.outcome() == "passed");
}

TEST_CASE("a tcp check sends its bytes and looks for the expected ones", "[health][tcp]") {
    Probing probing;
    probing.backend.trigger = "PING\r\n";

    SECTION("they come") {
        probing.backend.answer = {"hello +PONG there"};
        CHECK(probing.run(tcp("PING\r\n", "+PONG")) == "passed");
        CHECK(probing.backend.received() == "PING\r\n");
    }
    SECTION("they come in many pieces, after something that begins like them") {
        probing.backend.answer = {"+PO", "+P", "O", "N", "G"};
        CHECK(probing.run(tcp("PING\r\n", "+PONG")) == "passed");
    }
    SECTION("others come") {
        probing.backend.answer = {"-ERR no \x01"};
        probing.backend.then = FakeBackend::Then::Close;
        CHECK(probing.run(tcp("PING\r\n", "+PONG")) == "failed: answer does not contain \"+PONG\"");
    }
    SECTION("nothing comes before the end") {
        probing.backend.then = FakeBackend::Then::Close;
        CHECK(probing.run(tcp("PING\r\n", "+PONG\r\n")) == "failed: closed without an answer");
    }
    SECTION("the connection is reset") {
        probing.backend.then = FakeBackend::Then::Reset;
        CHECK(probing.run(tcp("PING\r\n", "+PONG")) == "failed: connection reset");
    }
    SECTION("too much comes") {
        probing.backend.answer = {std::string(100'000, 'x') + "+PONG"};
        CHECK(probing.run(tcp("PING\r\n", "+PONG")) ==
              "failed: the first 64 KiB of the answer do not contain \"+PONG\"");
    }
}

TEST_CASE("a tcp check without bytes to send waits for a greeting", "[health][tcp]") {
    Probing probing;
    probing.backend.trigger = "";
    probing.backend.answer = {"220 mail ready\r\n"};
    CHECK(probing.run(tcp("", "220 ")) == "passed");
}

TEST_CASE("a check ends when its time is over", "[health][tcp]") {
    Probing probing;
    SECTION("before there is a connection") {
        probing.start(tcp());
        probing.let_time_pass();
        CHECK(probing.outcome() == "failed: connect timeout after 1s");
    }
    SECTION("before there is an answer") {
        probing.start(tcp("PING\r\n", "+PONG"));
        while (probing.backend.received().empty()) probing.loop.run_once();
        probing.let_time_pass();
        CHECK(probing.outcome() == "failed: timeout after 1s");
    }
}

TEST_CASE("an answer that came while the loop was late counts", "[health][tcp]") {
    Probing probing;
    probing.start(tcp("PING\r\n", "+PONG"));
    while (probing.backend.received().empty()) probing.loop.run_once();
    probing.backend.last().write("+PONG");
    probing.let_time_pass();  // before the loop looks at its sockets
    CHECK(probing.outcome() == "passed");
}

TEST_CASE("a check that lacks a descriptor of our own is skipped", "[health][tcp]") {
    Probing probing;
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    rlimit none = usual;
    none.rlim_cur = 3;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    probing.start(tcp());
    ::setrlimit(RLIMIT_NOFILE, &usual);
    CHECK(probing.outcome() == "skipped: no descriptor is free");
}

TEST_CASE("a probe can be used again and again, and dropped in the middle", "[health][tcp]") {
    Probing probing;
    probing.backend.trigger = "PING";
    probing.backend.answer = {"+PONG"};
    CHECK(probing.run(tcp("PING", "+PONG")) == "passed");
    probing.backend.answer = {"+POM"};
    probing.backend.then = FakeBackend::Then::Close;
    probing.start_again();
    CHECK(probing.outcome() == "failed: answer does not contain \"+PONG\"");
    probing.start_again();
    while (probing.backend.connections() < 3) probing.loop.run_once();
    probing.probe.reset();
    while (!probing.backend.is_left()) probing.loop.run_once();
    CHECK_FALSE(probing.result);
}

TEST_CASE("a unix socket is checked like any other", "[health][tcp]") {
    net::Loop loop;
    const std::string path = "/tmp/fairlead-probe-" + std::to_string(::getpid()) + ".sock";
    FakeBackend backend{loop, "unix:" + path};
    SocketProbes probes{loop};
    conf::Check check = tcp();
    check.port = 80;  // has no meaning there
    const std::unique_ptr<Probe> probe =
        probes.make(check, {backend.host_port(), {backend.address()}});
    std::optional<ProbeResult> result;
    probe->start([&](ProbeResult its) { result = std::move(its); });
    while (!result) loop.run_once();
    CHECK(result->outcome == Outcome::Passed);
}
