#include "proxy/control/admin_server.h"

#include <poll.h>
#include <sys/stat.h>

#include <fstream>

#include "conf/load.h"
#include "proxy/telemetry/log.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;
using net::test::Plain;
using net::test::turn_until;

namespace {

bool has_input(const Plain& client) {
    pollfd input{client.fd(), POLLIN, 0};
    return ::poll(&input, 1, 0) > 0;
}

conf::Admin on_port(std::uint16_t port = 0) {
    conf::Admin settings;
    settings.bind = net::test::bind_address("127.0.0.1:" + std::to_string(port));
    return settings;
}

/// The endpoint of a balancer that does not serve, for looking only.
struct Endpoint {
    explicit Endpoint(const std::optional<conf::Admin>& settings = on_port()) {
        conf::LoadResult loaded = conf::load_text(
            "[process]\nworkers = 1\n[log]\naccess = \"off\"\n"
            "[listener.web]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n"
            "[pool.app]\nbackends = [\"127.0.0.1:1\"]\n",
            "f.toml");
        REQUIRE(loaded.ok());
        server =
            runtime::Server::make(loop, runtime::prepare(std::move(loaded.model), nullptr)).value();
        auto made = AdminServer::make(loop, *server, nullptr, settings);
        if (!made) {
            problem = made.error().message;
            return;
        }
        admin = *std::move(made);
    }

    Plain connect() { return Plain::connected_to(admin->address()->address); }
    /// Waits for bytes or the end.
    std::string hear(Plain& client) {
        REQUIRE(turn_until(loop, [&] { return has_input(client); }));
        return client.receive();
    }
    std::string ask(Plain& client, std::string_view request =
                                       "GET /live HTTP/1.1\r\nHost: "
                                       "localhost\r\n\r\n") {
        client.send(request);
        return hear(client);
    }

    net::Loop loop;
    std::unique_ptr<runtime::Server> server;
    std::unique_ptr<AdminServer> admin;
    std::string problem;
};

bool is_fine(const std::string& answer) { return answer.starts_with("HTTP/1.1 200 OK\r\n"); }

}  // namespace

TEST_CASE("without settings there is no endpoint until a reload brings one", "[control][server]") {
    Endpoint endpoint(std::nullopt);
    CHECK(endpoint.admin->address() == nullptr);
    REQUIRE(endpoint.admin->apply(on_port()));
    Plain client = endpoint.connect();
    CHECK(is_fine(endpoint.ask(client)));
    REQUIRE(endpoint.admin->apply(std::nullopt));
    CHECK(endpoint.admin->address() == nullptr);
    CHECK(endpoint.hear(client).empty());  // it was idle
}

TEST_CASE("an address that stays keeps its connections over a reload", "[control][server]") {
    Endpoint endpoint;
    Plain client = endpoint.connect();
    CHECK(is_fine(endpoint.ask(client)));
    const BindAddress before = *endpoint.admin->address();
    conf::Admin same = on_port();
    same.hosts = {"lb1.internal"};
    CHECK_FALSE(is_fine(endpoint.ask(client, "GET / HTTP/1.1\r\nHost: lb1.internal\r\n\r\n")));
    REQUIRE(endpoint.admin->apply(same));
    CHECK(*endpoint.admin->address() == before);
    CHECK(is_fine(endpoint.ask(client, "GET / HTTP/1.1\r\nHost: lb1.internal\r\n\r\n")));
}

TEST_CASE("what is dropped before it is in force changes nothing", "[control][server]") {
    Endpoint endpoint;
    const BindAddress before = *endpoint.admin->address();
    net::test::TemporaryFolder folder;
    conf::Admin other;
    other.bind = net::test::bind_address("unix:" + folder.file("admin"));
    {
        const auto put_in_force = endpoint.admin->prepare(other);
        REQUIRE(put_in_force);
        CHECK(Plain::connected_to(other.bind.address).is_open());  // bound already
    }
    CHECK(*endpoint.admin->address() == before);
    CHECK_FALSE(Plain::connected_to(other.bind.address).is_open());
    Plain client = endpoint.connect();
    CHECK(is_fine(endpoint.ask(client)));
}

TEST_CASE("an address that cannot be bound is an error, and the old one goes on",
          "[control][server]") {
    Endpoint endpoint;
    const net::test::PlainServer other;
    const auto applied = endpoint.admin->apply(on_port(other.address().port));
    REQUIRE_FALSE(applied);
    CHECK(applied.error().message.ends_with(" in [admin]"));
    Plain client = endpoint.connect();
    CHECK(is_fine(endpoint.ask(client)));
}

