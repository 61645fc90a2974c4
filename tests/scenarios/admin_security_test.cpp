// Who cannot steer the balancer, and what an attempt costs it.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// A balancer whose endpoint has a token, and a backend that could be drained.
struct Guarded {
    Guarded() {
        std::ofstream(token_file()) << "s3cret\n";
        std::filesystem::permissions(
            token_file(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        balancer.emplace(Setup{
            .backends = {backend.address()},
            .admin = "token_file = \"" + token_file() + "\"\nsocket = \"" + socket() + "\"\n"});
    }
    std::string token_file() const { return folder.path() + "/token"; }
    std::string socket() const { return folder.path() + "/admin.sock"; }
    std::string drain_line() const {
        return "PATCH /api/v1/pools/app/backends/" + backend.address() + " HTTP/1.1\r\n";
    }
    /// A change with these fields over TCP.
    Message change(const std::string& fields) const {
        const std::string body = "{\"state\":\"drain\"}";
        return Client(balancer->admin_port())
            .ask(drain_line() + fields + "Content-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n" + body);
    }
    bool is_untouched() const {
        return balancer->status("/pools/0/backends/0/override") == "(none)";
    }

    PlainBackend backend{"body"};
    TemporaryDirectory folder;
    std::optional<Balancer> balancer;
};

constexpr const char* kJson = "Content-Type: application/json\r\n";
constexpr const char* kToken = "Authorization: Bearer s3cret\r\n";
constexpr const char* kHost = "Host: localhost\r\n";

}  // namespace

TEST_CASE("only a request with everything that is needed changes something over HTTP",
          "[scenarios][admin]") {
    const Guarded guarded;
    struct Row {
        const char* what;
        std::string fields;
        int status;
    };
    const std::string host = kHost;
    const std::string good = host + kToken + kJson;
    for (const Row& row :
         {Row{"no token", host + kJson, 401},
          Row{"a wrong token", host + kJson + "Authorization: Bearer s3creT\r\n", 401},
          Row{"a wrong Host", std::string("Host: evil.example\r\n") + kToken + kJson, 403},
          Row{"a foreign page", good + "Origin: https://evil.example\r\n", 403},
          Row{"a page of another site", good + "Sec-Fetch-Site: cross-site\r\n", 403},
          Row{"plain text", host + kToken + "Content-Type: text/plain\r\n", 415},
          Row{"no type", host + kToken, 415}}) {
        INFO(row.what);
        const Message refused = guarded.change(row.fields);
        CHECK(refused.status() == row.status);
        CHECK(refused.has("WWW-Authenticate") == (row.status == 401));
        const JsonText json{refused.body};
        CHECK(json.at("/error") != "(none)");
        CHECK(json.at("/hint") != "(none)");
    }
    CHECK(guarded.is_untouched());
    CHECK(guarded.balancer->wait_for_log("denied who=\"127.0.0.1:"));

    CHECK(guarded.change(good).status() == 200);
    CHECK(guarded.balancer->status("/pools/0/backends/0/override/state") == "drain");
    CHECK(guarded.balancer->wait_for_log("audit who=\"token from 127.0.0.1:"));
}

TEST_CASE("a body that is too long is refused unread", "[scenarios][admin]") {
    const Guarded guarded;
    const std::string head = guarded.drain_line() + kHost + kToken + kJson;
    const std::string large(10'000'000, ' ');
    {
        Client client{guarded.balancer->admin_port()};
        const Message refused = client.ask(
            head + "Content-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large);
        CHECK(refused.status() == 413);
        CHECK(refused.field("Connection") == "close");
        CHECK(client.wait_for_ending() == Ending::Closed);
    }
    {
        Client client{guarded.balancer->admin_port()};
        client.send(head + "Transfer-Encoding: chunked\r\n\r\n989680\r\n" + large + "\r\n");
        CHECK(client.read_response().status() == 413);
        CHECK(client.wait_for_ending() == Ending::Closed);
    }
    {
        Client client{guarded.balancer->admin_port()};
        const Message refused =
            client.ask(head + "Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n");
        CHECK(refused.status() == 413);
    }
    CHECK(guarded.is_untouched());
    CHECK(guarded.balancer->memory_peak_kib() < 100'000);
}

TEST_CASE("a body may be waited for, and come in pieces", "[scenarios][admin]") {
    const Guarded guarded;
    Client client{guarded.balancer->admin_port()};
    client.send(guarded.drain_line() + kHost + kToken + kJson +
                "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(client.read_head().starts_with("HTTP/1.1 100 "));
    for (const char* piece :
         {"5\r\n{\"sta", "\r\n8\r\nte\":\"dra\r\n", "4\r\nin\"}\r\n0\r", "\n\r\n"}) {
        client.send(piece);
    }
    CHECK(client.read_response().status() == 200);
    CHECK(client.get("/live").status() == 200);  // the connection goes on
}

TEST_CASE("the control socket is for its user and root", "[scenarios][admin]") {
    const Guarded guarded;
    struct stat about {};
    REQUIRE(::stat(guarded.socket().c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
    Client client = Client::over_unix(guarded.socket());
    const std::string body = "{\"weight\":3}";
    const Message changed = client.ask(guarded.drain_line() + "Host: x\r\nContent-Length: " +
                                       std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(changed.status() == 200);
    CHECK(JsonText(changed.body).at("/override/weight") == "3");
    CHECK(guarded.balancer->wait_for_log("audit who=\"uid " + std::to_string(::geteuid()) + "\""));
}

TEST_CASE("a thousand connections leave the balancer and who steers it unharmed",
          "[scenarios][admin]") {
    const Guarded guarded;
    std::vector<std::unique_ptr<Client>> flood;
    for (int count = 0; count < 1000; ++count) {
        flood.push_back(std::make_unique<Client>(guarded.balancer->admin_port()));
        if (count % 2 == 0) flood.back()->send("GET / HTTP/1.1\r\nHost: ");
    }
    // Through the socket, over HTTP, and past all that: traffic.
    Client person = Client::over_unix(guarded.socket());
    CHECK(person.get("/api/v1/status").status() == 200);
    CHECK(guarded.change(std::string(kHost) + kToken + kJson).status() == 200);
    CHECK(get(guarded.balancer->port(), "/").status() == 200);
    std::size_t descriptors = 0;
    const std::string folder = "/proc/" + std::to_string(guarded.balancer->pid()) + "/fd";
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder)) {
        ++descriptors;
    }
    CHECK(descriptors < 200);
}

}  // namespace fairlead::scenarios
