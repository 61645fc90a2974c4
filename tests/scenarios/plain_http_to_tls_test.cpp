// Who speaks plain HTTP to a port with TLS is told so, and gets to read it.
#include "tests/scenarios/support/certificates.h"
#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

struct TlsPort {
    explicit TlsPort(const std::string& more = "")
        : balancer{{.backends = {backend.address()},
                    .listener = more + listener_tls(minted("site.pem"))}} {}

    std::string minted(const std::string& name) const {
        certificates.mint(name, {{"site.example"}});
        return certificates.path(name);
    }
    void check_counted(std::string_view word) const {
        const JsonText line = balancer.wait_for_access_log(1).front();
        CHECK(line.at("/failure") == word);
        CHECK(balancer.metric("fairlead_failures_total{listener=\"web\",pool=\"\",failure=\"" +
                              std::string(word) + "\"}") == 1);
        CHECK(balancer.metric("fairlead_connections_total{listener=\"web\"}") == 1);
        CHECK(eventually(
            [&] { return balancer.metric("fairlead_connections{listener=\"web\"}") == 0; }));
        CHECK(backend.requests().empty());
    }

    Certificates certificates;
    PlainBackend backend{"never"};
    Balancer balancer;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";

}  // namespace

TEST_CASE("plain HTTP to a TLS port is answered with 400 and a reason", "[scenarios][tls]") {
    const TlsPort port;
    Client client{port.balancer.port()};
    SECTION("in one piece") { client.send(kGet); }
    SECTION("byte by byte") {
        for (const char byte : kGet) client.send(std::string(1, byte));
    }
    SECTION("with a body that nobody reads") {
        client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5242880\r\n\r\n");
        for (int blocks = 0; blocks < 80; ++blocks) client.send(std::string(64 * 1024, 'x'));
    }
    SECTION("and its end at once") {
        client.send(kGet);
        client.close_writing();
    }
    const Message answer = client.read_response();
    CHECK(answer.start_line() == "HTTP/1.1 400 Bad Request");
    CHECK(answer.body ==
          "400 Bad Request: this port speaks TLS: use https:// (client_bad_request)\n");
    CHECK(answer.field("X-Fairlead-Failure") == "client_bad_request");
    CHECK(answer.field("Connection") == "close");
    CHECK(client.read_to_end().empty());
    CHECK(client.ending() == Ending::Closed);
    client.close();
    port.check_counted("client_bad_request");
    const JsonText line = port.balancer.wait_for_access_log(1).front();
    CHECK(line.at("/status") == "400");
    CHECK(line.at("/proto") == "http");
    CHECK(port.balancer.wait_for_log("failed: the other side speaks plain HTTP"));
}

TEST_CASE("plain HTTP to a TLS port gets no body with HEAD", "[scenarios][tls]") {
    const TlsPort port;
    Client client{port.balancer.port()};
    client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_response(true).status() == 400);
    CHECK(client.read_to_end().empty());
}

TEST_CASE("plain HTTP to a TLS port does not wait for a client that stays", "[scenarios][tls]") {
    const TlsPort port;
    Client client{port.balancer.port()};
    client.send(kGet);
    CHECK(client.read_response().status() == 400);
    // The client keeps its side open: the port has done with it after some seconds.
    CHECK(eventually(
        [&] { return port.balancer.metric("fairlead_connections{listener=\"web\"}") == 0; }));
}

TEST_CASE("what is neither TLS nor HTTP is closed without an answer in HTTP", "[scenarios][tls]") {
    const TlsPort port;
    Client client{port.balancer.port()};
    client.send("SSH-2.0-OpenSSH_9.2\r\n");
    CHECK(client.read_to_end().find("HTTP") == std::string::npos);
    client.close();
    port.check_counted("tls_client_failed");
    CHECK(port.balancer.wait_for_log("failed: the other side speaks no TLS"));
}

TEST_CASE("half a word to a TLS port is a failed handshake", "[scenarios][tls]") {
    const TlsPort port;
    Client client{port.balancer.port()};
    client.send("GE");
    client.close_writing();
    CHECK(client.read_to_end().empty());
    port.check_counted("tls_client_failed");
    CHECK(port.balancer.wait_for_log("failed: the other side closed the connection"));
}

TEST_CASE("a TLS port of layer 4 answers nobody in HTTP", "[scenarios][tls]") {
    const TlsPort port{"mode = \"tcp\"\n"};
    Client client{port.balancer.port()};
    client.send(kGet);
    CHECK(client.read_to_end().find("HTTP") == std::string::npos);
    port.check_counted("tls_client_failed");
}

TEST_CASE("plain HTTP behind a PROXY header to a TLS port is told the same", "[scenarios][tls]") {
    const TlsPort port{"accept_proxy = \"127.0.0.0/8\"\n"};
    Client client{port.balancer.port()};
    client.send("PROXY TCP4 192.0.2.7 192.0.2.8 1 443\r\n" + kGet);
    CHECK(client.read_response().status() == 400);
    const JsonText line = port.balancer.wait_for_access_log(1).front();
    CHECK(line.at("/client") == "192.0.2.7");
}

}  // namespace fairlead::scenarios
