#include "proxy/net/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cassert>
#include <list>
#include <unordered_map>
#include <utility>

#include "proxy/base/address.h"
#include "proxy/net/loop.h"
#include "proxy/net/openssl.h"
#include "proxy/net/tls_settings.h"
#include "proxy/net/tls_stream.h"

namespace fairlead::net {
namespace {

/// More than backends of a pool have names; whoever was not used for the longest time goes first.
constexpr std::size_t kSessionsMax = 4096;

/// The newest session of each key. One may be used by several connections: what RFC 8446 appendix
/// C.4 fears of that, that they can be linked, is plain to see between a proxy and its backends.
class Sessions {
  public:
    void put(const std::string& key, SslSessionOwner session) {
        if (const auto found = places_.find(key); found != places_.end()) {
            found->second->session = std::move(session);
            return;
        }
        if (entries_.size() == kSessionsMax) {
            places_.erase(entries_.back().key);
            entries_.pop_back();
        }
        entries_.push_front({key, std::move(session)});
        places_.emplace(key, entries_.begin());
    }

    /// Null when there is none, or none that is still good.
    SSL_SESSION* find(const std::string& key) {
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        const auto entry = found->second;
        if (SSL_SESSION_is_resumable(entry->session.get()) == 0) {
            places_.erase(found);
            entries_.erase(entry);
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, entry);
        return entry->session.get();
    }

  private:
    struct Entry {
        std::string key;
        SslSessionOwner session;
    };
    std::list<Entry> entries_;  ///< used last first
    std::unordered_map<std::string, std::list<Entry>::iterator> places_;
};

}  // namespace

struct TlsClient::Native {
    SslContextOwner context;
    std::shared_ptr<const TrustStore> authorities;
    Sessions sessions;
};

namespace {

int on_session(SSL* ssl, SSL_SESSION* session) {
    auto* const native =
        static_cast<TlsClient::Native*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    native->sessions.put(TlsStream::of(ssl).session_key(), SslSessionOwner(session));
    return 1;  // it is ours now
}

}  // namespace

TlsClient::TlsClient(TlsClientSettings settings)
    : settings_(std::move(settings)), native_(std::make_unique<Native>()) {}

TlsClient::~TlsClient() = default;

Result<std::shared_ptr<TlsClient>> TlsClient::make(TlsClientSettings settings) {
    std::shared_ptr<TlsClient> client(new TlsClient(std::move(settings)));
    const TlsClientSettings& all = client->settings_;
    Native& native = *client->native_;
    native.context.reset(SSL_CTX_new(TLS_client_method()));
    if (native.context == nullptr) {
        return fail("OpenSSL cannot begin: " + take_openssl_error("unknown reason"),
                    "its configuration (openssl.cnf) may name a provider that is not there");
    }
    SSL_CTX* const raw = native.context.get();
    set_common(*raw, all.min);
    SSL_CTX_set_app_data(raw, &native);
    if (all.verify) {
        native.authorities = all.authorities;
        if (native.authorities == nullptr) {
            Result<std::shared_ptr<const TrustStore>> system = TrustStore::system();
            if (!system) return tl::unexpected(std::move(system).error());
            native.authorities = std::move(*system);
        }
        SSL_CTX_set1_cert_store(raw, native.authorities->native().store.get());
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, &TlsStream::note_refusal);
    }
    if (all.certificate != nullptr) {
        if (auto used = use_certificate(*raw, *all.certificate); !used) {
            return tl::unexpected(std::move(used).error());
        }
    }
    if (const std::string list = alpn_list(all.protocols); !list.empty()) {
        SSL_CTX_set_alpn_protos(raw, reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned>(list.size()));
    }
    if (all.reuses_sessions) {
        SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(raw, &on_session);
    }
    ERR_clear_error();
    return client;
}

std::unique_ptr<Stream> connect_tls(Loop& loop, std::shared_ptr<TlsClient> client,
                                    std::unique_ptr<Stream> stream, std::string_view name,
                                    std::string_view session_key, StreamObserver& observer) {
    TlsClient::Native& native = client->native();
    const TlsClientSettings& settings = client->settings();
    SslOwner ssl(SSL_new(native.context.get()));
    const std::string host(name);
    X509_VERIFY_PARAM* const check = SSL_get0_param(ssl.get());
    if (IpAddress::parse(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str());
    } else if (!host.empty()) {
        // SSL_set_tlsext_host_name, without the cast in its macro. Copies the name.
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));
        X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(check, host.data(), host.size());
    }
    std::string key;
    if (settings.reuses_sessions) {
        // A session stands for a certificate that was good for this name.
        key = host;
        key.append(1, '\0').append(session_key);
        if (SSL_SESSION* const session = native.sessions.find(key)) {
            SSL_set_session(ssl.get(), session);
        }
    }
    auto secured = std::make_unique<TlsStream>(loop, TlsStream::End::Client, std::move(client),
                                               std::move(ssl), std::move(stream));
    if (!key.empty()) secured->know_key(std::move(key));
    secured->set_observer(observer);
    secured->begin();
    return secured;
}

}  // namespace fairlead::net
