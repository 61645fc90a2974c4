/// One end of an HTTP/2 connection (RFC 9113) without its socket: bytes in, bytes out, and in
/// between heads as HTTP/1.1 text and bodies as plain payload. The only code that sees nghttp2,
/// which does the framing, HPACK, stream states and windows; what heads may say is judged by
/// H2HeadReader, floods by H2Guard. Owned by a connection; lives on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/base/clock.h"
#include "proxy/base/failure.h"
#include "proxy/http/h2_error.h"
#include "proxy/http/h2_guard.h"
#include "proxy/http/message.h"

namespace fairlead::http {

struct H2Settings {
    std::uint32_t streams = 100;        ///< of the peer's at a time
    std::uint32_t window = 256 * 1024;  ///< bytes a stream may bring before it is listened to
    std::uint32_t connection_window = 1024 * 1024;  ///< of all streams together
    HeadLimits limits;                              ///< of a head
    H2Rate resets;
    bool takes_websockets = false;  ///< server: says that it takes extended CONNECT (RFC 8441)
    std::string_view scheme{};      ///< client: of its requests, static: "http" or "https"
};

/// A head as the peer sent it.
struct H2Head {
    std::string_view text;      ///< as of H2HeadReader::text()
    std::string_view protocol;  ///< as of H2HeadReader::protocol()
    HeadError error;            ///< a failure other than None: it is no good
    bool is_last = false;       ///< there is no body
};

/// How a stream has ended.
struct H2StreamEnd {
    H2Error error = H2Error::NoError;
    bool is_by_peer = false;  ///< it was the peer that said so
    /// The peer has not begun with it and it may be repeated: REFUSED_STREAM, or beyond the last
    /// stream that a GOAWAY names.
    bool is_unprocessed = false;
};

/// A stream as its session's owner names it: from the call that brings it until on_h2_closed.
class H2Stream;

/// What happens on the streams of a session. All calls come from within its methods; they may call
/// the session, but must not destroy it. `user` is what stands for a stream with the session's
/// owner.
class H2SessionObserver {
  public:
    /// Server: a request has come.
    /// @return its user, with whom all further calls are about this stream; null: it is refused,
    ///         and nothing more is heard of it
    virtual void* on_h2_request(H2Stream& stream, const H2Head& head) = 0;
    /// Client: a response has come, or one before it (1xx). The caller resets what is no good.
    virtual void on_h2_response(void* user, const H2Head& head) = 0;
    /// Payload, to be acknowledged with consume() when there is room for more.
    /// @param trailers  with is_last: those that may be forwarded, whole lines
    virtual void on_h2_data(void* user, std::span<char> payload, bool is_last,
                            std::string_view trailers) = 0;
    /// queued_bytes() came back to 0; from tell_drained() alone.
    virtual void on_h2_drained(void* user) = 0;
    /// Nothing more is heard or can be said of this stream.
    virtual void on_h2_closed(void* user, const H2StreamEnd& end) = 0;
    /// The peer will take no new streams.
    virtual void on_h2_goaway(H2Error error) = 0;
    /// The peer has answered ping().
    virtual void on_h2_pong() = 0;

  protected:
    ~H2SessionObserver() = default;
};

class H2Session {
  public:
    enum class Role : std::uint8_t { Server, Client };

    /// Its first output is the connection preface.
    H2Session(Role role, const H2Settings& settings, H2SessionObserver& observer);
    /// Streams end without a call.
    ~H2Session();
    H2Session(const H2Session&) = delete;
    H2Session& operator=(const H2Session&) = delete;

    /// What has come from the peer. After a failure it is thrown away.
    void feed(std::span<char> bytes, Time now);
    /// What has ended the connection: h2_protocol and the other words of the guard; None as long as
    /// it is good. Of what is wrong by the rules it is known once the answer (GOAWAY) has been
    /// collected.
    Failure failure() const;
    /// Of that failure, in a few words.
    std::string_view reason() const;

    /// Appends output as long as there is any and `out` is shorter than `bytes_max`. Not while
    /// is_busy().
    void collect(std::string& out, std::size_t bytes_max);
    /// Calls on_h2_drained for those that what was collected has emptied.
    void tell_drained();
    bool has_output() const;
    /// All has been said and heard.
    bool is_over() const;
    /// feed() or collect() is on the stack.
    bool is_busy() const;

    // ---- a stream
    /// Server: a response's head, interim or final. Text of ours, whole.
    void send_head(H2Stream& stream, std::string_view head, bool is_last);
    /// Client: opens a stream. @return null when the connection takes no more
    H2Stream* send_request(void* user, std::string_view head, bool is_last);
    /// Payload behind the head. What nothing holds up is framed into `out` at once, up to
    /// `bytes_max` there (see collect()); the rest is copied. Null: all of it.
    /// @param trailers  whole lines, with is_last only
    void send_data(H2Stream& stream, std::string_view payload, bool is_last,
                   std::string_view trailers, std::string* out, std::size_t bytes_max);
    /// Not framed yet.
    std::size_t queued_bytes(const H2Stream& stream) const;
    /// It waits for the peer to open a window, not for us to send.
    bool is_window_shut(const H2Stream& stream) const;
    /// So much payload has been used: the peer may send as much again.
    /// @param stream  null for one that has been closed
    void consume(H2Stream* stream, std::size_t bytes);
    /// Ends it. on_h2_closed follows when that has been collected. What the peer has done wrong by
    /// it counts with the guard.
    void reset(H2Stream& stream, H2Error error);
    /// Nothing more is told of it. Payload that still comes counts as used.
    void forget(H2Stream& stream);
    /// The connection has been lost: on_h2_closed for all of them, and nothing more after that.
    void close_all(const H2StreamEnd& end);

    // ---- the connection
    /// The first of two steps: tells the peer to open no new streams; those on their way are taken.
    void announce_end();
    /// The second: streams from here on are refused; is_over() once the others have ended.
    void end();
    /// At once, with a reason (static text).
    void fail(Failure failure, H2Error error, std::string_view reason);
    void ping();
    /// Those that have not been closed.
    std::size_t streams() const;
    /// Client: so many more streams the peer takes now.
    std::size_t streams_left() const;
    /// The peer's first SETTINGS have come.
    bool has_settings() const;
    /// Bytes of a header block have come whose end has not.
    bool is_in_headers() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::http
