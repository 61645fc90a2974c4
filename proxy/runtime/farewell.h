/// The end of a connection that comes to nothing at a listener with TLS: the client gets to read
/// why. Who asks in clear is told so in words it understands; who failed the handshake has its
/// alert.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "proxy/runtime/connection_stage.h"

namespace fairlead::runtime {

enum class LooksPlain : std::uint8_t {
    No,
    Maybe,  ///< more bytes tell
    Yes,
};
/// Does a client begin with the method of a request line? TLS begins with a byte that is none of a
/// method's.
/// @param first  what it has said so far
LooksPlain looks_plain(std::string_view first);

class Farewell;

class FarewellOwner {
  public:
    /// It has got its answer, or will not: retire it.
    virtual void on_farewell_ended(Farewell& client) = 0;

  protected:
    ~FarewellOwner() = default;
};

/// Says its last word, then waits for the client's end, as it may still be sending: a connection
/// closed with bytes unread is reset, and the client would not get to read it.
class Farewell final : public ConnectionStage {
  public:
    /// @param slot  where it was accepted; outlives it
    Farewell(net::Loop& loop, unsigned worker, FarewellOwner& owner, Slot& slot,
             std::unique_ptr<net::Stream> stream, Time started);

    /// 400. @param first  for which looks_plain() said Yes
    /// @return bytes of the answer
    std::size_t answer(std::string_view first);
    /// All has been said.
    void linger();

  private:
    void on_bytes(std::span<char> bytes) override;
    void on_end() override { fail(Failure::None); }
    void on_broken(Failure) override { fail(Failure::None); }
    void on_deadline() override { fail(Failure::None); }
    bool has_begun() const override { return true; }
    void tell_failed(Failure) override { owner_.on_farewell_ended(*this); }

    FarewellOwner& owner_;
    std::size_t discarded_bytes_ = 0;
};

}  // namespace fairlead::runtime
