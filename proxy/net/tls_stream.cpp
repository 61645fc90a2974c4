#include "proxy/net/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

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

TlsStream& TlsStream::of(const SSL* ssl) {
    return *static_cast<TlsStream*>(RecordBio::owner_of(*ssl));
}

TlsStream::TlsStream(Loop& loop, End end, std::shared_ptr<const void> side, SslOwner ssl_object,
                     std::unique_ptr<Stream> stream)
    : SslSession(std::move(ssl_object)),
      loop_(loop),
      scratch_(loop.tls_scratch()),
      side_(std::move(side)),
      records_(*ssl(), scratch_.out, this),
      inner_(std::move(stream)),
      end_(end) {
    end_ == End::Server ? SSL_set_accept_state(ssl()) : SSL_set_connect_state(ssl());
    inner_->set_observer(*this);
}

TlsStream::~TlsStream() {
    if (later_ != nullptr) later_->stream = nullptr;
    // A peer that has heard close_notify knows that nothing was cut off.
    if (phase_ == Phase::Open && !is_shut_ && inner_->queued_bytes() == 0) {
        scratch_.out.clear();
        SSL_shutdown(ssl());
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
    records_.input = records;
    scratch_.out.clear();
    ERR_clear_error();  // OpenSSL would take what others have left for its own
    if (phase_ == Phase::Handshake) {
        const bool is_done = shake();
        // The tickets of TLS 1.3 are all that is left to send: they wait for the first response.
        if (is_done && end_ == End::Server && SSL_version(ssl()) == TLS1_3_VERSION) {
            unsent_.swap(scratch_.out);
        } else if (!flush() && phase_ != Phase::Broken) {
            fail_handshake("the connection was reset");
        }
        if (phase_ == Phase::Broken) {
            records_.input = {};
            observer_->on_broken(Failure::TlsFailed);
            return;
        }
        if (!is_done) {
            assert(records_.input.empty());
            return;
        }
        const std::string_view rest = records_.input;
        if (!rest.empty()) held_ = rest;  // whoever is told may use the buffer
        records_.input = {};
        observer_->on_connected();
        if (phase_ == Phase::Broken) return;
        // Had the tickets gone out, they would have told the client that its Finished has arrived.
        if (held_.empty() && !unsent_.empty()) inner_->acknowledge();
        if (!inner_->is_reading()) return;
        const std::string records_held = std::exchange(held_, {});
        records_.input = records_held;
        scratch_.out.clear();
        read_records();
        return;
    }
    read_records();
}

void TlsStream::read_records() {
    const std::size_t bytes = decrypt(scratch_.plain);
    records_.input = {};
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
        if (SSL_read_ex(ssl(), out.data() + total, out.size() - total, &got) == 1) {
            total += got;
            continue;
        }
        switch (SSL_get_error(ssl(), 0)) {
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
    const int result = SSL_do_handshake(ssl());
    if (result == 1) {
        phase_ = Phase::Open;
        return true;
    }
    const int error = SSL_get_error(ssl(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
    // A certificate that was refused has left its reason.
    std::string reason = error_ == nullptr ? describe_handshake_error() : *error_;
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
        return SSL_write_ex(ssl(), bytes, size, &written) == 1;
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
    SSL_shutdown(ssl());
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
        records_.input = records;
        scratch_.out.clear();  // nobody reads an answer any more
        const std::size_t bytes = decrypt(buffer);
        held_ = std::exchange(records_.input, {});
        if (bytes > 0 || has_ended_ || error_ != nullptr) return bytes;
        held_.resize(TlsScratch::kRecordBytes);
        held_.resize(inner_->read_rest(held_));
        if (held_.empty()) return 0;
    }
}

std::unique_ptr<Stream> take_clear(Stream& stream) {
    auto* const tls = dynamic_cast<TlsStream*>(&stream);
    return tls == nullptr ? nullptr : tls->release_inner();
}

std::string tls_error(const Stream& stream) {
    const auto* const tls = dynamic_cast<const TlsStream*>(&stream);
    return tls == nullptr ? std::string() : tls->error();
}

}  // namespace fairlead::net
