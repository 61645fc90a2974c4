#include <algorithm>
#include <map>

#include "conf/plan.h"
#include "conf/settings.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

/// A folder in memory.
struct Disk {
    std::map<std::string, std::string> files{
        {"etc/site.pem", "cert of site"},  {"etc/site.key", "key of site"},
        {"etc/site.ocsp", "ocsp of site"}, {"etc/ca.pem", "authorities"},
        {"/abs/all.pem", "cert and key"},  {"etc/certs/b.pem", "cert of b"},
        {"etc/certs/a.crt", "cert of a"},  {"etc/certs/a.key", "key of a"},
        {"etc/certs/a.ocsp", "ocsp of a"}, {"etc/certs/.hidden.pem", "hidden"},
        {"etc/certs/README", "text"}};

    LoadResult load(std::string_view text) const {
        LoadOptions options = conf::test::options();
        options.files.read = [this](const std::string& path) -> Result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return fail("cannot read " + path + ": no such file");
            return found->second;
        };
        options.files.list = [this](const std::string& folder) -> Result<std::vector<std::string>> {
            std::vector<std::string> names;
            for (const auto& [path, bytes] : files) {
                if (path.starts_with(folder + "/")) names.push_back(path.substr(folder.size() + 1));
            }
            std::reverse(names.begin(), names.end());
            return names;
        };
        return load_text(text, "etc/f.toml", options);
    }
    ListenerTls listener(const std::string& tls) const {
        const LoadResult result = load(conf::test::with_listener("tls = " + tls));
        CHECK(render(result.errors) == "");
        REQUIRE(result.model.listeners.at(0).tls.has_value());
        return *result.model.listeners[0].tls;
    }
    PoolTls pool(const std::string& tls) const {
        const LoadResult result = load(conf::test::with_pool("tls = " + tls));
        CHECK(render(result.errors) == "");
        REQUIRE(result.model.pools.at(0).tls.has_value());
        return *result.model.pools[0].tls;
    }
    std::string error(const std::string& text) const {
        const LoadResult result = load(text);
        if (result.errors.size() != 1) return "not one error:\n" + render(result.errors);
        const Error& error = result.errors.front();
        return error.hint.empty() ? error.message : error.message + " | " + error.hint;
    }
    std::string listener_error(const std::string& tls) const {
        return error(conf::test::with_listener("tls = " + tls));
    }
    std::string pool_error(const std::string& tls) const {
        return error(conf::test::with_pool("tls = " + tls));
    }
};

}  // namespace

TEST_CASE("a listener's certificates are read from beside the file that names them",
          "[conf][tls]") {
    const Disk disk;
    const ListenerTls tls = disk.listener(
        R"({ certificates = [{ cert = "site.pem", key = "site.key", ocsp = "site.ocsp" },
             { cert = "/abs/all.pem" }], min = "1.3" })");
    REQUIRE(tls.certificates.size() == 2);
    CHECK(tls.certificates[0].cert->path == "etc/site.pem");
    CHECK(tls.certificates[0].cert->bytes == "cert of site");
    CHECK(tls.certificates[0].key->bytes == "key of site");
    CHECK(tls.certificates[0].ocsp->bytes == "ocsp of site");
    CHECK(tls.certificates[1].cert->path == "/abs/all.pem");
    CHECK(tls.certificates[1].key == nullptr);
    CHECK(tls.min == TlsVersion::V1_3);
    CHECK(tls.client_auth == ClientAuth::Off);
}

