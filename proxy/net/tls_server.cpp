#include "proxy/net/tls_server.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/net/loop.h"
#include "proxy/net/openssl.h"
#include "proxy/net/tls_settings.h"
#include "proxy/net/tls_stream.h"
#include "proxy/net/tls_tickets.h"

namespace fairlead::net {

/// A context for each set of certificates that is shown together: those of one name that differ in
/// the kind of their keys. All are alike but for that.
struct TlsServer::Native {
    std::string protocols;  ///< as on the wire
    std::unique_ptr<TlsTickets> tickets;
    std::vector<SslContextOwner> contexts;  ///< the first is the default
    std::unordered_map<std::string, SSL_CTX*> exact;
    std::unordered_map<std::string, SSL_CTX*> wildcard;  ///< by what follows "*."
    std::unordered_map<const X509*, const std::string*> ocsp;
};

namespace {

using Native = TlsServer::Native;
using Group = std::vector<std::size_t>;  ///< of one name, by their place in the settings

Native& native_of(SSL_CTX* context) { return *static_cast<Native*>(SSL_CTX_get_app_data(context)); }
Native& native_of(SSL* ssl) { return native_of(SSL_get_SSL_CTX(ssl)); }

/// Equal for equal settings, whoever makes it and when; nothing of it is secret.
std::string ticket_context(const TlsServerSettings& settings) {
    std::string text = settings.name;
    text += '\0';
    text += static_cast<char>('0' + static_cast<int>(settings.client_auth));
    if (settings.client_ca != nullptr) text += settings.client_ca->digest();
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

// ---- OpenSSL's questions

int on_server_name(SSL* ssl, int*, void*) {
    const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    Native& native = native_of(ssl);
    if (asked == nullptr || (native.exact.empty() && native.wildcard.empty())) {
        return SSL_TLSEXT_ERR_OK;
    }
    std::string name = to_lower(asked);
    if (name.ends_with('.')) name.pop_back();
    SSL_CTX* found = nullptr;
    if (const auto exact = native.exact.find(name); exact != native.exact.end()) {
        found = exact->second;
    } else if (const std::size_t dot = name.find('.'); dot != std::string::npos) {
        const auto wildcard = native.wildcard.find(name.substr(dot + 1));
        if (wildcard != native.wildcard.end()) found = wildcard->second;
    }
    if (found != nullptr && found != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, found);
    return SSL_TLSEXT_ERR_OK;
}

int on_protocols(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                 const unsigned char* offered, unsigned offered_size, void*) {
    const std::string& ours = native_of(ssl).protocols;
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(
        &chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
        static_cast<unsigned>(ours.size()), offered, offered_size);
    *out = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int on_status_asked(SSL* ssl, void*) {
    const Native& native = native_of(ssl);
    const auto found = native.ocsp.find(SSL_get_certificate(ssl));
    if (found == native.ocsp.end()) return SSL_TLSEXT_ERR_NOACK;
    void* const copy = OPENSSL_memdup(found->second->data(), found->second->size());
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(found->second->size()));
    return SSL_TLSEXT_ERR_OK;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int is_made) {
    const int answer = native_of(ssl).tickets->prepare(name, iv, cipher, mac, is_made != 0);
    // Clients of TLS 1.3 use a ticket once (RFC 8446 appendix C.4): they get the next one with it.
    return answer == 1 && is_made == 0 && SSL_version(ssl) == TLS1_3_VERSION ? 2 : answer;
}

Result<SslContextOwner> make_context(const TlsServerSettings& settings, Native& native) {
    SslContextOwner context(SSL_CTX_new(TLS_server_method()));
    if (context == nullptr) return fail("OpenSSL: " + take_openssl_error("no context"), "");
    SSL_CTX* const raw = context.get();
    set_common(*raw, settings.min);
    SSL_CTX_set_app_data(raw, &native);
    // Like the macros SSL_CTX_set_tlsext_..., but for the casts in them.
    SSL_CTX_callback_ctrl(raw, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                          reinterpret_cast<void (*)()>(&on_server_name));
    if (!settings.protocols.empty()) SSL_CTX_set_alpn_select_cb(raw, &on_protocols, nullptr);
    SSL_CTX_callback_ctrl(raw, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                          reinterpret_cast<void (*)()>(&on_status_asked));
    SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, &on_ticket);
    // One is what a client uses: each costs the making, and bytes in front of the first response.
    SSL_CTX_set_num_tickets(raw, 1);
    const std::string& id = native.tickets->context();
    SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(id.data()),
                                   static_cast<unsigned>(id.size()));
    if (settings.client_auth == ClientAuth::Off) return context;
    const TrustStore::Native& trust = settings.client_ca->native();
    SSL_CTX_set1_cert_store(raw, trust.store.get());
    for (const X509Owner& each : trust.certificates) SSL_CTX_add_client_CA(raw, each.get());
    SSL_CTX_set_verify(raw,
                       settings.client_auth == ClientAuth::Require
                           ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                           : SSL_VERIFY_PEER,
                       &TlsStream::note_refusal);
    return context;
}

/// Beside each other stand certificates with different kinds of keys; of equal ones the first is
/// shown.
void join(const TlsServerSettings& settings, Group& group, std::size_t index) {
    const auto& certificates = settings.certificates;
    const bool has_kind = std::any_of(group.begin(), group.end(), [&](std::size_t each) {
        return certificates[each]->key_type() == certificates[index]->key_type();
    });
    if (!has_kind) group.push_back(index);
}

}  // namespace