TEST_CASE("the endpoint moves to an address that its own is in the way of", "[control][server]") {
    Endpoint endpoint;
    conf::Admin every = on_port(endpoint.admin->address()->address.port);
    every.bind.any = true;
    REQUIRE(endpoint.admin->apply(every));
    CHECK(*endpoint.admin->address() == every.bind);
    Plain client = Plain::connected_to(
        SocketAddress{*IpAddress::parse("127.0.0.1"), every.bind.address.port, {}});
    CHECK(is_fine(endpoint.ask(client)));
}

TEST_CASE("a request that has begun is answered although the endpoint moves", "[control][server]") {
    Endpoint endpoint;
    Plain begun = endpoint.connect();
    begun.send("GET /live HTTP/1.1\r\n");
    Plain idle = endpoint.connect();
    CHECK(is_fine(endpoint.ask(idle)));  // by now the first one is in, too
    net::test::TemporaryFolder folder;
    conf::Admin other;
    other.bind = net::test::bind_address("unix:" + folder.file("admin"));
    REQUIRE(endpoint.admin->apply(other));
    CHECK(endpoint.hear(idle).empty());
    const std::string answer = endpoint.ask(begun, "Host: localhost\r\n\r\n");
    CHECK(is_fine(answer));
    CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
    Plain client = endpoint.connect();
    CHECK(is_fine(endpoint.ask(client)));
}

TEST_CASE("a token file that protects nothing ends the start", "[control][server]") {
    net::test::TemporaryFolder folder;
    conf::Admin settings = on_port();
    settings.token_file = folder.file("token");
    std::ofstream(settings.token_file) << "s3cret";
    ::chmod(settings.token_file.c_str(), 0644);
    CHECK(Endpoint(settings).problem ==
          "the token file " + settings.token_file + " is open to every user of this machine");
    CHECK(check_admin(settings)->hint == "chmod 600 " + settings.token_file);
    ::chmod(settings.token_file.c_str(), 0600);
    CHECK(Endpoint(settings).problem.empty());
    CHECK_FALSE(check_admin(settings));
}

TEST_CASE("a token file that breaks later stops no other change", "[control][server]") {
    net::test::TemporaryFolder folder;
    conf::Admin settings = on_port();
    settings.token_file = folder.file("token");
    std::ofstream(settings.token_file) << "s3cret";
    ::chmod(settings.token_file.c_str(), 0600);
    Endpoint endpoint(settings);
    ::chmod(settings.token_file.c_str(), 0644);
    settings.hosts = {"lb1.internal"};
    CHECK(endpoint.admin->apply(settings));
    settings.token_file = folder.file("other");
    CHECK_FALSE(endpoint.admin->apply(settings));
}

TEST_CASE("the files of unix sockets become those of the user to be", "[control][server]") {
    net::test::TemporaryFolder folder;
    conf::Admin settings;
    settings.bind = net::test::bind_address("unix:" + folder.file("admin"));
    Endpoint endpoint(settings);
    const uid_t other = ::geteuid() == 0 ? 65534 : ::geteuid();
    REQUIRE(endpoint.admin->give_files_to(other, ::getegid()));
    struct stat about {};
    REQUIRE(::lstat(settings.bind.address.unix_path.c_str(), &about) == 0);
    CHECK(about.st_uid == other);
}

TEST_CASE("idle connections make room, begun requests stay", "[control][server]") {
    Endpoint endpoint;
    Plain begun = endpoint.connect();
    begun.send("GET /live HTTP/1.1\r\n");
    std::vector<Plain> flood;
    for (int count = 0; count < 200; ++count) {
        flood.push_back(endpoint.connect());
        endpoint.loop.run_once(false);
    }
    Plain person = endpoint.connect();
    CHECK(is_fine(endpoint.ask(person)));
    CHECK(is_fine(endpoint.ask(begun, "Host: localhost\r\n\r\n")));
    std::size_t ended = 0;
    for (const Plain& each : flood) ended += has_input(each) ? 1 : 0;
    CHECK(ended >= 200 - 64);
    CHECK(ended < 200);
}

TEST_CASE("a head that is too large is refused, and the connection ends", "[control][server]") {
    Endpoint endpoint;
    Plain client = endpoint.connect();
    const std::string answer = endpoint.ask(
        client, "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 431 "));
    CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(endpoint.hear(client).empty());
}

TEST_CASE("who may not change anything has no body read", "[control][server]") {
    Endpoint endpoint;
    Plain client = endpoint.connect();
    const std::string answer =
        endpoint.ask(client,
                     "POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                     "Content-Length: 20\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 403 "));
    CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
}
