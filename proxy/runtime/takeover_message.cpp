#include "proxy/runtime/takeover_message.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/runtime/json_fields.h"

namespace fairlead::runtime {
namespace {

using nlohmann::json;

constexpr std::uint64_t kPidMax = 0x7FFFFFFF;
constexpr std::uint64_t kVersionMax = 1'000'000;

constexpr const char* kLender = "process";
constexpr const char* kOther = "manager";

const char* owner_name(net::SocketOwner owner) {
    return owner == net::SocketOwner::Lender ? kLender : kOther;
}

struct ToJson {
    json operator()(const TakeoverHello& hello) const {
        return {{"type", "hello"}, {"version", hello.version}, {"pid", hello.pid}};
    }
    json operator()(const TakeoverOffer& offer) const {
        json sockets = json::array();
        for (const OfferedSockets& each : offer.sockets) {
            sockets.push_back({{"kind", each.kind == OfferedKind::Admin ? "admin" : "listener"},
                               {"listener", each.listener},
                               {"address", each.address.text()},
                               {"count", each.count},
                               {"owner", owner_name(each.owner)}});
        }
        return {{"type", "offer"}, {"sockets", std::move(sockets)}, {"state", offer.state}};
    }
    json operator()(const TakeoverDescriptors& descriptors) const {
        return {{"type", "descriptors"}, {"count", descriptors.count}};
    }
    json operator()(const TakeoverRefusal& refusal) const {
        return {{"type", "refused"}, {"error", refusal.error}, {"hint", refusal.hint}};
    }
    json operator()(TakeoverReady) const { return {{"type", "ready"}}; }
    json operator()(TakeoverReleased) const { return {{"type", "released"}}; }
};

OfferedSockets sockets_of(const JsonFields& from) {
    OfferedSockets sockets;
    const std::string kind = from.text("kind");
    if (kind == "admin") {
        sockets.kind = OfferedKind::Admin;
    } else if (kind != "listener") {
        from.complain_of("kind", "no kind");
    }
    sockets.listener = from.text("listener");
    Result<BindAddress> address = BindAddress::parse(from.text("address"));
    if (address) {
        sockets.address = std::move(*address);
    } else {
        from.complain_of("address", "no address");
    }
    sockets.count = static_cast<std::uint32_t>(from.number("count", 1, kTakeoverSocketsMax));
    const std::string owner = from.text("owner");
    if (owner == kOther) {
        sockets.owner = net::SocketOwner::Other;
    } else if (owner != kLender) {
        from.complain_of("owner", "no owner");
    }
    return sockets;
}

TakeoverMessage message_of(const JsonFields& from) {
    const std::string type = from.text("type");
    if (type == "hello") {
        return TakeoverHello{static_cast<int>(from.number("version", 0, kVersionMax)),
                             static_cast<int>(from.number("pid", 1, kPidMax))};
    }
    if (type == "offer") {
        TakeoverOffer offer;
        from.list("sockets",
                  [&](const JsonFields& each) { offer.sockets.push_back(sockets_of(each)); });
        offer.state = from.text("state");
        if (offer.descriptors() > kTakeoverSocketsMax) from.complain_of("sockets", "too long");
        return offer;
    }
    if (type == "descriptors") {
        return TakeoverDescriptors{
            static_cast<std::uint32_t>(from.number("count", 1, kTakeoverSocketsMax))};
    }
    if (type == "refused") return TakeoverRefusal{from.text("error"), from.text("hint")};
    if (type == "ready") return TakeoverReady{};
    if (type != "released") from.complain_of("type", "no message's");
    return TakeoverReleased{};
}

}  // namespace

std::size_t TakeoverOffer::descriptors() const {
    std::size_t sum = 0;
    for (const OfferedSockets& each : sockets) sum += each.count;
    return sum;
}

std::string to_json(const TakeoverMessage& message) {
    return std::visit(ToJson{}, message).dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<TakeoverMessage> parse_takeover(std::string_view text) {
    const std::optional<JsonText> whole = JsonText::parse(text);
    if (!whole) return fail("a takeover message is not a JSON object");
    std::string wrong;
    TakeoverMessage message = message_of(whole->fields(wrong));
    if (!wrong.empty()) return fail("a takeover message is not right: " + wrong);
    return message;
}

Result<void> check_takeover_version(std::string_view wanted) {
    if (parse_number(wanted) == static_cast<std::uint64_t>(kTakeoverVersion)) return {};
    return fail(fmt::format("this process hands its sockets over by version {} of the takeover, "
                            "and was asked for version \"{}\"",
                            kTakeoverVersion, wanted.substr(0, 20)),
                "stop it and start the other one instead; clients meet a refused port meanwhile");
}

}  // namespace fairlead::runtime
