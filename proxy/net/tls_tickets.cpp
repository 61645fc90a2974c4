#include "proxy/net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace fairlead::net {
namespace {

/// HMAC-SHA-256 of a label and the context under a secret: the expand step of HKDF (RFC 5869) for
/// outputs of one block; the secrets are uniform already.
void derive_one(const TicketKeys::Secret& secret, std::string_view label,
                const std::string& context, unsigned char* out, std::size_t bytes) {
    std::string info(label);
    info.append(context).push_back('\1');
    std::array<unsigned char, 32> block{};
    unsigned length = 0;
    HMAC(EVP_sha256(), secret.bytes.data(), static_cast<int>(secret.bytes.size()),
         reinterpret_cast<const unsigned char*>(info.data()), info.size(), block.data(), &length);
    std::copy_n(block.begin(), bytes, out);
}

}  // namespace

TlsTickets::TlsTickets(std::shared_ptr<TicketKeys> secrets, std::string context)
    : secrets_(std::move(secrets)),
      context_(std::move(context)),
      algorithm_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {}

void TlsTickets::derive() {
    const std::uint64_t version = secrets_->version();
    if (version == version_) return;
    version_ = version;
    keys_.clear();
    for (const TicketKeys::Secret& secret : secrets_->secrets()) {
        Keys& keys = keys_.emplace_back();
        derive_one(secret, "ticket name", context_, keys.name.data(), keys.name.size());
        derive_one(secret, "ticket cipher", context_, keys.cipher.data(), keys.cipher.size());
        derive_one(secret, "ticket mac", context_, keys.mac.data(), keys.mac.size());
    }
}

int TlsTickets::prepare(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac, bool is_made) {
    derive();
    if (is_made) {
        const Keys& newest = keys_.front();
        if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
        std::copy(newest.name.begin(), newest.name.end(), name);
        return set_up(newest, algorithm_.get(), iv, cipher, mac, true);
    }
    for (const Keys& each : keys_) {
        if (!std::equal(each.name.begin(), each.name.end(), name)) continue;
        if (set_up(each, algorithm_.get(), iv, cipher, mac, false) != 1) return -1;
        return &each == keys_.data() ? 1 : 2;
    }
    return 0;
}

int TlsTickets::set_up(const Keys& keys, const EVP_CIPHER* algorithm, unsigned char* iv,
                       EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool is_made) {
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(keys.mac.data()), keys.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
        OSSL_PARAM_construct_end()};
    const bool is_ready = EVP_MAC_CTX_set_params(mac, parameters.data()) == 1 &&
                          EVP_CipherInit_ex2(cipher, algorithm, keys.cipher.data(), iv,
                                             is_made ? 1 : 0, nullptr) == 1;
    return is_ready ? 1 : -1;
}

}  // namespace fairlead::net
