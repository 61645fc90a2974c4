/// One HTTP/2 client connection: carries bytes between its socket and its session, and owns the
/// streams, each with an exchange of its own. All output of one turn of the loop leaves in one
/// write. Owned by its worker; lives on that worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proxy/connect/h2_output.h"
#include "proxy/http/h2_session.h"
#include "proxy/l7/context.h"
#include "proxy/l7/h2_client_stream.h"
#include "proxy/l7/site.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/net/turn_end.h"

namespace fairlead::l7 {

class H2ClientConnection final : private net::StreamObserver, private http::H2SessionObserver {
  public:
    /// Its owner is the context's `clients`.
    /// @param slot    where it was accepted; outlives it
    /// @param header  what a PROXY header in front of it said; null when there was none
    H2ClientConnection(Context& context, ListenerSlot& slot, std::unique_ptr<net::Stream> stream,
                       const net::ProxyHeader* header);
    ~H2ClientConnection();
    H2ClientConnection(const H2ClientConnection&) = delete;
    H2ClientConnection& operator=(const H2ClientConnection&) = delete;

    /// @param first  what has been read of it already
    void start(std::span<char> first);
    /// Stopping: the client is told to open no new streams, and the connection ends with the last.
    void drain();
    /// The time for stopping has run out: what is meant ends now, with 503 `drained` when that can
    /// still be said.
    void abort(bool with_exchanges, bool with_tunnels);
    /// The same for what runs on this backend.
    void abort_on(const balancing::Backend& backend, bool with_exchanges, bool with_tunnels);
    void leave_backend(const balancing::Backend& backend);
    const ListenerSlot& slot() const { return slot_; }
    Time began() const { return began_; }
    const net::Stream& stream() const { return *stream_; }
    const SocketAddress& peer() const { return peer_; }

    // ---- for its streams
    Context& context() { return context_; }
    ListenerEntry& listener() const { return *slot_.entry; }
    http::H2Session& session() { return session_; }
    net::Stream& socket() { return *stream_; }
    SocketAddress destination() const { return destination_ ? *destination_ : stream_->local(); }
    /// See H2Session::send_data.
    void send_data(http::H2Stream& stream, std::string_view payload, bool is_last,
                   std::string_view trailers);
    /// Something waits in the session.
    void note_output();
    /// On_turn_end of this stream, please.
    void ask_turn_end() { turn_end_.ask(); }
    void on_stream_over(H2ClientStream& stream);
    bool is_broken() const { return is_broken_; }

    /// Where its owner keeps it.
    std::uint32_t position = 0;

  private:
    enum class Phase : std::uint8_t {
        Open,
        Announced,  ///< the client has been told to open no new streams
        Ending,     ///< and takes its last answers
        Lingering,  ///< all has been said; the client reads it, and closes
        Closed,
    };

    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;

    void* on_h2_request(http::H2Stream& stream, const http::H2Head& head) override;
    void on_h2_response(void*, const http::H2Head&) override {}  // clients send none
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override;
    void on_h2_drained(void* user) override;
    void on_h2_closed(void* user, const http::H2StreamEnd& end) override;
    void on_h2_goaway(http::H2Error) override {}  // its streams end as they would have
    void on_h2_pong() override;

    void on_turn_end();
    void on_deadline();
    void arm();
    void fail(Failure failure, http::H2Error error, std::string_view reason);
    void end_streams(Failure failure);
    void note_failure(Failure failure);
    void linger();
    void close();
    template <class Call>
    void for_each_stream(Call call);

    Context& context_;
    ListenerSlot& slot_;
    std::unique_ptr<net::Stream> stream_;
    http::H2Session session_;
    std::vector<std::unique_ptr<H2ClientStream>> streams_;
    net::Deadline deadline_;
    net::TurnEnd turn_end_;
    connect::H2Output output_{turn_end_};
    SocketAddress peer_;
    std::optional<SocketAddress> destination_;  ///< by a PROXY header
    const Time began_;
    Time heard_{};  ///< when the client last sent anything, or its last stream ended
    Time headers_since_ = Time::max();  ///< a header block waits for its end since then
    Time ends_ = Time::max();           ///< of Announced and Lingering
    std::uint64_t requests_ = 0;
    std::uint32_t lingered_bytes_ = 0;
    Phase phase_ = Phase::Open;
    bool is_pinging_ = false;
    bool is_broken_ = false;
    bool has_told_failure_ = false;
};

}  // namespace fairlead::l7
