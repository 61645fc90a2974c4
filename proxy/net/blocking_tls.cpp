#include "proxy/net/blocking_tls.h"

#include <algorithm>
#include <climits>
#include <utility>

#include "proxy/net/openssl.h"
#include "proxy/net/tls_settings.h"

namespace fairlead::net {

struct BlockingTls::Native {
    SslContextOwner context;
    SslOwner ssl;
};

Result<BlockingTls> BlockingTls::connect(int descriptor) {
    auto native = std::make_unique<Native>();
    native->context.reset(SSL_CTX_new(TLS_client_method()));
    if (native->context != nullptr) {
        set_common(*native->context, TlsVersion::V1_2);  // as connect_tls() asks
        native->ssl.reset(SSL_new(native->context.get()));
    }
    SSL* const ssl = native->ssl.get();
    if (ssl == nullptr || SSL_set_fd(ssl, descriptor) != 1 || SSL_connect(ssl) != 1) {
        return fail("the TLS handshake failed: " + take_openssl_error("no answer"));
    }
    return BlockingTls{std::move(native)};
}

BlockingTls::BlockingTls(std::unique_ptr<Native> native) : native_(std::move(native)) {}
BlockingTls::~BlockingTls() = default;
BlockingTls::BlockingTls(BlockingTls&&) noexcept = default;
BlockingTls& BlockingTls::operator=(BlockingTls&&) noexcept = default;

std::string BlockingTls::agreement() const {
    return std::string(SSL_get_version(native_->ssl.get())) + " " +
           SSL_get_cipher_name(native_->ssl.get());
}

bool BlockingTls::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const int piece = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
        const int sent = SSL_write(native_->ssl.get(), bytes.data(), piece);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string BlockingTls::read_some(std::size_t bytes_max) {
    std::string bytes(std::min<std::size_t>(bytes_max, INT_MAX), '\0');
    const int got = SSL_read(native_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

}  // namespace fairlead::net
