// The old process's end, with new processes that do as they should not.
#include <fcntl.h>

#include "tests/runtime/takeover_ends.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace fairlead::runtime::test;
using net::test::turn_until;

namespace {

struct Serving {
    explicit Serving(TakeoverLimits limits = {}, std::string_view already_read = {}) {
        old.sets.push_back(bound("127.0.0.1:0"));
        auto [ours, theirs] = connected_pair();
        auto made = TakeoverServer::make(loop, std::move(ours), already_read, old, limits);
        REQUIRE(made);
        server = std::move(*made);
        channel.emplace(std::move(theirs));
    }
    /// The refusal that comes, and that all is as before.
    TakeoverRefusal refusal() {
        const Result<TakeoverMessage> message = next_message(loop, *channel);
        REQUIRE(message);
        REQUIRE(std::holds_alternative<TakeoverRefusal>(*message));
        CHECK(is_as_before());
        return std::get<TakeoverRefusal>(*message);
    }
    bool is_as_before() {
        return turn_until(loop, [&] { return !old.failure.empty(); }) && old.ready == 0 &&
               old.serves() && !server->is_under_way();
    }
    void raw(std::string_view bytes) {
        REQUIRE(::send(channel->descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }

    net::Loop loop;
    OldProcess old;
    std::unique_ptr<TakeoverServer> server;
    std::optional<TakeoverChannel> channel;
};

}  // namespace

TEST_CASE("a new process that dies at any step before it is ready changes nothing",
          "[runtime][takeover]") {
    Serving serving;
    enum Step { BeforeHello, WithinHello, AfterHello, AfterOffer };
    const Step step = GENERATE(BeforeHello, WithinHello, AfterHello, AfterOffer);
    if (step == WithinHello) serving.raw(std::string_view{"\0\0\0\x20{\"type\"", 11});
    if (step >= AfterHello) tell(*serving.channel, TakeoverHello{1, 1});
    if (step == AfterOffer) REQUIRE(next_message(serving.loop, *serving.channel));
    serving.channel.reset();
    CHECK(serving.is_as_before());
}

TEST_CASE("a hello that came with the request is not lost", "[runtime][takeover]") {
    const std::string hello = to_json(TakeoverHello{1, 7});
    Serving serving{{}, std::string{"\0\0\0", 3} + static_cast<char>(hello.size()) + hello};
    const Result<TakeoverMessage> offer = next_message(serving.loop, *serving.channel);
    REQUIRE(offer);
    CHECK(std::holds_alternative<TakeoverOffer>(*offer));
}

TEST_CASE("another version is refused with a clear text", "[runtime][takeover]") {
    Serving serving;
    tell(*serving.channel, TakeoverHello{2, 1});
    const TakeoverRefusal refusal = serving.refusal();
    CHECK(refusal.error ==
          "this process hands its sockets over by version 1 of the takeover, and was asked for "
          "version \"2\"");
    CHECK(refusal.hint ==
          "stop it and start the other one instead; clients meet a refused port meanwhile");
    CHECK(serving.old.begun == 0);
}

TEST_CASE("what is said out of turn ends the takeover", "[runtime][takeover]") {
    Serving serving;
    SECTION("ready before hello") { tell(*serving.channel, TakeoverReady{}); }
    SECTION("hello twice") {
        tell(*serving.channel, TakeoverHello{1, 1});
        REQUIRE(next_message(serving.loop, *serving.channel));  // the offer
        REQUIRE(next_message(serving.loop, *serving.channel));  // the descriptors
        tell(*serving.channel, TakeoverHello{1, 1});
    }
    SECTION("the old one's own words") { tell(*serving.channel, TakeoverReleased{}); }
    CHECK(serving.refusal().error == "the new process says what is not its turn to say");
}

TEST_CASE("bytes that are no message end the takeover", "[runtime][takeover]") {
    Serving serving;
    SECTION("no JSON") {
        serving.raw(std::string_view{"\0\0\0\x02no", 6});
        CHECK(serving.refusal().error == "a takeover message is not a JSON object");
    }
    SECTION("a length beyond all bounds") {
        serving.raw("\xFF\xFF\xFF\xFF");
        CHECK(serving.refusal().error == "a takeover message of 4294967295 bytes is too long");
    }
}

TEST_CASE("a new process that keeps silent is refused in time", "[runtime][takeover]") {
    TakeoverLimits limits;
    SECTION("instead of hello") {
        limits.hello = std::chrono::milliseconds{30};
        Serving serving{limits};
        CHECK(serving.refusal().error == "the new process did not say hello in time");
    }
    SECTION("without taking what it gets") {
        limits.giving = std::chrono::milliseconds{30};
        Serving serving{limits};
        serving.old.state = std::string(4'000'000, 's');
        tell(*serving.channel, TakeoverHello{1, 1});
        CHECK(serving.is_as_before());
        CHECK(serving.old.failure == "the new process did not take the sockets in time");
    }
}

TEST_CASE("what is no unix socket cannot take over", "[runtime][takeover]") {
    net::Loop loop;
    OldProcess old;
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const net::Descriptor other{ends[1]};
    CHECK_FALSE(TakeoverServer::make(loop, net::Descriptor{ends[0]}, "", old));
}
