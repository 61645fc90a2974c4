/// A connection in clear to a listener that speaks HTTP/1.1 and HTTP/2: looks at its first bytes.
/// A client of HTTP/2 begins with a preface that is no request of HTTP/1.1 (RFC 9113 section 3.4).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "proxy/net/proxy_protocol.h"
#include "proxy/runtime/connection_stage.h"

namespace fairlead::runtime {

class ProtocolChoice;

class ProtocolChoiceOwner {
  public:
    /// Take the stream, and retire the choice.
    /// @param first  what has been read, to be begun with
    virtual void on_protocol_chosen(ProtocolChoice& choice, bool is_http2,
                                    std::span<char> first) = 0;
    /// It closed, or said nothing: retire it.
    virtual void on_protocol_not_chosen(ProtocolChoice& choice) = 0;

  protected:
    ~ProtocolChoiceOwner() = default;
};

class ProtocolChoice final : public ConnectionStage {
  public:
    /// @param slot    where it was accepted; outlives it
    /// @param header  what a PROXY header in front of it said; copied, null when there was none
    ProtocolChoice(net::Loop& loop, unsigned worker, ProtocolChoiceOwner& owner, Slot& slot,
                   std::unique_ptr<net::Stream> stream, const net::ProxyHeader* header);

    /// @param first  what has been read already
    void start(std::span<char> first);
    const net::ProxyHeader* header() const { return header_ ? &*header_ : nullptr; }

  private:
    void on_bytes(std::span<char> bytes) override;
    void on_end() override { fail(Failure::None); }
    void on_broken(Failure) override { fail(Failure::None); }
    void on_deadline() override { fail(Failure::None); }
    bool has_begun() const override { return !first_.empty(); }
    void tell_failed(Failure) override { owner_.on_protocol_not_chosen(*this); }
    void choose(bool is_http2, std::span<char> first);

    ProtocolChoiceOwner& owner_;
    std::optional<net::ProxyHeader> header_;
    std::string first_;  ///< part of a preface; bounded by it
};

}  // namespace fairlead::runtime
