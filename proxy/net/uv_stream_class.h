/// The one stream class over libuv: declared here for the two files that define it, and for nobody
/// else. Private to proxy/net, because it shows libuv.
#pragma once

#include <netinet/in.h>
#include <sys/uio.h>
#include <uv.h>

#include <cassert>
#include <memory>
#include <new>
#include <span>
#include <string>

#include "proxy/net/handle.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"

namespace fairlead::net {

/// There is one of these per connection, so its size counts: the handle is a part of it, small
/// things share a word, and addresses are kept without a string. libuv needs the handle until its
/// close callback, so `delete` is immediate for everybody else and gives the memory back then.
/// Unix sockets are in a uv_tcp_t too, which asks only for a connected stream socket and is smaller
/// than a uv_pipe_t.
class UvStream final : public Stream {
  public:
    UvStream(Loop& loop, bool is_unix)
        : writes_pending_(0),
          phase_(Phase::Open),
          life_(Life::Open),
          is_dropped_(false),
          is_unix_(is_unix),
          is_reading_(false),
          is_sated_(false),
          has_ended_(false),
          fin_is_wanted_(false) {
        [[maybe_unused]] const int status = uv_tcp_init(loop.raw(), &uv_);
        assert(status == 0 && "libuv only stores at this point");
        uv_.data = this;
    }
    static void operator delete(UvStream* self, std::destroying_delete_t) { self->drop(); }

    void connect(const SocketAddress& to);
    bool take(int descriptor);
    void know_peer(const SocketAddress& peer) const {
        peer_ip_ = peer.ip;
        peer_port_ = peer.port;
    }
    void know_local_port(std::uint16_t port) const { local_port_ = port; }

    void set_observer(StreamObserver& observer) override { observer_ = &observer; }
    void start_reading() override;
    void stop_reading() override;
    bool is_reading() const override { return is_reading_; }
    bool write(std::span<const Bytes> pieces) override;
    std::size_t queued_bytes() const override;
    void shutdown_write() override;
    void reset() override;
    bool has_pending_input() const override;
    bool has_unread_bytes() const override;
    std::size_t unacknowledged_bytes() const override;
    bool is_unheard(Duration duration) const override;
    void acknowledge() override;
    std::size_t read_rest(std::span<char> buffer) override;
    SocketAddress peer() const override;
    std::optional<std::uint32_t> peer_uid() const override;
    Descriptor duplicate() const override;
    SocketAddress local() const override;
    std::uint16_t local_port() const override;

  private:
    enum class Phase : std::uint8_t { Connecting, Open, Broken };
    enum class Life : std::uint8_t {
        Open,
        Closing,  // libuv still has the handle
        Closed,
    };
    /// Says later how connecting ended at once. Only made when that happens.
    struct EndedAtOnce {
        EndedAtOnce(UvStream& stream, int with)
            : status(with),
              timer(&stream, [&](uv_timer_t* uv) { return uv_timer_init(stream.uv_.loop, uv); }) {}
        int status;
        Handle<uv_timer_t> timer;
    };

    /// Whom a callback is for; null once the handle is closed.
    static UvStream* of(const void* data) {
        auto* self = static_cast<UvStream*>(const_cast<void*>(data));
        return self->life_ == Life::Open ? self : nullptr;
    }
    Loop& loop() const { return Loop::of(uv_.loop); }
    uv_stream_t* stream() const { return reinterpret_cast<uv_stream_t*>(&uv_); }
    int descriptor() const;
    void connect_unix(const std::string& path);
    ssize_t send_now(std::span<const iovec> pieces) const;
    bool queue(std::span<const Bytes> pieces, std::size_t taken_bytes);
    bool has_error() const;
    void send_fin();
    void tell_later(int status);
    void tell_at_last();
    void close_handle();
    void drop();

    void connected(int status);
    void read(ssize_t status_or_bytes, char* bytes);
    void written(int status);
    void break_with(Failure failure);

    mutable uv_tcp_t uv_{};  // `data` is this
    StreamObserver* observer_ = nullptr;
    std::unique_ptr<EndedAtOnce> ended_at_once_;
    mutable IpAddress peer_ip_;
    mutable std::uint16_t peer_port_ = 0;  // 0: not known yet, as below
    mutable std::uint16_t local_port_ = 0;
    std::uint32_t writes_pending_ : 22;  // uv_write requests libuv still has
    Phase phase_ : 2;
    Life life_ : 2;
    bool is_dropped_ : 1;  // nobody has it any more
    bool is_unix_ : 1;
    bool is_reading_ : 1;
    bool is_sated_ : 1;       // its last read filled the buffer: the next one waits for its turn
    bool has_ended_ : 1;      // the peer's FIN has been told
    bool fin_is_wanted_ : 1;  // shutdown_write was called
};
// What glibc's malloc rounds up to 304 bytes.
static_assert(sizeof(UvStream) <= sizeof(uv_tcp_t) + 48, "counts for every idle client");

}  // namespace fairlead::net
