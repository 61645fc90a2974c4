// TLS from clients and to backends, with the command lines of curl and openssl as the other side.
#include <array>
#include <cstdio>
#include <memory>

#include "tests/scenarios/support/certificates.h"
#include "tests/scenarios/support/command.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// What a command of the shell prints; it has ten seconds.
std::string shell(const std::string& command) {
    const std::string whole = "timeout 10 sh -c '" + command + "' 2>&1";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(whole.c_str(), "r"),
                                                               &::pclose);
    REQUIRE(pipe != nullptr);
    std::string out;
    std::array<char, 4096> piece{};
    while (const std::size_t length = std::fread(piece.data(), 1, piece.size(), pipe.get())) {
        out.append(piece.data(), length);
    }
    return out;
}

/// GET over TLS by a name, with what curl is to print.
std::string tls_get(const Certificates& certificates, const Balancer& balancer,
                    const std::string& name, const std::string& options = "") {
    const std::string port = std::to_string(balancer.port());
    return shell("curl -sS --cacert " + certificates.path("ca.pem") + " --resolve " + name + ":" +
                 port + ":127.0.0.1 " + options + " https://" + name + ":" + port + "/");
}

/// One request by `openssl s_client`; what it says of the handshake.
std::string s_client(const Balancer& balancer, const std::string& options) {
    return shell(
        "(printf \"GET / HTTP/1.1\\r\\nHost: t\\r\\nConnection: close\\r\\n\\r\\n\"; "
        "sleep 1) | openssl s_client -connect 127.0.0.1:" +
        std::to_string(balancer.port()) + " -servername site.example " + options);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("TLS ends here, in both versions, and the backend learns of it", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = listener_tls(certificates.path("site.pem"))}};
    CHECK(tls_get(certificates, balancer, "site.example") == "done");
    CHECK(tls_get(certificates, balancer, "site.example", "--tls-max 1.2") == "done");
    CHECK(backend.requests()[0].field("X-Forwarded-Proto") == "https");
    const std::vector<JsonText> lines = balancer.wait_for_access_log(2);
    CHECK(lines[0].at("/tls") == "TLSv1.3");
    CHECK(lines[1].at("/tls") == "TLSv1.2");
    CHECK(balancer.metric("fairlead_tls_handshakes_total{listener=\"web\",version=\"TLSv1.2\","
                          "resumed=\"no\"}") == 1);
    CHECK(balancer.metric("fairlead_certificate_expires_seconds{listener=\"web\",certificate=\"" +
                          certificates.path("site.pem") + "\"}") > 1.7e9);
    CHECK(balancer.status("/listeners/0/certificates/0/names/0") == "site.example");
}

TEST_CASE("nothing older than TLS 1.2 is spoken, and the log says who tried", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = listener_tls(certificates.path("site.pem"))}};
    s_client(balancer, "-tls1_1 -cipher DEFAULT@SECLEVEL=0");
    CHECK(balancer.wait_for_log("listener web: the TLS handshake with 127.0.0.1"));
    CHECK(balancer.wait_for_log("unsupported protocol"));
    const JsonText line = balancer.wait_for_access_log(1).front();
    CHECK(line.at("/failure") == "tls_client_failed");
    CHECK(line.at("/proto") == "tls");
    CHECK(backend.requests().empty());
}

TEST_CASE("the certificate follows the name", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("a.pem", {{"site.example"}});
    certificates.mint("b.pem", {{"*.apps.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{{.backends = {backend.address()},
                             .listener = "tls = { certificates = [\"" + certificates.path("a.pem") +
                                         "\", \"" + certificates.path("b.pem") + "\"] }\n"}};
    CHECK(tls_get(certificates, balancer, "site.example") == "done");
    CHECK(tls_get(certificates, balancer, "one.apps.example") == "done");
    CHECK(has(tls_get(certificates, balancer, "else.example"), "no alternative certificate"));
}

TEST_CASE("a new certificate is taken by a reload, and sessions go on", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}, "before"});
    PlainBackend backend{"done"};
    Balancer balancer{{.backends = {backend.address()},
                       .listener = listener_tls(certificates.path("site.pem")),
                       .process = "workers = 2\n"}};
    const std::string session = certificates.path("session");
    CHECK(has(s_client(balancer, "-sess_out " + session), "New, TLSv1.3"));
    certificates.mint("site.pem", {{"site.example"}, "after"});
    REQUIRE(balancer.reload());
    CHECK(balancer.wait_for_log("tls.certificates: other content in the same files"));
    const std::string fresh = s_client(balancer, "");
    CHECK(has(fresh, "CN = after"));
    CHECK(has(fresh, "HTTP/1.1 200"));
    CHECK(has(s_client(balancer, "-sess_in " + session), "Reused, TLSv1.3"));
}