TlsServer::TlsServer(TlsServerSettings settings)
    : settings_(std::move(settings)), native_(std::make_unique<Native>()) {}

TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::make(TlsServerSettings settings) {
    assert(!settings.certificates.empty() && settings.tickets != nullptr);
    assert((settings.client_ca != nullptr) == (settings.client_auth != ClientAuth::Off));
    std::shared_ptr<TlsServer> server(new TlsServer(std::move(settings)));
    const TlsServerSettings& all = server->settings_;
    Native& native = *server->native_;
    native.protocols = alpn_list(all.protocols);
    native.tickets = std::make_unique<TlsTickets>(all.tickets, ticket_context(all));

    // Those that share a name with the default are the default together.
    std::map<std::string, Group> by_name;
    Group first;
    for (std::size_t index = 0; index < all.certificates.size(); ++index) {
        for (const std::string& name : all.certificates[index]->names()) {
            join(all, by_name[name], index);
        }
        const auto& default_names = all.certificates.front()->names();
        const auto& names = all.certificates[index]->names();
        const bool is_default =
            index == 0 || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                return std::find(default_names.begin(), default_names.end(), name) !=
                       default_names.end();
            });
        if (is_default) join(all, first, index);
    }
    std::map<Group, SSL_CTX*> made;
    const auto context_of = [&](const Group& group) -> Result<SSL_CTX*> {
        if (const auto found = made.find(group); found != made.end()) return found->second;
        Result<SslContextOwner> context = make_context(all, native);
        if (!context) return tl::unexpected(std::move(context).error());
        for (const std::size_t index : group) {
            const Certificate& certificate = *all.certificates[index];
            if (auto used = use_certificate(**context, certificate); !used) {
                return tl::unexpected(std::move(used).error());
            }
            if (!certificate.native().ocsp.empty()) {
                native.ocsp.emplace(certificate.native().leaf.get(), &certificate.native().ocsp);
            }
        }
        SSL_CTX* const raw = context->get();
        native.contexts.push_back(std::move(*context));
        made.emplace(group, raw);
        return raw;
    };
    if (auto context = context_of(first); !context) {
        return tl::unexpected(std::move(context).error());
    }
    for (const auto& [name, group] : by_name) {
        const Result<SSL_CTX*> context = context_of(group);
        if (!context) return tl::unexpected(context.error());
        if (name.starts_with("*.")) {
            native.wildcard.emplace(name.substr(2), *context);
        } else {
            native.exact.emplace(name, *context);
        }
    }
    // With one set for all there is nothing to look up.
    if (native.contexts.size() == 1) {
        native.exact.clear();
        native.wildcard.clear();
    }
    ERR_clear_error();
    return server;
}

std::unique_ptr<Stream> accept_tls(Loop& loop, std::shared_ptr<TlsServer> server,
                                   std::unique_ptr<Stream> stream, std::string_view first) {
    SslOwner ssl(SSL_new(server->native().contexts.front().get()));
    auto accepted = std::make_unique<TlsStream>(loop, TlsStream::End::Server, std::move(server),
                                                std::move(ssl), std::move(stream));
    if (!first.empty()) accepted->hold(first);
    return accepted;
}

}  // namespace fairlead::net
