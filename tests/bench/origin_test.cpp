#include "bench/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/body_hash.h"
#include "bench/body_pattern.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

std::string get(std::string_view target, std::string_view fields = {}) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: t\r\n{}\r\n", target, fields);
}

std::string pattern(std::uint64_t bytes) {
    std::string out;
    while (out.size() < bytes) {
        out += body_pattern(out.size(), std::min(bytes - out.size(), kPatternRunBytes));
    }
    return out;
}

}  // namespace

TEST_CASE("an origin answers any path with a short line and says its name", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    for (const char* path : {"/", "/any/other"}) {
        const RawResponse response = client.ask(get(path));
        CHECK(response.status == 200);
        CHECK(response.field("X-Origin") == "a");
        CHECK(response.body == "hello from a\n");
        CHECK_FALSE(response.field("Date").empty());
    }
}

TEST_CASE("a body of any size is the pattern, whole, with and without chunks", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    for (const std::uint64_t bytes : {0, 1, 65'521, 262'144, 262'145, 9'000'000}) {
        CAPTURE(bytes);
        const RawResponse plain = client.ask(get(fmt::format("/?size={}", bytes)));
        CHECK(plain.is_complete);
        CHECK(plain.field("Content-Length") == std::to_string(bytes));
        CHECK((plain.body == pattern(bytes)));
        const RawResponse chunked = client.ask(get(fmt::format("/?chunked=1&size={}", bytes)));
        CHECK(chunked.is_complete);
        CHECK(chunked.field("Transfer-Encoding") == "chunked");
        CHECK((chunked.body == pattern(bytes)));
    }
}

TEST_CASE("a slow reader holds the origin back instead of filling its memory", "[bench][origin]") {
    TestOrigins origins;
    RawClient slow(origins.address());
    slow.send(get("/?size=1024g"));
    CHECK_FALSE(slow.read_some(1).empty());
    // With 2^40 bytes under way to somebody who does not read, the others are still served.
    RawClient other(origins.address());
    CHECK(other.ask(get("/")).status == 200);
    std::size_t seen = 0;
    while (seen < 8'000'000) {
        const std::string bytes = slow.read_some(1 << 20);
        REQUIRE_FALSE(bytes.empty());
        seen += bytes.size();
    }
}

TEST_CASE("status, close and HEAD shape the answer", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    CHECK(client.ask(get("/?status=418")).status == 418);
    const RawResponse empty = client.ask(get("/?status=204&size=100"));
    CHECK(empty.status == 204);
    CHECK(empty.field("Content-Length").empty());
    const RawResponse head = client.ask("HEAD /?size=5000 HTTP/1.1\r\nHost: t\r\n\r\n", true);
    CHECK(head.field("Content-Length") == "5000");
    const RawResponse last = client.ask(get("/?close=1&size=70000"));
    CHECK(last.is_complete);
    CHECK(last.body.size() == 70'000);
    CHECK(last.field("Connection") == "close");
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

TEST_CASE("shares of 0 % and 100 % are exact, a share between is drawn", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    CHECK(client.ask(get("/?fail=100%")).status == 500);
    CHECK(client.ask(get("/?fail=0%")).status == 200);
    int failed = 0;
    for (int i = 0; i < 400; ++i) {
        const int status = client.ask(get("/?fail=25%&status=503")).status;
        REQUIRE((status == 200 || status == 503));
        if (status == 503) ++failed;
    }
    CHECK(failed > 60);  // 100 expected, standard deviation 8.7
    CHECK(failed < 140);
}

TEST_CASE("an answer waits for its delay", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    const auto start = std::chrono::steady_clock::now();
    CHECK(client.ask(get("/?delay=50ms")).status == 200);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(50));
}

TEST_CASE("a delay is kept to well under a timer wheel's tick", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    // Ticks of 8 ms would make it 6 ms in the middle, every time; a machine may be busy for as long
    // as it likes, so the test waits for a time when it is not.
    Duration in_the_middle = Duration::max();
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (in_the_middle >= std::chrono::milliseconds(4) &&
           std::chrono::steady_clock::now() < limit) {
        std::vector<Duration> waits;
        for (int i = 0; i < 41; ++i) {
            const auto start = std::chrono::steady_clock::now();
            REQUIRE(client.ask(get("/?delay=2ms")).status == 200);
            waits.push_back(std::chrono::steady_clock::now() - start);
        }
        std::sort(waits.begin(), waits.end());
        CHECK(waits.front() >= std::chrono::milliseconds(2));
        in_the_middle = waits[waits.size() / 2];
    }
    CHECK(in_the_middle < std::chrono::milliseconds(4));
}

TEST_CASE("each delay ends at its own time, whoever asked first", "[bench][origin]") {
    TestOrigins origins;
    RawClient slow(origins.address());
    RawClient fast(origins.address());
    slow.send(get("/?delay=1h"));
    fast.send(get("/?delay=20ms"));
    CHECK(fast.read_response().status == 200);
    RawClient leaving(origins.address());
    leaving.send(get("/?delay=30ms", "X-Bench-Id: left\r\n"));
    leaving.shutdown_write();
    CHECK(leaving.read_response().status == 200);
    CHECK(leaving.wait_for_end() == RawClient::Ending::Closed);
}

TEST_CASE("a connection that dies waiting leaves nothing behind", "[bench][origin]") {
    TestOrigins origins;
    {
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 20; ++i) {
            clients.push_back(std::make_unique<RawClient>(origins.address()));
            clients.back()->send(get(fmt::format("/?delay={}ms", 200 + i)));
        }
        std::uint64_t waiting = 0;
        while (waiting < clients.size()) {
            origins.with(0, [&](Origin& origin) { waiting = origin.executions(); });
        }
        origins.with(0, [](Origin& origin) { origin.kill(); });
    }
    origins.with(0, [](Origin& origin) { CHECK(origin.revive()); });
    RawClient client(origins.address());
    CHECK(client.ask(get("/?delay=250ms")).status == 200);  // the others' times have passed by now
}

TEST_CASE("a repeated request is answered as the first one, whatever comes between",
          "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    const auto check_sized = [&](std::uint64_t bytes) {
        const RawResponse sized = client.ask(get(fmt::format("/?size={}", bytes)));
        CHECK(sized.is_complete);
        CHECK(sized.status == 200);
        CHECK((sized.body == pattern(bytes)));
    };
    for (int round = 0; round < 2; ++round) {
        for (const std::uint64_t bytes : {0, 64, 64, 1024, 1025, 1025, 64}) check_sized(bytes);
        CHECK(client.ask(get("/healthz")).body == "ok\n");
        check_sized(64);
        const RawResponse head = client.ask("HEAD /?size=64 HTTP/1.1\r\nHost: t\r\n\r\n", true);
        CHECK(head.field("Content-Length") == "64");
        check_sized(64);
        const RawResponse upload =
            client.ask("POST /?size=64 HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
        CHECK(upload.field("X-Body-Bytes") == "3");
        const RawResponse plain = client.ask(get("/?size=64"));
        CHECK(plain.field("X-Body-Bytes").empty());
        CHECK(client.ask(get("/?size=x")).status == 400);
        check_sized(64);
        CHECK(client.ask(get("/?size=64&status=404")).status == 404);
        CHECK(client.ask(get("/?size=64&chunked=1")).body == pattern(64));
        CHECK(client.ask(get("/?size=64&chunked=1")).body == pattern(64));
        for (int i = 0; i < 2; ++i) {
            const RawResponse old =
                client.ask("GET /?size=64 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            CHECK(old.field("Connection") == "keep-alive");
            check_sized(64);
        }
    }
    CHECK(client.ask(get("/?size=64", "Connection: close\r\n")).field("Connection") == "close");
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

TEST_CASE("pipelined requests are answered in order, also behind a delay", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    client.send(get("/?size=1") + get("/?size=2&delay=20ms") + get("/?size=3&delay=20ms") +
                get("/?size=300000") + get("/?size=5"));
    for (const std::size_t bytes : {1, 2, 3, 300'000, 5}) {
        const RawResponse response = client.read_response();
        CHECK(response.is_complete);
        CHECK(response.body.size() == bytes);
    }
}

TEST_CASE("an upload is counted and hashed, by length and in chunks", "[bench][origin]") {
    TestOrigins origins;
    const std::string body = pattern(3'000'000);
    BodyHash expected;
    expected.update(body);
    SECTION("by length") {
        RawClient client(origins.address());
        const RawResponse response = client.ask(fmt::format(
            "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
        CHECK(response.field("X-Body-Bytes") == "3000000");
        CHECK(response.field("X-Body-Hash") == expected.hex());
    }
    SECTION("in chunks") {
        RawClient client(origins.address());
        std::string request = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (std::size_t at = 0; at < body.size(); at += 10'000) {
            request += fmt::format("{:x}\r\n{}\r\n", 10'000, body.substr(at, 10'000));
        }
        const RawResponse response = client.ask(request + "0\r\n\r\n");
        CHECK(response.field("X-Body-Bytes") == "3000000");
        CHECK(response.field("X-Body-Hash") == expected.hex());
    }
    SECTION("after 100 Continue") {
        RawClient client(origins.address());
        const RawResponse go_on = client.ask(
            "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
        CHECK(go_on.status == 100);
        CHECK(client.ask("a").field("X-Body-Hash") == "af63dc4c8601ec8c");
    }
}

TEST_CASE("a request is executed when it was read whole, and only then", "[bench][origin]") {
    TestOrigins origins(2);
    const std::string post =
        "POST / HTTP/1.1\r\nHost: t\r\nX-Bench-Id: one\r\nContent-Length: 4\r\n\r\n";
    RawClient cut(origins.address(0));
    cut.send(post + "bod");
    cut.shutdown_write();
    CHECK(cut.wait_for_end() == RawClient::Ending::Closed);
    origins.with_log([](const ExecutionLog& log) { CHECK(log.times("one") == 0); });

    RawClient(origins.address(0)).ask(post + "body");
    RawClient last(origins.address(1));
    last.ask(post + "body");
    const RawResponse stats = last.ask(get("/stats"));
    CHECK(stats.field("Content-Type") == "application/json");
    const auto json = nlohmann::json::parse(stats.body);
    CHECK(json["requests"] == 2);
    CHECK(json["unique_ids"] == 1);
    CHECK(json["duplicate_count"] == 1);
    CHECK(json["duplicates"][0]["id"] == "one");
    CHECK(json["duplicates"][0]["times"] == 2);
    CHECK(json["origin"] == "b");
    CHECK(json["origin_requests"] == 1);
}

TEST_CASE("stats tell one series apart when they are asked to", "[bench][origin]") {
    TestOrigins origins(2);
    RawClient first(origins.address(0));
    RawClient second(origins.address(1));
    for (const char* id : {"run-1", "run-2", "other-1"}) {
        first.ask(get("/", fmt::format("X-Bench-Id: {}\r\n", id)));
    }
    second.ask(get("/", "X-Bench-Id: run-2\r\n"));
    CHECK_FALSE(nlohmann::json::parse(second.ask(get("/stats")).body).contains("series"));
    const auto json = nlohmann::json::parse(second.ask(get("/stats?series=run")).body);
    CHECK(json["requests"] == 4);
    CHECK(json["unique_ids"] == 3);
    CHECK(json["origin_requests"] == 1);
    CHECK(json["series"] == nlohmann::json::parse(R"({"id":"run","requests":3,"unique_ids":2,
                                                     "duplicate_count":1,
                                                     "duplicates":["run-2"],"is_complete":true})"));
    const auto unseen = nlohmann::json::parse(second.ask(get("/stats?series=never")).body);
    CHECK(unseen["series"]["requests"] == 0);
    CHECK(unseen["series"]["id"] == "never");
}

TEST_CASE("a reset takes the answer away, not the execution", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    client.send(get("/?reset=100%", "X-Bench-Id: lost\r\n"));
    CHECK(client.wait_for_end() == RawClient::Ending::Reset);
    origins.with_log([](const ExecutionLog& log) { CHECK(log.times("lost") == 1); });
}

TEST_CASE("healthz is switched for one origin by a POST", "[bench][origin]") {
    TestOrigins origins(2);
    RawClient first(origins.address(0));
    CHECK(first.ask(get("/healthz")).status == 200);
    const std::string off = "POST /healthz?ok=0 HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
    CHECK(first.ask(off).status == 200);
    CHECK(first.ask(get("/healthz")).status == 503);
    CHECK(first.ask(get("/")).status == 200);
    CHECK(RawClient(origins.address(1)).ask(get("/healthz")).status == 200);
    CHECK(first.ask("POST /healthz?ok=1 HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").status ==
          200);
    CHECK(first.ask(get("/healthz")).status == 200);
    origins.with_log([](const ExecutionLog& log) { CHECK(log.requests() == 1); });
}

TEST_CASE("a value that cannot be read is answered with 400 and the cure", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    const RawResponse response = client.ask(get("/?delay=5"));
    CHECK(response.status == 400);
    CHECK(response.body == "cannot read delay=5: write delay=5ms, at most 1h\n");
    CHECK(client.ask(get("/")).status == 200);
    CHECK(client.ask(get("/", "X-Bench-Id: " + std::string(129, 'x') + "\r\n")).status == 400);
    origins.with_log([](const ExecutionLog& log) { CHECK(log.requests() == 1); });
}

TEST_CASE("what is not HTTP is refused and the connection closed", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    const RawResponse response = client.ask("nonsense\r\n\r\n");
    CHECK(response.status == 400);
    CHECK(response.field("Connection") == "close");
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

TEST_CASE("HTTP/1.0 gets no chunks and keeps its connection only when it asks", "[bench][origin]") {
    TestOrigins origins;
    RawClient kept(origins.address());
    const std::string keep = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    CHECK(kept.ask(keep).field("Connection") == "keep-alive");
    CHECK(kept.ask(keep).status == 200);
    RawClient chunked(origins.address());
    const RawResponse response = chunked.ask("GET /?chunked=1&size=70000 HTTP/1.0\r\n\r\n");
    CHECK(response.is_complete);
    CHECK(response.field("Transfer-Encoding").empty());
    CHECK(response.field("Connection") == "close");
    CHECK((response.body == pattern(70'000)));
}

TEST_CASE("a client that closed its side still gets its answers", "[bench][origin]") {
    TestOrigins origins;
    RawClient client(origins.address());
    client.send(get("/?delay=20ms") + get("/?size=400000"));
    client.shutdown_write();
    CHECK(client.read_response().status == 200);
    CHECK(client.read_response().body.size() == 400'000);
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

TEST_CASE("an idle connection is closed after close_idle, a busy one is not", "[bench][origin]") {
    TestOrigins origins(1, std::chrono::milliseconds(30));
    RawClient client(origins.address());
    CHECK(client.ask(get("/?delay=100ms")).status == 200);
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

}  // namespace fairlead::bench
