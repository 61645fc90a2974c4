#include "proxy/runtime/takeover_message.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;

namespace {

template <class Message>
Message there_and_back(const Message& message) {
    const Result<TakeoverMessage> read = parse_takeover(to_json(message));
    REQUIRE(read);
    REQUIRE(std::holds_alternative<Message>(*read));
    return std::get<Message>(*read);
}

std::string complaint(const std::string& text) {
    const Result<TakeoverMessage> message = parse_takeover(text);
    REQUIRE_FALSE(message);
    return message.error().message;
}

}  // namespace

TEST_CASE("each message is read as it was written", "[runtime][takeover]") {
    CHECK(there_and_back(TakeoverHello{1, 4711}).pid == 4711);
    CHECK(there_and_back(TakeoverHello{7, 1}).version == 7);
    CHECK(there_and_back(TakeoverDescriptors{250}).count == 250);
    CHECK(there_and_back(TakeoverRefusal{"no", "try"}).hint == "try");
    there_and_back(TakeoverReady{});
    there_and_back(TakeoverReleased{});
    TakeoverOffer offer;
    offer.sockets.push_back({OfferedKind::Listener, "web", *BindAddress::parse(":8080"), 4});
    offer.sockets.push_back({OfferedKind::Admin, "", *BindAddress::parse("unix:/run/a.sock"), 1,
                             net::SocketOwner::Other});
    offer.state = "{\"a\":\"\\u0000\"}\n";
    const TakeoverOffer read = there_and_back(offer);
    CHECK(read.descriptors() == 5);
    REQUIRE(read.sockets.size() == 2);
    CHECK(read.sockets[0].kind == OfferedKind::Listener);
    CHECK(read.sockets[0].listener == "web");
    CHECK(read.sockets[0].address == *BindAddress::parse(":8080"));
    CHECK(read.sockets[1].kind == OfferedKind::Admin);
    CHECK(read.sockets[1].address.text() == "unix:/run/a.sock");
    CHECK(read.sockets[0].owner == net::SocketOwner::Lender);
    CHECK(read.sockets[1].owner == net::SocketOwner::Other);
    CHECK(read.state == offer.state);
}

TEST_CASE("a takeover message that is not right is named", "[runtime][takeover]") {
    CHECK(complaint("") == "a takeover message is not a JSON object");
    CHECK(complaint("[1]") == "a takeover message is not a JSON object");
    const std::string wrong = "a takeover message is not right: ";
    CHECK(complaint("{}") == wrong + "\"type\" is no text");
    CHECK(complaint(R"({"type":"bye"})") == wrong + "\"type\" is no message's");
    CHECK(complaint(R"({"type":"hello","version":1})") == wrong + "\"pid\" is no whole number");
    CHECK(complaint(R"({"type":"hello","version":1,"pid":0})") ==
          wrong + "\"pid\" is out of range");
    CHECK(complaint(R"({"type":"descriptors","count":16385})") ==
          wrong + "\"count\" is out of range");
    CHECK(complaint(R"({"type":"offer","sockets":[{}],"state":""})") ==
          wrong + "\"kind\" of sockets[0] is no text");
    const auto offer = [](const std::string& count, const std::string& owner = "process") {
        return R"({"type":"offer","state":"","sockets":[)"
               R"({"kind":"listener","listener":"a","address":":1","count":)" +
               count + R"(,"owner":")" + owner + R"("},)" +
               R"({"kind":"listener","listener":"b","address":":2","count":1,"owner":"process"}]})";
    };
    CHECK(parse_takeover(offer("16383")));
    CHECK(complaint(offer("16384")) == wrong + "\"sockets\" is too long");
    CHECK(complaint(offer("1", "me")) == wrong + "\"owner\" of sockets[0] is no owner");
    CHECK(complaint(offer("0")) == wrong + "\"count\" of sockets[0] is out of range");
}

TEST_CASE("only our own version of the takeover is spoken", "[runtime][takeover]") {
    CHECK(check_takeover_version("1"));
    for (const char* other : {"2", "0", "", "x", "1.0"}) {
        const Result<void> refused = check_takeover_version(other);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message ==
              "this process hands its sockets over by version 1 of the takeover, and was asked "
              "for version \"" +
                  std::string{other} + "\"");
    }
}
