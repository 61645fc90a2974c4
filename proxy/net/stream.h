/// A connection as the rest of the product sees it: bytes in, bytes out, back-pressure, one end.
/// TCP and unix sockets are `UvStream`; tests bring their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/failure.h"
#include "proxy/net/descriptor.h"

namespace fairlead::net {

class Loop;
class TlsSession;

/// Hears what happens to a stream. Every call is the last thing the stream does in that turn of the
/// stack: the observer may close or retire the stream in it (retire, not delete).
class StreamObserver {
  public:
    /// An outgoing connection is established; on a TLS stream, also an accepted one, the handshake
    /// is done. Never for other accepted ones.
    virtual void on_connected() {}
    /// Bytes arrived. They live in the loop's scratch buffer until this returns; the observer may
    /// overwrite them. What cannot be used at once must be copied, and reading stopped.
    virtual void on_bytes(std::span<char> bytes) = 0;
    /// The peer sent its FIN. Writing still works.
    virtual void on_end() = 0;
    /// queued_bytes() came back to 0 after a write that could not be sent at once.
    virtual void on_drained() {}
    /// The connection failed: connect refused or unreachable, reset, a write error. Nothing works
    /// any more. `failure` is from the view of a backend connection: ConnectRefused,
    /// ConnectUnreachable, ConnectTimeout, ConnectNoPorts, NoDescriptors, BackendReset, TlsFailed.
    virtual void on_broken(Failure failure) = 0;

  protected:
    ~StreamObserver() = default;
};

/// Bytes to write; must stay valid only during the call.
using Bytes = std::string_view;

class Stream {
  public:
    /// Closes at once; nothing is called back any more. Queued bytes are dropped: who wants them
    /// sent waits for on_drained first.
    virtual ~Stream() = default;

    virtual void set_observer(StreamObserver& observer) = 0;
    virtual void start_reading() = 0;
    virtual void stop_reading() = 0;
    virtual bool is_reading() const = 0;

    /// Writes all pieces in order: what the kernel takes now in one system call, the rest is copied
    /// and sent when it can be; on_drained follows then. Callers bound the queue by queued_bytes().
    /// @return false when the connection is known to be broken; the stream then stays silent and
    ///         the caller ends it (on_broken is not called in addition).
    virtual bool write(std::span<const Bytes> pieces) = 0;
    bool write(Bytes bytes) { return write(std::span<const Bytes>(&bytes, 1)); }
    /// Bytes accepted by write() that the kernel has not taken yet.
    virtual std::size_t queued_bytes() const = 0;
    /// FIN after what is queued. Reading goes on; nothing may be written any more.
    virtual void shutdown_write() = 0;
    /// Ends the connection with a reset instead of a FIN (SO_LINGER 0); used where the peer must
    /// not take what it has for a whole message. The stream is closed and silent afterwards. The
    /// peer of a unix socket sees an end: there is no reset.
    virtual void reset() = 0;

    /// Is there anything to read right now (bytes, end or error)? One recv(MSG_PEEK). For idle
    /// connections that are about to be reused by a request that must not be sent twice.
    virtual bool has_pending_input() const = 0;
    /// Are there bytes to read right now? The same system call; an end is none. Closing with bytes
    /// unread would send a reset.
    virtual bool has_unread_bytes() const = 0;
    /// Bytes the peer has not acknowledged: queued_bytes() and what the kernel still holds
    /// (SIOCOUTQ). Tells a slow reader from one that has stopped; one system call.
    virtual std::size_t unacknowledged_bytes() const = 0;
    /// Bytes are on their way to the peer, and its system has acknowledged nothing for so long: it
    /// is gone without a word, or the way to it is. A peer that only does not read acknowledges. To
    /// be asked so long after the last write; one system call. Never of a unix socket.
    virtual bool is_unheard(Duration) const { return false; }
    /// Acknowledges at once what has been read, and not with the next bytes written: for a peer
    /// that sends on only then (Nagle), when nothing is to be written before. TCP waits some 40 ms
    /// otherwise. One system call.
    virtual void acknowledge() {}
    /// After write() returned false or on_broken: what the peer had sent before its end, which
    /// outlives a reset in the kernel. @return bytes put into `buffer`; 0 when there are no more
    virtual std::size_t read_rest(std::span<char> buffer) {
        static_cast<void>(buffer);
        return 0;
    }
    virtual SocketAddress peer() const = 0;
    /// Effective user id of the process at the other end when it connected; nothing but for a unix
    /// socket. Asks the kernel each time.
    virtual std::optional<std::uint32_t> peer_uid() const { return std::nullopt; }
    /// Another descriptor of the same connection, for somebody who goes on with it when this stream
    /// is closed; not open when there is none to be had.
    virtual Descriptor duplicate() const { return Descriptor{}; }
    /// What TLS has agreed on, once the handshake is done; null for a connection in clear. Lives as
    /// long as the stream.
    virtual const TlsSession* tls() const { return nullptr; }
    /// Asks the kernel each time.
    virtual SocketAddress local() const = 0;
    /// Does so at most once, and not at all for an accepted connection. 0 for a unix socket.
    virtual std::uint16_t local_port() const = 0;
};

/// Detaches the observer and retires the stream: nothing is heard of it any more, its descriptor is
/// closed before the loop waits again. Null is taken.
void close(Loop& loop, std::unique_ptr<Stream> stream);

}  // namespace fairlead::net