TEST_CASE("sessions go on in the process that takes over", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    Setup setup{.backends = {backend.address()},
                .listener = listener_tls(certificates.path("site.pem"))};
    Balancer old{setup};
    // The next process is to find the addresses that the kernel chose.
    setup.listener += "bind = \"127.0.0.1:" + std::to_string(old.port()) + "\"\n";
    setup.admin += "bind = \"127.0.0.1:" + std::to_string(old.admin_port()) + "\"\n";
    old.change_config(config(setup));
    const std::string session = certificates.path("session");
    CHECK(has(s_client(old, "-sess_out " + session), "New, TLSv1.3"));
    const Balancer next = old.next({"--takeover"});
    REQUIRE(next.wait_until_serving());
    CHECK(old.wait_for_exit() == 0);
    CHECK(has(s_client(next, "-sess_in " + session), "Reused, TLSv1.3"));
}

TEST_CASE("sessions go on after a restart with a state file", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Setup setup{.backends = {backend.address()},
                      .listener = listener_tls(certificates.path("site.pem")),
                      .process = "state_file = \"" + certificates.path("state.json") + "\"\n"};
    const std::string session = certificates.path("session");
    {
        const Balancer before{setup};
        CHECK(has(s_client(before, "-sess_out " + session), "New, TLSv1.3"));
    }
    const Balancer after{setup};
    CHECK(has(s_client(after, "-sess_in " + session), "Reused, TLSv1.3"));
}

TEST_CASE("who has no certificate is not let in, and who has one is told to the backend",
          "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    certificates.mint("alice.pem", {{}, "alice"});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = listener_tls(certificates.path("site.pem"),
                                  ", client_ca = \"" + certificates.path("ca.pem") + "\"")}};
    CHECK(has(tls_get(certificates, balancer, "site.example"), "certificate required"));
    CHECK(balancer.wait_for_log("peer did not return a certificate"));
    CHECK(backend.requests().empty());
    CHECK(tls_get(certificates, balancer, "site.example",
                  "--cert " + certificates.path("alice.pem") +
                      " -H \"X-Forwarded-Client-Subject: CN=root\"") == "done");
    CHECK(backend.requests()[0].field("X-Forwarded-Client-Subject") == "CN=alice,O=Example");
    CHECK(has(tls_get(certificates, balancer, "site.example",
                      "--cert " + certificates.path("alice.pem") + " -H \"Host: other.example\""),
              "misdirected"));
}

