/// TLS over another stream: the one class for both ends. Private to proxy/net, because it shows
/// OpenSSL; made by accept_tls() and connect_tls(). Lives on its loop's thread.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/net/loop.h"
#include "proxy/net/openssl.h"
#include "proxy/net/record_bio.h"
#include "proxy/net/ssl_session.h"
#include "proxy/net/stream.h"

namespace fairlead::net {

struct TlsScratch;  ///< one per loop: where records are put together and taken apart

class TlsStream final : public Stream, private StreamObserver, private SslSession {
  public:
    enum class End : std::uint8_t { Server, Client };
    /// @param side  whose settings it lives by; kept alive
    TlsStream(Loop& loop, End end, std::shared_ptr<const void> side, SslOwner ssl_object,
              std::unique_ptr<Stream> stream);
    ~TlsStream() override;

    /// The client speaks first.
    void begin();
    /// Records that were read already; heard once reading starts.
    void hold(std::string_view records) {
        held_ = records;
        has_heard_ = true;
    }
    /// Empty: it has not failed, or nobody said a word.
    const std::string& error() const { return error_ == nullptr ? kNoError : *error_; }
    /// See take_clear().
    std::unique_ptr<Stream> release_inner() { return std::move(inner_); }
    /// Whose stream an SSL object is; for OpenSSL's callbacks.
    static TlsStream& of(const SSL* ssl);
    /// OpenSSL's question whether a certificate that it does not find good will do: it will not,
    /// and error() says why.
    static int note_refusal(int is_good, X509_STORE_CTX* checked);
    void know_key(std::string key) { session_key_ = std::make_unique<std::string>(std::move(key)); }
    const std::string& session_key() const {
        return session_key_ == nullptr ? kNoError : *session_key_;
    }

    void set_observer(StreamObserver& observer) override { observer_ = &observer; }
    void start_reading() override;
    void stop_reading() override;
    bool is_reading() const override { return inner_->is_reading(); }
    bool write(std::span<const Bytes> pieces) override;
    std::size_t queued_bytes() const override { return inner_->queued_bytes(); }
    void shutdown_write() override;
    void reset() override;
    bool has_pending_input() const override;
    bool has_unread_bytes() const override { return inner_->has_unread_bytes(); }
    std::size_t unacknowledged_bytes() const override { return inner_->unacknowledged_bytes(); }
    bool is_unheard(Duration duration) const override { return inner_->is_unheard(duration); }
    void acknowledge() override { inner_->acknowledge(); }
    std::size_t read_rest(std::span<char> buffer) override;
    SocketAddress peer() const override { return inner_->peer(); }
    std::optional<std::uint32_t> peer_uid() const override { return inner_->peer_uid(); }
    const TlsSession* tls() const override { return phase_ == Phase::Handshake ? nullptr : this; }
    SocketAddress local() const override { return inner_->local(); }
    std::uint16_t local_port() const override { return inner_->local_port(); }

  private:
    enum class Phase : std::uint8_t { Handshake, Open, Broken };
    /// Comes back once the stack has unwound; finds nobody when the stream has died meanwhile.
    struct Later {
        TlsStream* stream;
    };
    static const std::string kNoError;

    // the stream below
    void on_connected() override {}
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;

    void advance(std::string_view records);
    bool shake();
    void read_records();
    std::size_t decrypt(std::span<char> out);
    bool flush();
    void fail_handshake(std::string reason);
    void break_with(Failure failure);
    void come_back();
    void on_come_back();
    void tell_end();

    Loop& loop_;
    TlsScratch& scratch_;
    const std::shared_ptr<const void> side_;
    RecordBio records_;
    std::unique_ptr<Stream> inner_;
    StreamObserver* observer_ = nullptr;
    std::string held_;    ///< records nobody could be told of; seldom
    std::string unsent_;  ///< tickets that go out with the first bytes written
    std::unique_ptr<std::string> error_;
    std::unique_ptr<std::string> session_key_;
    Later* later_ = nullptr;
    const End end_;
    Phase phase_ = Phase::Handshake;
    bool has_heard_ = false;  ///< bytes have come
    bool has_ended_ = false;  ///< the other side says no more
    bool has_told_end_ = false;
    bool is_shut_ = false;  ///< our close_notify is sent
};

}  // namespace fairlead::net
