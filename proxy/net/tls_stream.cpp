#include "proxy/net/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

#include "proxy/base/text.h"
#include "proxy/net/tls_server.h"
#include "proxy/net/tls_settings.h"

namespace fairlead::net {

/// Shared by all streams of a loop, because none of them keeps anything here between two calls.
struct TlsScratch {
    static constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;

    /// What was read in a turn, decrypted: never more than the records, and the one that was not
    /// whole the turn before.
    std::vector<char> plain = std::vector<char>(kScratchBytes + 2 * kRecordBytes);
    std::array<char, kRecordBytes> record;  ///< small pieces on their way into one record
    std::string out;                        ///< records on their way into one write
};

TlsScratch& Loop::tls_scratch() {
    if (tls_scratch_ == nullptr) tls_scratch_ = std::make_shared<TlsScratch>();
    return *tls_scratch_;
}

const std::string TlsStream::kNoError;

// ---- between OpenSSL and the stream below

/// One object for both directions and for all streams: a pair of memory BIOs costs 600 bytes more
/// for each of them, and a copy of everything.
const BIO_METHOD* TlsStream::method() {
    static BIO_METHOD* const made = [] {
        BIO_METHOD* const fresh =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
        BIO_meth_set_read_ex(fresh, &TlsStream::bio_read);
        BIO_meth_set_write_ex(fresh, &TlsStream::bio_write);
        BIO_meth_set_ctrl(fresh, &TlsStream::bio_control);
        return fresh;
    }();
    return made;
}

int TlsStream::bio_read(BIO* bio, char* out, std::size_t size, std::size_t* got) {
    auto* const self = static_cast<TlsStream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    *got = std::min(size, self->input_.size());
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(out, self->input_.data(), *got);
    self->input_.remove_prefix(*got);
    return 1;
}

int TlsStream::bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
    auto* const self = static_cast<TlsStream*>(BIO_get_data(bio));
    self->scratch_.out.append(bytes, size);
    *written = size;
    return 1;
}

long TlsStream::bio_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

TlsStream& TlsStream::of(const SSL* ssl) {
    return *static_cast<TlsStream*>(BIO_get_data(SSL_get_rbio(ssl)));
}