TEST_CASE("certificates may be one file, or a folder of them", "[conf][tls]") {
    const Disk disk;
    const ListenerTls file = disk.listener(R"({ certificates = "/abs/all.pem" })");
    REQUIRE(file.certificates.size() == 1);
    CHECK(file.min == TlsVersion::V1_2);

    const ListenerTls folder = disk.listener(R"({ certificates = "certs/" })");
    REQUIRE(folder.certificates.size() == 2);
    CHECK(folder.certificates[0].cert->path == "etc/certs/a.crt");
    CHECK(folder.certificates[0].key->bytes == "key of a");
    CHECK(folder.certificates[0].ocsp->bytes == "ocsp of a");
    CHECK(folder.certificates[1].cert->path == "etc/certs/b.pem");
    CHECK(folder.certificates[1].key == nullptr);

    const ListenerTls both = disk.listener(R"({ certificates = ["/abs/all.pem", "certs/"] })");
    REQUIRE(both.certificates.size() == 3);
    CHECK(both.certificates[0].cert->path == "/abs/all.pem");
}

TEST_CASE("what certificates a file names is part of its content, and watched", "[conf][tls]") {
    Disk disk;
    const std::string text = conf::test::with_listener(R"(tls = { certificates = "certs/" })");
    const Model before = disk.load(text).model;
    CHECK(std::count(before.files.begin(), before.files.end(), "etc/certs/a.key") == 1);
    CHECK(before.include_folders == std::vector<std::string>{"etc/certs"});
    disk.files["etc/certs/a.crt"] = "renewed";
    const Model after = disk.load(text).model;
    CHECK(before.content != after.content);

    const std::vector<Change> changes = plan(settings(before), settings(after));
    REQUIRE(changes.size() == 1);
    REQUIRE(changes[0].details.size() == 1);
    CHECK(changes[0].details[0] == "tls.certificates: other content in the same files");
    CHECK(plan(settings(before), settings(before)).empty());
}

TEST_CASE("a client authority asks for certificates, and must be there to ask", "[conf][tls]") {
    const Disk disk;
    const std::string site = R"({ certificates = "/abs/all.pem", )";
    const ListenerTls required = disk.listener(site + R"(client_ca = "ca.pem" })");
    CHECK(required.client_auth == ClientAuth::Require);
    CHECK(required.client_ca->bytes == "authorities");
    CHECK(disk.listener(site + R"(client_ca = "ca.pem", client_auth = "request" })").client_auth ==
          ClientAuth::Request);
    CHECK(disk.listener_error(site + R"(client_auth = "require" })")
              .starts_with("\"client_auth\" needs \"client_ca\""));
    CHECK(disk.listener_error(site + R"(client_ca = "ca.pem", client_auth = "off" })")
              .starts_with("\"client_ca\" has no effect with client_auth = \"off\""));
}

TEST_CASE("a listener without TLS says so", "[conf][tls]") {
    const Disk disk;
    CHECK_FALSE(disk.load(conf::test::with_listener("tls = \"off\"")).model.listeners[0].tls);
    CHECK_FALSE(disk.load(conf::test::with_listener("")).model.listeners[0].tls);
}

TEST_CASE("mistakes in a listener's tls say how it is written", "[conf][tls]") {
    const Disk disk;
    CHECK(disk.listener_error("true").starts_with("\"tls\" must be a table"));
    CHECK(disk.listener_error("{}").starts_with("[listener.web.tls] has no \"certificates\""));
    CHECK(disk.listener_error("{ certificates = [] }")
              .starts_with("[listener.web.tls] has no \"certificates\""));
    CHECK(disk.listener_error("{ certificates = 7 }")
              .starts_with("\"certificates\" must be a path, a table or a list of them"));
    CHECK(disk.listener_error(R"({ certificates = [{ key = "site.key" }] })")
              .starts_with("a certificate has no \"cert\""));
    CHECK(disk.listener_error(R"({ certificates = "missing.pem" })")
              .starts_with("cannot read etc/missing.pem"));
    CHECK(disk.listener_error(R"({ certificates = "" })").starts_with("\"\" is not a file"));
    CHECK(disk.listener_error(R"({ certificates = "empty/" })")
              .starts_with("no certificate is in etc/empty"));
    CHECK(disk.listener_error(R"({ certificates = "/abs/all.pem", min = "1.1" })") ==
          "unknown min \"1.1\" in [listener.web.tls] | did you mean \"1.2\"?");
    CHECK(disk.listener_error(R"({ certificates = "/abs/all.pem", ciphers = "ALL" })")
              .starts_with("unknown key \"ciphers\" in [listener.web.tls]"));
}

