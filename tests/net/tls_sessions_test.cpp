/// Sessions that go on: which tickets open what, and which do not.
#include <string>

#include "proxy/net/tls.h"
#include "tests/net/tls_ends.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;

namespace {

/// Is the second of two connections a resumed one? The first brings the ticket.
bool resumes(Loop& loop, const std::shared_ptr<TlsServer>& first,
             const std::shared_ptr<TlsServer>& second, const std::shared_ptr<TlsClient>& client) {
    {
        TlsPair pair(loop, first, client, "site.example");
        REQUIRE(pair.settle());
        REQUIRE(pair.is_open());
        REQUIRE(pair.talk());
    }
    TlsPair pair(loop, second, client, "site.example");
    REQUIRE(pair.settle());
    REQUIRE(pair.is_open());
    REQUIRE(pair.talk());
    CHECK(pair.server->tls()->is_resumed() == pair.client->tls()->is_resumed());
    CHECK(pair.server->tls()->server_name() == "site.example");
    return pair.server->tls()->is_resumed();
}

}  // namespace

TEST_CASE("a session goes on at every worker, also with a new certificate") {
    Loop loop;
    Site site;
    CHECK(resumes(loop, serving(site.server), serving(site.server), asking(site.client)));
    TlsServerSettings renewed = site.server;
    renewed.certificates = {parsed(site.authority.mint({{"site.example"}}))};
    CHECK(resumes(loop, serving(site.server), serving(renewed), asking(site.client)));
}

TEST_CASE("a session does not outlive its secrets") {
    Loop loop;
    Site site;
    TlsServerSettings other = site.server;
    other.tickets = std::make_shared<TicketKeys>(wall_now());
    CHECK(!resumes(loop, serving(site.server), serving(other), asking(site.client)));
    other.tickets->restore(site.tickets->secrets(), wall_now());
    CHECK(resumes(loop, serving(site.server), serving(other), asking(site.client)));
}

TEST_CASE("secrets that rotate open the tickets they have made") {
    Loop loop;
    Site site;
    site.tickets = site.server.tickets =
        std::make_shared<TicketKeys>(wall_now() - std::chrono::hours{9});
    const auto server = serving(site.server);
    const auto client = asking(site.client);
    {
        TlsPair pair(loop, server, client, "site.example");
        REQUIRE(pair.settle());
        REQUIRE(pair.talk());
    }
    REQUIRE(site.tickets->rotate(wall_now()));
    CHECK(resumes(loop, server, server, client));
}

TEST_CASE("a ticket is worth nothing at another listener, or under other rules for clients") {
    Loop loop;
    Site site;
    const TestAuthority staff("staff"), others("others");
    site.client.certificate = parsed(staff.mint({{}, "alice"}));
    TlsServerSettings strict = site.server;
    strict.client_ca = trusting(staff);
    strict.client_auth = ClientAuth::Require;
    CHECK(!resumes(loop, serving(site.server), serving(strict), asking(site.client)));
    CHECK(resumes(loop, serving(strict), serving(strict), asking(site.client)));

    TlsServerSettings changed = strict;
    changed.client_auth = ClientAuth::Request;
    CHECK(!resumes(loop, serving(strict), serving(changed), asking(site.client)));

    TlsServerSettings elsewhere = site.server;
    elsewhere.name = "elsewhere";
    CHECK(!resumes(loop, serving(site.server), serving(elsewhere), asking(site.client)));
}

TEST_CASE("a changed authority for clients voids the tickets made under the one before") {
    Loop loop;
    Site site;
    const TestAuthority staff("staff"), others("others");
    site.client.certificate = parsed(staff.mint({{}, "alice"}));
    TlsServerSettings strict = site.server;
    strict.client_ca = trusting(staff);
    strict.client_auth = ClientAuth::Request;
    TlsServerSettings changed = strict;
    const auto both = TrustStore::parse("ca.pem", staff.pem() + others.pem());
    REQUIRE(both);
    changed.client_ca = *both;
    CHECK(!resumes(loop, serving(strict), serving(changed), asking(site.client)));
}

TEST_CASE("a resumed session tells the client's certificate again") {
    Loop loop;
    Site site;
    const TestAuthority staff("staff");
    site.client.certificate = parsed(staff.mint({{}, "alice"}));
    site.server.client_ca = trusting(staff);
    site.server.client_auth = ClientAuth::Require;
    const auto server = serving(site.server);
    const auto client = asking(site.client);
    REQUIRE(resumes(loop, server, server, client));
    TlsPair pair(loop, server, client, "site.example");
    REQUIRE(pair.settle());
    CHECK(pair.server->tls()->is_resumed());
    CHECK(pair.server->tls()->has_peer_certificate());
    CHECK(pair.server->tls()->peer_subject() == "CN=alice,O=Example");
}

TEST_CASE("sessions are kept per name and key, and not at all by probes") {
    Loop loop;
    Site site({"site.example", "other.example"});
    const auto server = serving(site.server);
    const auto client = asking(site.client);
    const auto is_resumed = [&](const std::shared_ptr<TlsClient>& with, std::string_view name,
                                std::string_view key) {
        TlsPair pair(loop, server, with, name, key);
        REQUIRE(pair.settle());
        REQUIRE(pair.talk());
        return pair.client->tls()->is_resumed();
    };
    CHECK(!is_resumed(client, "site.example", "a"));
    CHECK(is_resumed(client, "site.example", "a"));
    CHECK(!is_resumed(client, "site.example", "b"));
    CHECK(!is_resumed(client, "other.example", "a"));

    TlsClientSettings probing = site.client;
    probing.reuses_sessions = false;
    const auto probe = asking(probing);
    CHECK(!is_resumed(probe, "site.example", "a"));
    CHECK(!is_resumed(probe, "site.example", "a"));
}
