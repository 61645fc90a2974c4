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
#include "proxy/net/stream.h"
#include "proxy/net/tls.h"

namespace fairlead::net {

struct TlsScratch;  ///< one per loop: where records are put together and taken apart

class TlsStream final : public Stream, private StreamObserver, private TlsSession {
  public:
    enum class End : std::uint8_t { Server, Client };
    /// @param side  whose settings it lives by; kept alive
    TlsStream(Loop& loop, End end, std::shared_ptr<const void> side, SslOwner ssl,
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

    // the session, for others
    TlsVersion version() const override;
    std::string_view cipher() const override;
    std::string_view protocol() const override;
    std::string_view server_name() const override;
    bool is_resumed() const override;
    bool has_peer_certificate() const override;
    std::string peer_subject() const override;
    std::string peer_certificate_der() const override;

    static const BIO_METHOD* method();
    static int bio_read(BIO* bio, char* out, std::size_t size, std::size_t* got);
    static int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written);
    static long bio_control(BIO* bio, int command, long number, void* pointer);

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
    SslOwner ssl_;
    std::unique_ptr<Stream> inner_;
    StreamObserver* observer_ = nullptr;
    std::string_view input_;  ///< records not taken by OpenSSL yet; valid during on_bytes only
    std::string held_;        ///< records nobody could be told of; seldom
    std::string unsent_;      ///< tickets that go out with the first bytes written
    std::unique_ptr<std::string> error_;
    std::unique_ptr<std::string> session_key_;
    mutable std::unique_ptr<std::string> server_name_;  ///< when it is not as the client wrote it
    Later* later_ = nullptr;
    const End end_;
    Phase phase_ = Phase::Handshake;
    bool has_heard_ = false;  ///< bytes have come
    bool has_ended_ = false;  ///< the other side says no more
    bool has_told_end_ = false;
    bool is_shut_ = false;  ///< our close_notify is sent
};

}  // namespace fairlead::net
