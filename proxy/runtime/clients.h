/// All client connections of one worker, whatever they speak: begins the right thing for each that
/// was accepted, and drains or ends them together. Lives on the worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "proxy/base/random.h"
#include "proxy/l4/tcp_session.h"
#include "proxy/l7/client_connection.h"
#include "proxy/l7/context.h"
#include "proxy/l7/h2_client_connection.h"
#include "proxy/runtime/client_list.h"
#include "proxy/runtime/farewell.h"
#include "proxy/runtime/handshake.h"
#include "proxy/runtime/preface.h"
#include "proxy/runtime/protocol_choice.h"
#include "proxy/runtime/slot.h"

namespace fairlead::runtime {

class ClientsObserver {
  public:
    /// One has gone; of `has_left`, a listener that has left.
    virtual void on_client_gone() = 0;

  protected:
    ~ClientsObserver() = default;
};

class Clients final : private l7::ClientConnectionOwner,
                      private l4::SessionOwner,
                      private PrefaceOwner,
                      private HandshakeOwner,
                      private FarewellOwner,
                      private ProtocolChoiceOwner {
  public:
    /// All outlive it.
    Clients(net::Loop& loop, unsigned worker, ClientsObserver& observer,
            telemetry::AccessWriter& access_log, const std::string& instance, std::uint64_t seed);
    ~Clients();
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    /// @param slot  outlives the connection
    void adopt(Slot& slot, std::unique_ptr<net::Stream> stream);
    bool is_empty() const {
        return http_.is_empty() && h2_.is_empty() && tcp_.is_empty() && prefaces_.is_empty() &&
               handshakes_.is_empty() && choices_.is_empty() && farewells_.is_empty();
    }

    /// The process stops: idle ones close, others end when they have done.
    void drain();
    /// The same for those whose listener has left.
    void drain_leaving();
    /// What is meant ends now. Idle and lingering connections go with the exchanges.
    void abort(bool with_exchanges, bool with_tunnels);
    void abort_on(const balancing::Backend& backend, bool with_exchanges, bool with_tunnels);
    /// It is out: whoever waits for its first byte goes elsewhere, where that is safe.
    void leave_backend(const balancing::Backend& backend);
    /// Of listeners that left with this generation.
    void abort_leaving(std::uint64_t generation, bool with_exchanges, bool with_tunnels);
    /// Ends all at once, without a word.
    void clear();

    void set_access_log(telemetry::AccessWriter& writer);
    void flush_access_log() { http_context_.access_log->flush(); }

  private:
    /// What a line of the log says of a connection that came to nothing.
    struct Failed {
        std::string_view proto;
        Failure failure;
        int status = 0;  ///< of an answer
        std::uint64_t bytes_out = 0;
    };
    void on_client_closed(l7::ClientConnection& connection) override;
    void on_client_closed(l7::H2ClientConnection& connection) override;
    void on_client_failed(const l7::H2ClientConnection& connection, Failure failure) override;
    void on_session_ended(l4::TcpSession& session) override;
    void on_preface_done(Preface& preface, std::span<char> rest) override;
    void on_preface_failed(Preface& preface, Failure failure) override;
    void on_handshake_done(Handshake& handshake) override;
    void on_plain_http(Handshake& handshake, std::string_view first) override;
    void on_handshake_failed(Handshake& handshake, Failure failure) override;
    void on_protocol_chosen(ProtocolChoice& choice, bool is_http2, std::span<char> first) override;
    void on_protocol_not_chosen(ProtocolChoice& choice) override;
    void on_farewell_ended(Farewell& client) override;
    Failure admit(const Slot& slot, const net::Stream& stream, const net::ProxyHeader* header,
                  ClientHold& hold);
    bool begin(Slot& slot, std::unique_ptr<net::Stream> stream, ClientHold hold,
               const net::ProxyHeader* header, std::span<char> first, Time accepted);
    void serve(Slot& slot, std::unique_ptr<net::Stream> stream, ClientHold hold,
               const net::ProxyHeader* header, std::span<char> first);
    void serve_http(Slot& slot, std::unique_ptr<net::Stream> stream, ClientHold hold,
                    const net::ProxyHeader* header, std::span<char> first, bool is_http2);
    template <class Client>
    void start(Client& client, const Slot& slot, std::span<char> first);
    void log_handshake(const Handshake& handshake);
    void note_failed(const Slot& slot, const net::Stream& stream, const net::ProxyHeader* header,
                     Failed how, Time began);
    void write_failed(const connect::ListenerSeries& series, std::string_view listener,
                      const SocketAddress& peer, const IpAddress& client, Failed how, Time began);
    void for_each_stage(auto&& call);
    void for_each(auto&& call);
    template <class Client>
    void bury(ClientList<Client>& list, Client& client);

    net::Loop& loop_;
    const unsigned worker_;
    ClientsObserver& observer_;
    l7::Context http_context_;
    l4::Context tcp_context_;
    ClientList<l7::ClientConnection> http_;
    ClientList<l7::H2ClientConnection> h2_;
    ClientList<l4::TcpSession> tcp_;
    ClientList<Preface> prefaces_;
    ClientList<Handshake> handshakes_;
    ClientList<ProtocolChoice> choices_;
    ClientList<Farewell> farewells_;  ///< where TLS is spoken
    HandshakeGate gate_;
    Time handshake_logged_ = Time::min();
    std::uint64_t handshakes_unlogged_ = 0;  ///< failed since then
};

}  // namespace fairlead::runtime
