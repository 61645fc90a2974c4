#include "proxy/cli/admin_client.h"

#include <thread>

#include "proxy/cli/admin_target.h"
#include "proxy/cli/backend_commands.h"
#include "proxy/cli/reload_commands.h"
#include "tests/net/sockets.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::cli;
using net::test::Plain;
using net::test::PlainServer;

namespace {

/// Answers one request with this text, and keeps what was asked.
class OneAnswer {
  public:
    explicit OneAnswer(std::string answer)
        : answer_(std::move(answer)), thread_([this] {
              Plain client = server_.accept();
              while (asked_.find("\r\n\r\n") == std::string::npos) {
                  const std::string bytes = client.receive();
                  if (bytes.empty()) break;
                  asked_ += bytes;
              }
              client.send(answer_);
          }) {}
    ~OneAnswer() {
        if (thread_.joinable()) thread_.join();
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;

    HostPort where() const { return {"127.0.0.1", server_.address().port, {}}; }
    const std::string& asked() {
        thread_.join();
        return asked_;
    }

  private:
    PlainServer server_;
    std::string answer_;
    std::string asked_;
    std::thread thread_;  // last: it uses the others
};

std::string problem_of(const Result<AdminReply>& reply) {
    return reply ? "answered" : reply.error().message;
}

}  // namespace

TEST_CASE("a place is a path or an address", "[cli][admin]") {
    CHECK(parse_admin_target("/run/x.sock")->unix_path == "/run/x.sock");
    CHECK(parse_admin_target("./x.sock")->unix_path == "./x.sock");
    CHECK(parse_admin_target("unix:/run/x.sock")->unix_path == "/run/x.sock");
    CHECK(parse_admin_target("10.0.0.1:9900")->text() == "10.0.0.1:9900");
    CHECK(parse_admin_target(":9900")->text() == "127.0.0.1:9900");
    CHECK(parse_admin_target("http://lb1.internal:9900/")->text() == "lb1.internal:9900");
    CHECK(parse_admin_target("[::1]:9900")->text() == "[::1]:9900");
    CHECK(parse_admin_target("nothing").error().message ==
          "\"nothing\" is no place of an admin endpoint");
    CHECK_FALSE(parse_admin_target(""));
}

TEST_CASE("names are encoded for paths", "[cli][admin]") {
    CHECK(encode_name("127.0.0.1:3001") == "127.0.0.1:3001");
    CHECK(encode_name("unix:/run/a b.sock") == "unix:%2Frun%2Fa%20b.sock");
    CHECK(encode_name("[::1]:80%?#") == "%5B::1%5D:80%25%3F%23");
}

TEST_CASE("a request carries the token, and its answer is read whole", "[cli][admin]") {
    OneAnswer server(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n");
    const AdminClient client(server.where(), "s3cret");
    const Result<AdminReply> reply = client.ask("PATCH", "/x", "{}");
    REQUIRE(reply);
    CHECK(reply->is_fine());
    CHECK(reply->json.at("a").number() == 1);
    CHECK(server.asked() == "PATCH /x HTTP/1.1\r\nHost: " + server.where().text() +
                                "\r\nConnection: close\r\nAuthorization: Bearer s3cret\r\n"
                                "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_CASE("a refusal is told as the balancer said it", "[cli][admin]") {
    OneAnswer server(
        "HTTP/1.1 404 Not Found\r\nContent-Length: 33\r\n\r\n{\"error\":\"no\",\"hint\":\"look at "
        "b\"}");
    const Result<AdminReply> reply = AdminClient(server.where(), {}).ask("GET", "/");
    REQUIRE(reply);
    CHECK(reply->error().render() == "error: no\n  look at b\n");
    OneAnswer other("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    CHECK(AdminClient(other.where(), {}).ask("GET", "/")->error().message ==
          "the balancer answered with status 502");
}

TEST_CASE("who cannot be asked is told with the cure", "[cli][admin]") {
    net::test::TemporaryFolder folder;
    const AdminClient nobody({{}, 0, folder.path() + "/none"}, {});
    CHECK(problem_of(nobody.ask("GET", "/")) ==
          "no balancer answers at " + folder.path() + "/none");

    const PlainServer silent;
    const AdminClient waiting({"127.0.0.1", silent.address().port, {}}, {});
    CHECK(problem_of(waiting.ask("GET", "/", {}, std::chrono::milliseconds{30})) ==
          "the balancer at 127.0.0.1:" + std::to_string(silent.address().port) +
              " does not answer in time");

    OneAnswer ssh("SSH-2.0-OpenSSH_9.2\r\n");
    CHECK(problem_of(AdminClient(ssh.where(), {}).ask("GET", "/")) ==
          "what listens at " + ssh.where().text() + " gives no answer of an admin endpoint");
    OneAnswer cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{");
    CHECK(problem_of(AdminClient(cut.where(), {}).ask("GET", "/"))
              .ends_with(" gives no answer of an admin endpoint"));
}

TEST_CASE("POOL/BACKEND is split at the first slash", "[cli][admin]") {
    CHECK(parse_backend_name("app/127.0.0.1:3001")->backend == "127.0.0.1:3001");
    CHECK(parse_backend_name("app/unix:/run/a.sock")->pool == "app");
    CHECK(parse_backend_name("app/unix:/run/a.sock")->backend == "unix:/run/a.sock");
    for (const std::string_view text : {"", "app", "app/", "/b1"}) {
        CHECK(parse_backend_name(text).error().message ==
              "\"" + std::string(text) + "\" does not name a backend");
    }
}

TEST_CASE("an added backend is sent with what was said", "[cli][admin]") {
    CHECK(added_backend_json({"app", "a:1", "", "", "", ""}) == "{\"address\":\"a:1\"}");
    CHECK(added_backend_json({"app", "a:1", "b\"", "2", "none", "backup"}) ==
          "{\"address\":\"a:1\",\"name\":\"b\\\"\",\"weight\":2,\"max_in_flight\":\"none\","
          "\"tier\":\"backup\"}");
    CHECK(added_backend_json({"app", "a:1", "", "x", "", ""}).error().message ==
          "--weight: \"x\" is no number");
    CHECK(added_backend_json({"app", "a:1", "", "", "", "spare"}).error().hint ==
          "a whole number, or \"backup\"");
}

TEST_CASE("a refused reload ends with how many errors there are and what goes on", "[cli][admin]") {
    CHECK(refused_summary("f.toml:1:1: error: a\n    1 | x: error: y\n      | ^ b\nerror: c\n  d\n",
                          7) == "2 errors; the running configuration (generation 7) is unchanged");
    CHECK(refused_summary("error: c", 1) ==
          "1 error; the running configuration (generation 1) is unchanged");
}
