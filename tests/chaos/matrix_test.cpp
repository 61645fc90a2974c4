// Everything a backend can do wrong, crossed with what clients ask for: every client gets exactly
// one well-formed end, the word in the log says what it was, nothing is executed twice, and when it
// is over nothing is left.
#include <algorithm>

#include "tests/chaos/scene.h"
#include "tests/scenarios/support/h2_client.h"

namespace fairlead::chaos {
namespace {

using scenarios::Client;
using scenarios::Ending;
using scenarios::Message;

enum class Shape { Get, Post, Upload, Download, Pipelined, WebSocket, OverTls, OverHttp2 };
constexpr std::pair<Shape, const char*> kShapes[] = {
    {Shape::Get, "get"},           {Shape::Post, "post"},           {Shape::Upload, "upload"},
    {Shape::Download, "download"}, {Shape::Pipelined, "pipelined"}, {Shape::WebSocket, "websocket"},
    {Shape::OverTls, "tls"},       {Shape::OverHttp2, "http2"}};

bool may_be_repeated(Shape shape) { return shape != Shape::Post && shape != Shape::Upload; }

/// What the client got.
struct Seen {
    int status = 0;
    bool is_whole = false;
    std::string word;  ///< of the header; empty: not our own response
    /// What came after it was not what must come; empty: all is well.
    std::string wrong;
};

std::string request_text(Shape shape, const std::string& path) {
    const std::string fields = " HTTP/1.1\r\nHost: test\r\n";
    switch (shape) {
        case Shape::Post:
            return "POST " + path + fields + "Content-Length: 100\r\n\r\n" + std::string(100, 'p');
        case Shape::Upload:
            return "POST " + path + fields + "Content-Length: 300000\r\n\r\n" +
                   std::string(300'000, 'u');
        case Shape::Pipelined:
            return "GET " + path + fields + "\r\nGET /well/second" + fields + "\r\n";
        case Shape::WebSocket:
            return "GET " + path + fields +
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n";
        default:
            return "GET " + path + fields + "\r\n";
    }
}

/// On the same connection, unless it was to be closed: not a byte may be left of the answer before.
std::string ask_again(Client& client, Shape shape, const Message& before) {
    if (!before.is_whole || before.field("Connection") == "close") {
        client.read_to_end();
        return client.ending() == Ending::Open ? "the connection stays open" : "";
    }
    if (shape != Shape::Pipelined) client.send("GET /well/next HTTP/1.1\r\nHost: test\r\n\r\n");
    const Message next = client.read_response();
    if (next.status() == 200 && next.is_whole && next.body == std::string(100, 'b')) return "";
    return "the next answer is wrong: " + next.head + next.body;
}

class Matrix {
  public:
    Matrix(unsigned workers, bool reloads)
        : scene_(workers),
          reloads_(reloads),
          tls_front_{{.backends = {"127.0.0.1:" + std::to_string(scene_.balancer().port("secure"))},
                      .pool = "tls = { verify = false }\n",
                      .listener = "mode = \"tcp\"\n"}} {}

    Seen drive(Shape shape, const std::string& path) {
        return shape == Shape::OverHttp2 ? drive_http2(path) : drive_http1(shape, path);
    }
    Scene& scene() { return scene_; }

  private:
    Seen drive_http1(Shape shape, const std::string& path) {
        Client client{shape == Shape::OverTls ? tls_front_.port() : scene_.balancer().port()};
        client.send(request_text(shape, path));  // may end early: so may the answer
        if (reloads_) scene_.reload();
        const Message answer = client.read_response();
        return {answer.status(), answer.is_whole, answer.field("X-Fairlead-Failure"),
                ask_again(client, shape, answer)};
    }

    Seen drive_http2(const std::string& path) {
        scenarios::H2Client client{scene_.balancer().port()};
        scenarios::H2Answer& answer = client.ask("GET", path);
        if (reloads_) scene_.reload();
        client.wait(answer);
        Seen seen{answer.status(), answer.is_whole, answer.field("x-fairlead-failure"), {}};
        if (!answer.is_closed) seen.wrong = "the stream stays open";
        // A stream that fails takes no other with it.
        const scenarios::H2Answer& next = client.get("/well/next");
        if (next.status() != 200 || !next.is_whole) seen.wrong += "the connection is broken";
        return seen;
    }

    Scene scene_;
    const bool reloads_;
    scenarios::Balancer tls_front_;
};

bool is_one_of(const std::vector<std::string_view>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// A request that is still being written when the backend goes meets a reset as often as an end.
std::vector<std::string_view> words_for(const Fault& fault, Shape shape) {
    std::vector<std::string_view> words = fault.words;
    const bool is_close = is_one_of(words, "backend_closed") || is_one_of(words, "backend_reset");
    if (shape == Shape::Upload && is_close) words = {"backend_closed", "backend_reset"};
    return words;
}

/// Somebody else is well, and this may be sent there.
bool is_rescued(const Fault& fault, Shape shape) {
    if (fault.moment == Moment::Connecting) return true;
    return fault.moment == Moment::Head && may_be_repeated(shape) &&
           !is_one_of(fault.words, "backend_bad_response");
}

/// What the access log has to say of a request, which is looked up when all are through: it is
/// written a moment later.
struct LogClaim {
    std::string path;
    std::vector<std::string_view> words;  ///< any of these
    std::string header;                   ///< what the client was told; empty: nothing
};

LogClaim check_cell(Matrix& matrix, const Fault& fault, std::pair<Shape, const char*> shape,
                    bool is_pair) {
    const std::string path =
        "/" + std::string(fault.name) + (is_pair ? "-pair/" : "/") + shape.second;
    INFO(path);
    const Seen seen = matrix.drive(shape.first, path);
    INFO("status " << seen.status << (seen.is_whole ? ", whole" : ", cut off") << ", \""
                   << seen.word << "\"");
    CHECK(seen.wrong == "");
    if (!may_be_repeated(shape.first)) CHECK(matrix.scene().executions(path) <= 1);
    if (is_pair && is_rescued(fault, shape.first)) {
        CHECK(seen.status == 200);
        CHECK(seen.is_whole);
        return {path, {"none"}, seen.word};
    }
    const std::vector<std::string_view> words = words_for(fault, shape.first);
    if (fault.moment == Moment::Body && seen.status == 200) {
        CHECK_FALSE(seen.is_whole);
        return {path, words, seen.word};
    }
    CHECK(seen.status == fault.status);
    CHECK(seen.is_whole);
    CHECK(seen.word.empty() == (fault.moment == Moment::Never));
    return {path, words, seen.word};
}

void check_log(const Scene& scene, const LogClaim& claim) {
    INFO(claim.path);
    const std::string word = scene.line(claim.path).at("/failure");
    INFO(word);
    CHECK(is_one_of(claim.words, word));
    CHECK((claim.header.empty() || claim.header == word));
}

void check_all(unsigned workers, bool reloads) {
    Matrix matrix(workers, reloads);
    std::vector<LogClaim> claims;
    for (const Fault& fault : faults()) {
        for (const auto& shape : kShapes) {
            claims.push_back(check_cell(matrix, fault, shape, false));
            if (fault.pool.empty()) claims.push_back(check_cell(matrix, fault, shape, true));
        }
    }
    for (const LogClaim& claim : claims) check_log(matrix.scene(), claim);
    CHECK(matrix.scene().left_over() == "");
}

}  // namespace

TEST_CASE("every fault meets every kind of request on one worker", "[chaos]") {
    check_all(1, false);
}

TEST_CASE("every fault meets every kind of request on two workers, amid reloads", "[chaos]") {
    check_all(2, true);
}

}  // namespace fairlead::chaos
