#include "conf/read_tls.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/named_files.h"
#include "proxy/base/address.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;
using File = std::shared_ptr<const FileContent>;

bool is_off(const Value& value) {
    return (value.is(Kind::Text) && (value.text == "off" || value.text == "none")) ||
           (value.is(Kind::Boolean) && !value.boolean);
}

/// A key that names a file. @return null when it is not written, or wrong
File read_file_key(Section& section, std::string_view key) {
    std::string path;
    if (!section.text(key, path)) return nullptr;
    return section.reading().named_files->read(section.reading(),
                                               {std::move(path), section.value_place(key)});
}

/// The files of a folder with these names: NAME.pem or NAME.crt, and what lies beside it.
class CertificateFolder {
  public:
    CertificateFolder(const Reading& reading, Place place, std::string folder)
        : reading_(reading), place_(place), folder_(std::move(folder)) {
        if (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
        names_ = reading_.named_files->list(reading_, place_, folder_);
    }

    void read(std::vector<CertificateFiles>& out) const {
        const std::size_t before = out.size();
        bool is_sound = true;
        for (const std::string& name : names_) {
            const bool is_certificate = name.ends_with(".pem") || name.ends_with(".crt");
            if (!is_certificate || name.starts_with('.')) continue;
            const std::string stem = name.substr(0, name.size() - 4);
            CertificateFiles files;
            files.where = reading_.document.locate(place_);
            files.cert = file(name);
            is_sound = is_sound && files.cert != nullptr;
            if (files.cert == nullptr) continue;
            if (has(stem + ".key")) files.key = file(stem + ".key");
            if (has(stem + ".ocsp")) files.ocsp = file(stem + ".ocsp");
            out.push_back(std::move(files));
        }
        if (out.size() == before && is_sound) {
            reading_.error(place_, fmt::format("no certificate is in {}", folder_),
                           "NAME.pem or NAME.crt, with the key in it or in NAME.key");
        }
    }

  private:
    bool has(const std::string& name) const {
        return std::binary_search(names_.begin(), names_.end(), name);
    }
    File file(const std::string& name) const {
        return reading_.named_files->read_path(reading_, place_, folder_ + "/" + name);
    }

    const Reading& reading_;
    const Place place_;
    std::string folder_;
    std::vector<std::string> names_;
};

void read_certificate_row(Section& row, std::vector<CertificateFiles>& out) {
    CertificateFiles files;
    files.where = row.where();
    files.cert = read_file_key(row, "cert");
    files.key = read_file_key(row, "key");
    files.ocsp = read_file_key(row, "ocsp");
    if (!row.has("cert")) {
        row.error(row.place(), "a certificate has no \"cert\"",
                  "write { cert = \"site.pem\", key = \"site.key\" }");
    }
    if (files.cert == nullptr) return;
    // Without its key nothing can be said about the certificate.
    if (row.has("key") && files.key == nullptr) return;
    out.push_back(std::move(files));
}

/// "certs/" or "site.pem"
void read_certificate_path(const Section& section, const Value& value,
                           std::vector<CertificateFiles>& out) {
    const Reading& reading = section.reading();
    std::string path;
    if (!value.is(Kind::Text)) {
        section.wrong_type(value, "certificates", "a path, a table or a list of them",
                           "write { cert = \"site.pem\", key = \"site.key\" }");
        return;
    }
    const Text written{value.text, value.place};
    const std::string resolved = NamedFiles::resolve(reading, written);
    if (!value.text.empty() && NamedFiles::is_folder(resolved)) {
        CertificateFolder(reading, value.place, resolved).read(out);
        return;
    }
    CertificateFiles files;
    files.where = reading.document.locate(value.place);
    files.cert = reading.named_files->read(reading, written);
    if (files.cert != nullptr) out.push_back(std::move(files));
}

void read_min(Section& section, TlsVersion& out) {
    section.choice("min", out, {{"1.2", TlsVersion::V1_2}, {"1.3", TlsVersion::V1_3}});
}

void read_client_auth(Section& section, ListenerTls& out) {
    out.client_ca = read_file_key(section, "client_ca");
    out.client_ca_where = section.reading().document.locate(section.value_place("client_ca"));
    if (section.has("client_ca")) out.client_auth = ClientAuth::Require;
    section.choice("client_auth", out.client_auth,
                   {{"off", ClientAuth::Off},
                    {"request", ClientAuth::Request},
                    {"require", ClientAuth::Require}});
    if (out.client_auth == ClientAuth::Off) {
        if (section.has("client_ca")) {
            section.error(section.key_place("client_ca"),
                          "\"client_ca\" has no effect with client_auth = \"off\"",
                          "write client_auth = \"require\", or remove it");
        }
    } else if (!section.has("client_ca")) {
        section.error(section.key_place("client_auth"), "\"client_auth\" needs \"client_ca\"",
                      "the authorities that client certificates come from: client_ca = \"ca.pem\"");
    }
}

void read_listener_table(Section& tls, ListenerTls& out) {
    out.where = tls.where();
    tls.list(
        "certificates", [&](Section& row) { read_certificate_row(row, out.certificates); },
        [&](const Value& value) { read_certificate_path(tls, value, out.certificates); });
    const Value* const written = tls.get("certificates");
    if (written == nullptr || (written->is(Kind::List) && written->items.empty())) {
        tls.error(tls.place(), fmt::format("{} has no \"certificates\"", tls.title()),
                  "write certificates = [{ cert = \"site.pem\", key = \"site.key\" }]");
    }
    read_min(tls, out.min);
    read_client_auth(tls, out);
}

void read_sni(Section& section, PoolTls& out) {
    std::string name;
    if (!section.text("sni", name)) return;
    const bool is_good = is_host_name(name) || IpAddress::parse(name);
    if (!is_good) {
        section.error(section.value_place("sni"), fmt::format("\"{}\" is not a host name", name),
                      "as \"app.internal\"");
        return;
    }
    out.sni = to_lower(name);
}

void read_pool_table(Section& tls, PoolTls& out) {
    tls.flag("verify", out.verify);
    out.ca = read_file_key(tls, "ca");
    out.ca_where = tls.reading().document.locate(tls.value_place("ca"));
    read_sni(tls, out);
    out.cert = read_file_key(tls, "cert");
    out.cert_where = tls.reading().document.locate(tls.value_place("cert"));
    out.key = read_file_key(tls, "key");
    if (tls.has("key") && !tls.has("cert")) {
        tls.error(tls.key_place("key"), "\"key\" needs \"cert\"", "write cert = \"client.pem\"");
    }
    if (tls.has("ca") && !out.verify) {
        tls.error(tls.key_place("ca"), "\"ca\" has no effect with verify = false",
                  "remove one of them");
    }
}

}  // namespace

void read_listener_tls(Section& section, std::optional<ListenerTls>& out) {
    section.table_or(
        "tls",
        [&](Section& tls) {
            out.emplace();
            read_listener_table(tls, *out);
        },
        [&](const Value& value) {
            if (is_off(value)) return;
            section.wrong_type(value, "tls", "a table",
                               "write { certificates = [{ cert = \"site.pem\", key = "
                               "\"site.key\" }] }");
        });
}

void read_pool_tls(Section& section, std::optional<PoolTls>& out) {
    section.table_or(
        "tls",
        [&](Section& tls) {
            out.emplace();
            out->where = tls.where();
            read_pool_table(tls, *out);
        },
        [&](const Value& value) {
            if (is_off(value)) {
                out.reset();
            } else if (value.is(Kind::Boolean)) {
                out.emplace();
                out->where = section.reading().document.locate(value.place);
            } else {
                section.wrong_type(value, "tls", "true, false or a table",
                                   "write true, or { ca = \"internal.pem\" }");
            }
        });
}

}  // namespace fairlead::conf
