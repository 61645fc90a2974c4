#include "proxy/runtime/tls_material.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

namespace fairlead::runtime {
namespace {

using CertificatePointer = std::shared_ptr<const net::Certificate>;

Error at(Error error, const Location& where) {
    error.where = where;
    return error;
}

net::TlsVersion version(conf::TlsVersion version) {
    return version == conf::TlsVersion::V1_3 ? net::TlsVersion::V1_3 : net::TlsVersion::V1_2;
}

net::ClientAuth client_auth(conf::ClientAuth auth) {
    switch (auth) {
        case conf::ClientAuth::Off:
            return net::ClientAuth::Off;
        case conf::ClientAuth::Request:
            return net::ClientAuth::Request;
        case conf::ClientAuth::Require:
            break;
    }
    return net::ClientAuth::Require;
}

void warn_of(const net::Certificate& certificate, WallTime now, const Location& where,
             std::vector<Error>& warnings) {
    for (const std::string& text : certificate.warnings(now)) {
        warnings.push_back({text, "put a new one in its place, then reload", where});
    }
}

/// Of two for one name with the same kind of key, the second is never shown.
void warn_of_hidden(const std::vector<CertificatePointer>& certificates,
                    const std::vector<conf::CertificateFiles>& files,
                    std::vector<Error>& warnings) {
    std::map<std::pair<std::string, std::string_view>, std::string> seen;
    for (std::size_t index = 0; index < certificates.size(); ++index) {
        const net::Certificate& each = *certificates[index];
        for (const std::string& name : each.names()) {
            const auto [first, is_new] = seen.try_emplace({name, each.key_type()}, each.path());
            if (is_new || first->second == each.path()) continue;
            warnings.push_back(
                {fmt::format("the certificate in {} is never shown for {}: {} is for it too",
                             each.path(), name, first->second),
                 "remove one of them", files[index].where});
        }
    }
}

}  // namespace

Result<CertificatePointer> TlsMaterial::certificate(const Files& files) {
    if (const auto found = certificates_.find(files); found != certificates_.end()) {
        return found->second;
    }
    const auto& [cert, key, ocsp] = files;
    net::CertificateText text;
    text.cert_path = cert->path;
    text.cert = cert->bytes;
    if (key != nullptr) {
        text.key_path = key->path;
        text.key = key->bytes;
    }
    if (ocsp != nullptr) {
        text.ocsp_path = ocsp->path;
        text.ocsp = ocsp->bytes;
    }
    auto parsed = net::Certificate::parse(text);
    if (parsed) certificates_.emplace(files, *parsed);
    return parsed;
}

Result<std::shared_ptr<const net::TrustStore>> TlsMaterial::authorities(const File& file) {
    if (const auto found = authorities_.find(file); found != authorities_.end()) {
        return found->second;
    }
    auto parsed = file == nullptr ? net::TrustStore::system()
                                  : net::TrustStore::parse(file->path, file->bytes);
    if (parsed) authorities_.emplace(file, *parsed);
    return parsed;
}

Many<net::TlsServerSettings> TlsMaterial::server_settings(const conf::Listener& listener) {
    const conf::ListenerTls& tls = *listener.tls;
    net::TlsServerSettings settings;
    std::vector<Error> errors;
    for (const conf::CertificateFiles& files : tls.certificates) {
        auto parsed = certificate({files.cert, files.key, files.ocsp});
        if (parsed) {
            settings.certificates.push_back(std::move(*parsed));
        } else {
            errors.push_back(at(std::move(parsed).error(), files.where));
        }
    }
    settings.min = version(tls.min);
    settings.client_auth = client_auth(tls.client_auth);
    if (tls.client_ca != nullptr) {
        auto trust = authorities(tls.client_ca);
        if (trust) {
            settings.client_ca = std::move(*trust);
        } else {
            errors.push_back(at(std::move(trust).error(), tls.client_ca_where));
        }
    }
    if (listener.mode == conf::Mode::Http) settings.protocols = listener.http;
    settings.name = listener.name;
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    return settings;
}

Many<net::TlsClientSettings> TlsMaterial::client_settings(const conf::Pool& pool) {
    const conf::PoolTls& tls = *pool.tls;
    net::TlsClientSettings settings;
    std::vector<Error> errors;
    settings.verify = tls.verify;
    if (pool.http == conf::BackendHttp::V2) settings.protocols = {"h2"};
    if (tls.verify) {
        auto trust = authorities(tls.ca);
        if (trust) {
            settings.authorities = std::move(*trust);
        } else {
            errors.push_back(
                at(std::move(trust).error(), tls.ca == nullptr ? tls.where : tls.ca_where));
        }
    }
    if (tls.cert != nullptr) {
        auto parsed = certificate({tls.cert, tls.key, nullptr});
        if (parsed) {
            settings.certificate = std::move(*parsed);
        } else {
            errors.push_back(at(std::move(parsed).error(), tls.cert_where));
        }
    }
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    return settings;
}

std::string tls_name(const conf::Pool& pool, const conf::Backend& backend) {
    if (!pool.tls->sni.empty()) return pool.tls->sni;
    return backend.address.host;
}

TlsFindings check_tls(const conf::Model& model, WallTime now, TlsMaterial& material) {
    TlsFindings findings;
    const auto take = [&](std::vector<Error> errors) {
        for (Error& each : errors) findings.errors.push_back(std::move(each));
    };
    std::shared_ptr<net::TicketKeys> tickets;
    for (const conf::Listener& listener : model.listeners) {
        if (!listener.tls) continue;
        auto settings = material.server_settings(listener);
        if (!settings) {
            take(std::move(settings).error());
            continue;
        }
        const std::vector<CertificatePointer> certificates = settings->certificates;
        for (std::size_t index = 0; index < certificates.size(); ++index) {
            warn_of(*certificates[index], now, listener.tls->certificates[index].where,
                    findings.warnings);
        }
        warn_of_hidden(certificates, listener.tls->certificates, findings.warnings);
        if (tickets == nullptr) tickets = std::make_shared<net::TicketKeys>(now);
        settings->tickets = tickets;
        auto made = net::TlsServer::make(std::move(*settings));
        if (!made) findings.errors.push_back(at(std::move(made).error(), listener.tls->where));
    }
    for (const conf::Pool& pool : model.pools) {
        if (!pool.tls) continue;
        auto settings = material.client_settings(pool);
        if (!settings) {
            take(std::move(settings).error());
            continue;
        }
        if (settings->certificate != nullptr) {
            warn_of(*settings->certificate, now, pool.tls->cert_where, findings.warnings);
        }
        auto made = net::TlsClient::make(std::move(*settings));
        if (!made) findings.errors.push_back(at(std::move(made).error(), pool.tls->where));
    }
    return findings;
}

}  // namespace fairlead::runtime