TlsStream::TlsStream(Loop& loop, End end, std::shared_ptr<const void> side, SslOwner ssl,
                     std::unique_ptr<Stream> stream)
    : loop_(loop),
      scratch_(loop.tls_scratch()),
      side_(std::move(side)),
      ssl_(std::move(ssl)),
      inner_(std::move(stream)),
      end_(end) {
    BIO* const bio = BIO_new(method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    end_ == End::Server ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
    inner_->set_observer(*this);
}

TlsStream::~TlsStream() {
    if (later_ != nullptr) later_->stream = nullptr;
    // A peer that has heard close_notify knows that nothing was cut off.
    if (phase_ == Phase::Open && !is_shut_ && inner_->queued_bytes() == 0) {
        scratch_.out.clear();
        SSL_shutdown(ssl_.get());
        flush();
    }
    close(loop_, std::move(inner_));
}

void TlsStream::begin() {
    scratch_.out.clear();
    ERR_clear_error();
    shake();
    if (phase_ != Phase::Broken && !flush()) fail_handshake("the connection was reset");
    if (phase_ == Phase::Broken) {
        come_back();  // told later, as of any connection that fails at once
        return;
    }
    inner_->start_reading();
}

/// Sends what OpenSSL has made. @return false when the connection is broken
bool TlsStream::flush() {
    if (scratch_.out.empty()) return true;
    const std::array<Bytes, 2> pieces{unsent_, scratch_.out};
    const bool is_sent = inner_->write(pieces);
    if (!unsent_.empty()) unsent_ = std::string();
    return is_sent;
}

// ---- reading

void TlsStream::on_bytes(std::span<char> bytes) {
    has_heard_ = true;
    advance({bytes.data(), bytes.size()});
}

/// May retire us by whom it calls: the observer is called last, or looked at again.
void TlsStream::advance(std::string_view records) {
    if (phase_ == Phase::Broken) return;
    input_ = records;
    scratch_.out.clear();
    ERR_clear_error();  // OpenSSL would take what others have left for its own
    if (phase_ == Phase::Handshake) {
        const bool is_done = shake();
        // The tickets of TLS 1.3 are all that is left to send: they wait for the first response.
        if (is_done && end_ == End::Server && SSL_version(ssl_.get()) == TLS1_3_VERSION) {
            unsent_.swap(scratch_.out);
        } else if (!flush() && phase_ != Phase::Broken) {
            fail_handshake("the connection was reset");
        }
        if (phase_ == Phase::Broken) {
            input_ = {};
            observer_->on_broken(Failure::TlsFailed);
            return;
        }
        if (!is_done) {
            assert(input_.empty());
            return;
        }
        const std::string_view rest = input_;
        if (!rest.empty()) held_ = rest;  // whoever is told may use the buffer
        input_ = {};
        observer_->on_connected();
        if (phase_ == Phase::Broken || !inner_->is_reading()) return;
        const std::string records_held = std::exchange(held_, {});
        input_ = records_held;
        scratch_.out.clear();
        read_records();
        return;
    }
    read_records();
}

void TlsStream::read_records() {
    const std::size_t bytes = decrypt(scratch_.plain);
    input_ = {};
    const bool is_broken = !flush() || phase_ == Phase::Broken;
    if (bytes > 0) observer_->on_bytes({scratch_.plain.data(), bytes});
    // Who closes a stream takes its observer away: what follows is heard by nobody then.
    if (is_broken) {
        break_with(Failure::BackendReset);
    } else if (has_ended_) {
        tell_end();
    }
}

/// Takes as much as is there. Sets has_ended_ or phase_ when more cannot come.
std::size_t TlsStream::decrypt(std::span<char> out) {
    std::size_t total = 0;
    while (total < out.size()) {
        std::size_t got = 0;
        if (SSL_read_ex(ssl_.get(), out.data() + total, out.size() - total, &got) == 1) {
            total += got;
            continue;
        }
        switch (SSL_get_error(ssl_.get(), 0)) {
            case SSL_ERROR_WANT_READ:
            case SSL_ERROR_WANT_WRITE:
                return total;
            case SSL_ERROR_ZERO_RETURN:
                has_ended_ = true;
                return total;
            default:
                error_ = std::make_unique<std::string>(take_openssl_error("a bad record"));
                phase_ = Phase::Broken;
                return total;
        }
    }
    return total;
}

void TlsStream::tell_end() {
    if (has_told_end_ || phase_ == Phase::Broken) return;
    if (!inner_->is_reading()) return;  // start_reading() asks for it
    has_told_end_ = true;
    inner_->stop_reading();
    observer_->on_end();
}

void TlsStream::on_end() {
    if (phase_ == Phase::Handshake) {
        if (has_heard_ || end_ == End::Client) {
            fail_handshake("the other side closed the connection");
        }
        break_with(Failure::TlsFailed);
        return;
    }
    has_ended_ = true;
    if (has_told_end_ || phase_ == Phase::Broken) return;
    has_told_end_ = true;
    observer_->on_end();
}

void TlsStream::on_broken(Failure failure) {
    if (phase_ == Phase::Handshake) {
        if (has_heard_ || end_ == End::Client) fail_handshake("the connection was reset");
        failure = Failure::TlsFailed;
    }
    break_with(failure);
}

void TlsStream::break_with(Failure failure) {
    phase_ = Phase::Broken;
    if (inner_->is_reading()) inner_->stop_reading();
    observer_->on_broken(failure);
}

void TlsStream::on_drained() {
    if (phase_ == Phase::Open) observer_->on_drained();
}

void TlsStream::start_reading() {
    inner_->start_reading();
    // The inner stream has nothing to say of what is here already.
    if (!held_.empty() || (has_ended_ && !has_told_end_)) come_back();
}

void TlsStream::stop_reading() { inner_->stop_reading(); }

void TlsStream::come_back() {
    if (later_ != nullptr) return;
    later_ = new Later{this};
    loop_.retire_raw(later_, nullptr, [](void* object, void*) noexcept {
        const std::unique_ptr<Later> later(static_cast<Later*>(object));
        if (later->stream != nullptr) later->stream->on_come_back();
    });
}

void TlsStream::on_come_back() {
    later_ = nullptr;
    if (phase_ == Phase::Broken) {
        observer_->on_broken(Failure::TlsFailed);
        return;
    }
    if (!held_.empty() && inner_->is_reading()) {
        const std::string records = std::exchange(held_, {});
        advance(records);
        return;
    }
    if (has_ended_ && !has_told_end_) {
        has_told_end_ = true;
        inner_->stop_reading();
        observer_->on_end();
    }
}

// ---- the handshake

/// As far as it goes with what is there. @return it is done; otherwise it waits, or has failed
bool TlsStream::shake() {
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        phase_ = Phase::Open;
        return true;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
    std::string reason = error_ == nullptr ? std::string() : *error_;
    const unsigned long code = ERR_peek_error();
    if (reason.empty() && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST) {
        reason = "the other side speaks plain HTTP";
    } else if (reason.empty() && (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER ||
                                  ERR_GET_REASON(code) == SSL_R_UNKNOWN_PROTOCOL)) {
        reason = "the other side speaks no TLS";
    } else if (reason.empty() && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET) {
        // OpenSSL's words: "sslv3 alert bad certificate", whatever the version.
        const std::string alert = take_openssl_error("an alert");
        const std::size_t word = alert.find("alert ");
        reason = "the other side refused it: " +
                 (word == std::string::npos ? alert : alert.substr(word + 6));
    }
    if (reason.empty()) reason = take_openssl_error("the handshake cannot go on");
    ERR_clear_error();
    fail_handshake(std::move(reason));
    return false;
}

int TlsStream::note_refusal(int is_good, X509_STORE_CTX* checked) {
    if (is_good == 1) return 1;
    auto* const ssl = static_cast<SSL*>(
        X509_STORE_CTX_get_ex_data(checked, SSL_get_ex_data_X509_STORE_CTX_idx()));
    TlsStream& self = of(ssl);
    std::string reason = self.end_ == End::Server ? "the client's certificate: " : "";
    reason += describe_refusal(*checked);
    self.error_ = std::make_unique<std::string>(std::move(reason));
    return 0;
}

void TlsStream::fail_handshake(std::string reason) {
    phase_ = Phase::Broken;
    if (inner_->is_reading()) inner_->stop_reading();
    error_ = std::make_unique<std::string>(std::move(reason));
}

// ---- writing

bool TlsStream::write(std::span<const Bytes> pieces) {
    if (phase_ != Phase::Open) return false;
    assert(!is_shut_ && "nothing can be written after shutdown_write");
    scratch_.out.clear();
    std::array<char, TlsScratch::kRecordBytes>& record = scratch_.record;
    std::size_t filled = 0;
    const auto seal = [&](const char* bytes, std::size_t size) {
        std::size_t written = 0;
        return SSL_write_ex(ssl_.get(), bytes, size, &written) == 1;
    };
    bool is_fine = true;
    for (Bytes piece : pieces) {
        while (is_fine && !piece.empty()) {
            // Whole records are sealed from where they lie, the rest is gathered first.
            if (filled == 0 && piece.size() >= record.size()) {
                const std::size_t whole = piece.size() - piece.size() % record.size();
                is_fine = seal(piece.data(), whole);
                piece.remove_prefix(whole);
                continue;
            }
            const std::size_t taken = std::min(piece.size(), record.size() - filled);
            std::memcpy(record.data() + filled, piece.data(), taken);
            filled += taken;
            piece.remove_prefix(taken);
            if (filled < record.size()) continue;
            is_fine = seal(record.data(), filled);
            filled = 0;
        }
    }
    if (is_fine && filled > 0) is_fine = seal(record.data(), filled);
    if (!is_fine) take_openssl_error("");
    if (is_fine && flush()) return true;
    phase_ = Phase::Broken;
    inner_->stop_reading();
    return false;
}

void TlsStream::shutdown_write() {
    if (phase_ != Phase::Open || is_shut_) return;
    is_shut_ = true;
    scratch_.out.clear();
    SSL_shutdown(ssl_.get());
    flush();
    inner_->shutdown_write();
}

void TlsStream::reset() {
    phase_ = Phase::Broken;
    inner_->reset();
}

bool TlsStream::has_pending_input() const {
    return phase_ == Phase::Broken || has_ended_ || !held_.empty() || inner_->has_pending_input();
}

std::size_t TlsStream::read_rest(std::span<char> buffer) {
    if (phase_ == Phase::Handshake || has_ended_ || error_ != nullptr) return 0;
    ERR_clear_error();
    while (true) {
        const std::string records = std::exchange(held_, {});
        input_ = records;
        scratch_.out.clear();  // nobody reads an answer any more
        const std::size_t bytes = decrypt(buffer);
        held_ = std::exchange(input_, {});
        if (bytes > 0 || has_ended_ || error_ != nullptr) return bytes;
        held_.resize(TlsScratch::kRecordBytes);
        held_.resize(inner_->read_rest(held_));
        if (held_.empty()) return 0;
    }
}

// ---- what was agreed on

TlsVersion TlsStream::version() const {
    return SSL_version(ssl_.get()) == TLS1_3_VERSION ? TlsVersion::V1_3 : TlsVersion::V1_2;
}

std::string_view TlsStream::cipher() const { return SSL_get_cipher_name(ssl_.get()); }

std::string_view TlsStream::protocol() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

std::string_view TlsStream::server_name() const {
    if (server_name_ != nullptr) return *server_name_;
    const char* const asked = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    std::string_view name = asked == nullptr ? std::string_view() : asked;
    if (name.ends_with('.')) name.remove_suffix(1);
    const bool is_lower =
        std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (is_lower) return name;
    server_name_ = std::make_unique<std::string>(to_lower(name));
    return *server_name_;
}

bool TlsStream::is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

bool TlsStream::has_peer_certificate() const {
    return SSL_get0_peer_certificate(ssl_.get()) != nullptr &&
           SSL_get_verify_result(ssl_.get()) == X509_V_OK;
}

std::string TlsStream::peer_subject() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return {};
    const BioOwner text(BIO_new(BIO_s_mem()));
    // By the name of what RFC 4514 has replaced; escapes control characters and what is not ASCII.
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

std::string TlsStream::peer_certificate_der() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return {};
    unsigned char* der = nullptr;
    const int length = i2d_X509(certificate, &der);
    if (length <= 0) return {};
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return bytes;
}

std::string tls_error(const Stream& stream) {
    const auto* const tls = dynamic_cast<const TlsStream*>(&stream);
    return tls == nullptr ? std::string() : tls->error();
}

}  // namespace fairlead::net
