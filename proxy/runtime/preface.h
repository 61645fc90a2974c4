/// A connection to a listener with `accept_proxy`, before anything else: reads the PROXY header of
/// one that must have it, then hands it on.
#pragma once

#include <memory>
#include <span>

#include "proxy/net/proxy_protocol.h"
#include "proxy/runtime/connection_stage.h"

namespace fairlead::runtime {

class Preface;

class PrefaceOwner {
  public:
    /// The header is whole. Take the stream, and retire the preface.
    /// @param rest  what followed it; good until this returns
    virtual void on_preface_done(Preface& preface, std::span<char> rest) = 0;
    /// No connection comes of it: retire it.
    /// @param failure  None for one that was closed before it said anything
    virtual void on_preface_failed(Preface& preface, Failure failure) = 0;

  protected:
    ~PrefaceOwner() = default;
};

class Preface final : public ConnectionStage {
  public:
    /// @param slot  where it was accepted; outlives it
    Preface(net::Loop& loop, unsigned worker, PrefaceOwner& owner, Slot& slot,
            std::unique_ptr<net::Stream> stream);

    void start();
    const net::ProxyHeader& header() const { return reader_.header(); }

  private:
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_broken(Failure failure) override;
    void on_deadline() override;
    bool has_begun() const override { return reader_.has_begun(); }
    void tell_failed(Failure failure) override;

    PrefaceOwner& owner_;
    net::ProxyHeaderReader reader_;
};

/// Connections from there begin with a header.
bool must_begin_with_header(const conf::Listener& listener, const net::Stream& stream);

}  // namespace fairlead::runtime