TEST_CASE("a backend's certificate must be good", "[scenarios][tls]") {
    const Certificates certificates;
    PlainBackend backend{"done"};
    MintOrder order{{"127.0.0.1"}};
    std::string reason;
    SECTION("it is") { certificates.mint("backend.pem", order); }
    SECTION("not expired") {
        order.begins = std::chrono::hours{-48};
        order.ends = std::chrono::hours{-24};
        certificates.mint("backend.pem", order);
        reason = "certificate has expired";
    }
    SECTION("not for another name") {
        certificates.mint("backend.pem", {{"other.example"}});
        reason = "IP address mismatch: it is for other.example";
    }
    SECTION("not signed by itself") {
        certificates.put("backend.pem", TestAuthority::self_signed(order));
        reason = "self-signed certificate";
    }
    SECTION("not from somebody whom nobody knows") {
        certificates.put("backend.pem", TestAuthority("stranger").mint(order));
        reason = "unable to get local issuer certificate";
    }
    SECTION("not before its time") {
        order.begins = std::chrono::hours{24};
        certificates.mint("backend.pem", order);
        reason = "certificate is not yet valid";
    }
    // A balancer of its own stands for a backend with TLS.
    const Balancer tls_backend{{.backends = {backend.address()},
                                .listener = listener_tls(certificates.path("backend.pem"))}};
    const std::string address = "127.0.0.1:" + std::to_string(tls_backend.port());
    const Balancer balancer{{.backends = {address},
                             .pool = "tls = { ca = \"" + certificates.path("ca.pem") + "\" }\n",
                             .more = "[listener.any]\nbind = \"127.0.0.1:0\"\npool = \"any\"\n"
                                     "[pool.any]\nbackends = \"" +
                                     address + "\"\ntls = { verify = false }\n"}};
    // The header against loops is not to stop this one.
    const std::string at = "http://127.0.0.1:" + std::to_string(balancer.port()) + "/";
    const std::string answer = shell("curl -sS " + at);
    if (reason.empty()) {
        CHECK(answer == "done");
    } else {
        CHECK(has(answer, "tls_failed"));
        CHECK(balancer.wait_for_log("the TLS handshake failed: " + reason));
        const JsonText line = balancer.wait_for_access_log(1).front();
        CHECK(line.at("/status") == "502");
        CHECK(line.at("/failure") == "tls_failed");
        CHECK(line.at("/attempts/0/backend") == address);
        CHECK(line.at("/attempts/0/reason") == "tls_failed");
        CHECK(backend.requests().empty());
    }
    const std::string unverified = std::to_string(balancer.port("any"));
    CHECK(shell("curl -sS http://127.0.0.1:" + unverified + "/") == "done");
}

TEST_CASE("a check that speaks TLS sees what requests would see", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("backend.pem", {{"other.example"}});
    PlainBackend backend{"done"};
    const Balancer tls_backend{{.backends = {backend.address()},
                                .listener = listener_tls(certificates.path("backend.pem"))}};
    const Balancer balancer{
        {.backends = {"127.0.0.1:" + std::to_string(tls_backend.port())},
         .pool = "check = { tls = true, every = \"100ms\", timeout = \"90ms\", fall = 1 }\n"
                 "tls = { ca = \"" +
                 certificates.path("ca.pem") + "\" }\n"}};
    CHECK(balancer.wait_for_log("TLS: IP address mismatch"));
    CHECK(balancer.status("/pools/0/backends/0/state") == "down");
}

TEST_CASE("certificates that cannot be used are told at check time", "[scenarios][tls]") {
    const Certificates certificates;
    const MintedCertificate one = certificates.authority.mint({{"one.example"}});
    const MintedCertificate two = certificates.authority.mint({{"two.example"}});
    certificates.write("one.pem", one.cert);
    certificates.write("two.key", two.key);
    certificates.write("f.toml",
                       "[listener.web]\nbind = \":0\"\npool = \"app\"\ntls = { "
                       "certificates = [{ cert = \"one.pem\", key = \"two.key\" }] }\n"
                       "[pool.app]\nbackends = \"127.0.0.1:1\"\n");
    const CommandResult result = run_command({"check", "-c", certificates.path("f.toml")});
    CHECK(result.code == 2);
    CHECK(has(result.err + result.out, "does not belong to the first certificate in"));
    CHECK(has(result.err + result.out, "f.toml:4:"));
}

TEST_CASE("a connection of layer 4 may end its TLS here", "[scenarios][tls]") {
    const Certificates certificates;
    certificates.mint("site.pem", {{"site.example"}});
    PlainBackend backend{"done"};
    const Balancer balancer{
        {.backends = {backend.address()},
         .listener = "mode = \"tcp\"\n" + listener_tls(certificates.path("site.pem"))}};
    CHECK(tls_get(certificates, balancer, "site.example") == "done");
    CHECK(balancer.wait_for_access_log(1).front().at("/tls") == "TLSv1.3");
}

}  // namespace fairlead::scenarios