TEST_CASE("a file that is no certificate's size is not taken", "[conf][tls]") {
    Disk disk;
    disk.files["etc/large.pem"] = std::string((1U << 20U) + 1, 'x');
    CHECK(disk.listener_error(R"({ certificates = "large.pem" })")
              .starts_with("etc/large.pem is larger than 1 MiB"));
}

TEST_CASE("a pool verifies its backends unless told otherwise", "[conf][tls]") {
    const Disk disk;
    CHECK_FALSE(disk.load(conf::test::with_pool("")).model.pools[0].tls);
    CHECK_FALSE(disk.load(conf::test::with_pool("tls = false")).model.pools[0].tls);
    CHECK(disk.pool("true").verify);
    CHECK(disk.pool("true").ca == nullptr);
    const PoolTls tls = disk.pool(
        R"({ ca = "ca.pem", sni = "App.Internal", cert = "site.pem", key = "site.key" })");
    CHECK(tls.verify);
    CHECK(tls.ca->bytes == "authorities");
    CHECK(tls.sni == "app.internal");
    CHECK(tls.cert->bytes == "cert of site");
    CHECK(tls.key->bytes == "key of site");
    CHECK_FALSE(disk.pool("{ verify = false }").verify);
}

TEST_CASE("mistakes in a pool's tls say how it is written", "[conf][tls]") {
    const Disk disk;
    CHECK(disk.pool_error("\"on\"").starts_with("\"tls\" must be true, false or a table"));
    CHECK(disk.pool_error(R"({ sni = "a b" })").starts_with("\"a b\" is not a host name"));
    CHECK(disk.pool_error(R"({ key = "site.key" })").starts_with("\"key\" needs \"cert\""));
    CHECK(disk.pool_error(R"({ verify = false, ca = "ca.pem" })")
              .starts_with("\"ca\" has no effect with verify = false"));
}

TEST_CASE("a certificate behind a unix socket is verified by a name that is written",
          "[conf][tls]") {
    const auto with = [](std::string_view tls) {
        return std::string{conf::test::kListener} +
               "[pool.app]\nbackends = \"unix:/run/app.sock\"\ntls = " + std::string{tls} + "\n";
    };
    CHECK(conf::test::only_error(with("true"))
              .starts_with("unix:/run/app.sock has no name to verify"));
    CHECK(conf::test::errors_of(with("{ sni = \"app.internal\" }")) == "");
    CHECK(conf::test::errors_of(with("{ verify = false }")) == "");
}

TEST_CASE("pools take tls from the defaults and may turn it off", "[conf][tls]") {
    const Disk disk;
    const LoadResult result = disk.load(
        "[defaults.pool]\ntls = true\n" + std::string{conf::test::kListener} +
        std::string{conf::test::kPool} + "[pool.b]\nbackends = \"127.0.0.1:1\"\ntls = false\n");
    REQUIRE(render(result.errors) == "");
    CHECK(result.model.pool("app")->tls.has_value());
    CHECK_FALSE(result.model.pool("b")->tls.has_value());
}

TEST_CASE("a check may be a handshake", "[conf][tls]") {
    CHECK(conf::test::pool_of("check = \"tls\"").check->kind == CheckKind::Tls);
    CHECK(conf::test::pool_of("check = { tls = true, every = \"3s\" }").check->kind ==
          CheckKind::Tls);
    CHECK(conf::test::only_error(conf::test::with_pool("check = { tls = true, tcp = true }"))
              .starts_with("a check is one of \"http\", \"tcp\", \"tls\" and \"grpc\""));
    CHECK(conf::test::only_error(conf::test::with_pool("check = { tls = true, send = \"x\" }")) ==
          "\"send\" is for tcp checks | this is a tls check");
}
