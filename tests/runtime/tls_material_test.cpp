#include "proxy/runtime/tls_material.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "proxy/runtime/load_model.h"
#include "proxy/runtime/prepare.h"
#include "tests/support/catch.h"
#include "tests/support/test_certificates.h"

using namespace fairlead;
using namespace fairlead::runtime;
using fairlead::test::MintedCertificate;
using fairlead::test::TestAuthority;

namespace {

/// A file with two listeners that show one certificate, and two pools that trust one authority.
class Site {
  public:
    Site() {
        std::string name = "/tmp/fairlead-material-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
        mint();
        write("ca.pem", authority_.pem());
        write("site.toml", R"(
[listener.web]
bind = ":8443"
pool = "app"
tls = { certificates = "site.pem" }
[listener.tcp]
bind = ":9443"
mode = "tcp"
pool = "app"
tls = { certificates = "site.pem" }
[pool.app]
backends = "127.0.0.1:1"
tls = { ca = "ca.pem" }
[pool.api]
backends = "127.0.0.1:2"
tls = { ca = "ca.pem" }
)");
    }
    ~Site() { std::filesystem::remove_all(folder_); }
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    void mint() const {
        const MintedCertificate minted = authority_.mint({{"site.example"}});
        write("site.pem", minted.cert + minted.key);
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ + "/" + name) << text;
    }
    conf::LoadResult load(TlsMaterial& material) const {
        conf::LoadResult loaded = load_model(folder_ + "/site.toml", &material);
        if (!loaded.ok()) FAIL(render(loaded.errors));
        return loaded;
    }

  private:
    std::string folder_;
    TestAuthority authority_;
};

const net::Certificate* shown(const Prepared& prepared, const std::string& listener) {
    return prepared.listener_tls.at(listener).front()->settings().certificates.front().get();
}

}  // namespace

TEST_CASE("what a load has parsed is what is used", "[runtime][tls]") {
    const Site site;
    const auto material = std::make_shared<TlsMaterial>();
    conf::LoadResult loaded = site.load(*material);
    const auto settings = material->server_settings(loaded.model.listeners.front());
    REQUIRE(settings);
    const auto pool = material->client_settings(loaded.model.pools.front());
    REQUIRE(pool);
    const Prepared prepared = prepare(std::move(loaded.model), nullptr, {nullptr, 2, material});
    REQUIRE(prepared.errors.empty());
    CHECK(shown(prepared, "web") == settings->certificates.front().get());
    CHECK(shown(prepared, "tcp") == shown(prepared, "web"));
    for (const auto& each : {"app", "api"}) {
        const PoolTls& tls = prepared.pool_tls.at(each);
        CHECK(tls.of_workers.back()->settings().authorities == pool->authorities);
        CHECK(tls.of_checks->settings().authorities == pool->authorities);
    }
}

TEST_CASE("the next load parses what the files hold then", "[runtime][tls]") {
    const Site site;
    TlsMaterial before;
    const conf::LoadResult first = site.load(before);
    const auto old = before.server_settings(first.model.listeners.front());
    site.mint();
    // Whether with a memory of its own or not: other content is another certificate.
    TlsMaterial fresh;
    for (TlsMaterial* material : {&before, &fresh}) {
        const conf::LoadResult second = site.load(*material);
        const auto settings = material->server_settings(second.model.listeners.front());
        REQUIRE(settings);
        CHECK(settings->certificates.front() != old->certificates.front());
    }
}

TEST_CASE("who has parsed nothing yet parses what it is asked for", "[runtime][tls]") {
    const Site site;
    TlsMaterial material;
    conf::LoadResult loaded = site.load(material);
    const Prepared prepared = prepare(std::move(loaded.model), nullptr);
    CHECK(prepared.errors.empty());
    CHECK(shown(prepared, "tcp") == shown(prepared, "web"));
}
