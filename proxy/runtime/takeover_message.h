/// What two processes of this program say to each other when one takes over the other's listening
/// sockets (docs/decisions/0009-takeover.md has the whole exchange). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/listener.h"

namespace fairlead::runtime {

/// Of the exchange. A process refuses one that speaks another.
inline constexpr int kTakeoverVersion = 1;
/// The protocol's name in `Upgrade`, and the request's field that says the version.
inline constexpr std::string_view kTakeoverUpgrade = "fairlead-takeover";
inline constexpr std::string_view kTakeoverVersionField = "Fairlead-Takeover-Version";
inline constexpr std::string_view kTakeoverPath = "/api/v1/takeover";
/// Listening sockets handed over, of all addresses together.
inline constexpr std::size_t kTakeoverSocketsMax = 16'384;

/// The new process to the old one, first.
struct TakeoverHello {
    int version = kTakeoverVersion;
    int pid = 0;
};

enum class OfferedKind : std::uint8_t { Listener, Admin };

/// The sockets of one address.
struct OfferedSockets {
    OfferedKind kind = OfferedKind::Listener;
    std::string listener;  ///< its name; of Admin it may be empty
    BindAddress address;   ///< as bound
    std::uint32_t count = 1;
    net::SocketOwner owner = net::SocketOwner::Lender;
};

/// The old one's answer. The descriptors follow, in this order.
struct TakeoverOffer {
    std::vector<OfferedSockets> sockets;
    std::string state;  ///< as of the state file; empty: nothing to tell

    std::size_t descriptors() const;
};

/// Comes along with so many descriptors.
struct TakeoverDescriptors {
    std::uint32_t count = 0;
};

/// The old one gives nothing (any more) and serves on.
struct TakeoverRefusal {
    std::string error;
    std::string hint;
};

/// The new one accepts.
struct TakeoverReady {};
/// The old one accepts no more, and leaves the files alone.
struct TakeoverReleased {};

using TakeoverMessage = std::variant<TakeoverHello, TakeoverOffer, TakeoverDescriptors,
                                     TakeoverRefusal, TakeoverReady, TakeoverReleased>;

std::string to_json(const TakeoverMessage& message);
/// Strict as parse_state(). A hello of any version is read, for the version to be judged.
Result<TakeoverMessage> parse_takeover(std::string_view json);

/// Why a version is refused; nothing wrong when it is ours.
/// @param wanted  of the hello, or the request's field (any text)
Result<void> check_takeover_version(std::string_view wanted);

}  // namespace fairlead::runtime
