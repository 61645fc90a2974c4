// Whatever is wrong with the file: what runs goes on, and the error says where it is wrong.
#include <cctype>
#include <string>
#include <vector>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

/// Whole only with its last line: the listener needs the pool, and the pool its backends.
std::string whole_file(const std::string& backend) {
    return "[process]\n"
           "workers = 1\n"
           "drain = { requests = \"30s\", tunnels = \"5m\" }\n"
           "\n"
           "[admin]\n"
           "bind = \"127.0.0.1:0\"\n"
           "\n"
           "[listener.web]\n"
           "bind = \"127.0.0.1:0\"\n"
           "pool = \"app\"\n"
           "limits = { headers = \"32KiB\", header_count = 100 }\n"
           "\n"
           "[[route]]\n"
           "name = \"api\"\n"
           "host = [\"api.example.com\", \"*.example.com\"]\n"
           "path = \"/v1/*\"\n"
           "pool = \"app\"\n"
           "request_headers = { set = { X-Env = \"prod\" }, remove = [\"X-Debug\"] }\n"
           "\n"
           "[pool.app]\n"
           "policy = \"round_robin\"\n"
           "backends = [{ name = \"b1\", address = \"" +
           backend + "\", weight = 1 }]";
}

/// Such a line and the number of the line that must be named: it takes the place of the one that
/// begins the same, or comes at the end.
struct Mistake {
    const char* line;
    const char* place;
};

constexpr Mistake kMistakes[] = {
    {"workers = \"many\"", ":2:"},
    {"workers = 2.5", ":2:"},
    {"workers = -1", ":2:"},
    {"drain = 30", ":3:"},
    {"drain = { requests = 30 }", ":3:"},
    {"drain = { requests = \"30 parsecs\" }", ":3:"},
    {"limits = { headers = 32 }", ":11:"},
    {"limits = { headers = \"32KiB\", heads = 1 }", ":11:"},
    {"name = 7", ":14:"},
    {"host = 7", ":15:"},
    {"host = [\"api.example.com\", 7]", ":15:"},
    {"host = \"*.*.example.com\"", ":15:"},
    {"host = \"${FAIRLEAD_TEST_IS_NOT_SET}\"", ":15:"},
    {"path = \"v1\"", ":16:"},
    {"path = [\"/v1/*\", {}]", ":16:"},
    {"request_headers = { set = { X-Env = 1 } }", ":18:"},
    {"request_headers = { set = { \"X Env\" = \"prod\" } }", ":18:"},
    {"request_headers = []", ":18:"},
    {"policy = \"leastconn\"", ":21:"},
    {"policy = [\"round_robin\"]", ":21:"},
    {"backends = []", ":22:"},
    {"backends = 7", ":22:"},
    {"backends = [\"127.0.0.1\"]", ":22:"},
    {"backends = [\"127.0.0.1:99999\"]", ":22:"},
    {"backends = [\"127.0.0.1:1\", \"127.0.0.1:1\"]", ":22:"},
    {"backends = [{ name = \"b1\", address = \"127.0.0.1:1\", weight = -1 }]", ":22:"},
    {"backends = [{ name = \"b1\" }]", ":22:"},
    {"retrys = 2", ":23:"},
    {"retry = \"twice\"", ":23:"},
    {"check = \"PUT\"", ":23:"},
    {"check = { http = \"GET /\", every = 2 }", ":23:"},
    {"timeouts = { connect = \"-1s\" }", ":23:"},
    {"max_in_flight = \"few\"", ":23:"},
    {"[pool.app]", ":23:"},
    {"[pool.other]", ":23:"},
    {"[listener.other]", ":23:"},
    {"[nothing]", ":23:"},
    {"[[expect]]", ":23:"},
    {"include = 5", ":23:"},
    {"a = [1, 2", ":23:"},
    {"b = \"\xff\xfe\"", ":23:"},
};

std::string with(const std::string& file, const Mistake& mistake) {
    const std::string line = mistake.line;
    const std::string key = line.substr(0, line.find(" = ") + 3);
    const std::size_t at =
        line.find(" = ") == std::string::npos ? std::string::npos : file.find("\n" + key);
    if (at == std::string::npos) return file + "\n" + line + "\n";
    const std::size_t end = file.find('\n', at + 1);
    return file.substr(0, at + 1) + line +
           (end == std::string::npos ? std::string("\n") : file.substr(end));
}

/// What the reload of such a file says. Checks that it was refused.
std::string refused(const Balancer& balancer, const std::string& file) {
    balancer.change_config(file);
    const Message answer = balancer.steer("POST", "/api/v1/reload", "{}");
    CHECK(answer.status() == 422);
    const JsonText json(answer.body);
    CHECK(json.at("/result") == "refused");
    CHECK(json.at("/generation") == "1");
    return json.at("/errors");
}

/// "fairlead.toml:NUMBER:", except where there is nothing yet that could be named.
bool names_a_line(const std::string& errors) {
    if (errors.find("fairlead.toml: error: no listener: ") != std::string::npos) return true;
    const std::string file = "fairlead.toml:";
    const std::size_t at = errors.find(file);
    return at != std::string::npos && at + file.size() < errors.size() &&
           std::isdigit(static_cast<unsigned char>(errors[at + file.size()])) != 0;
}

}  // namespace

TEST_CASE("a file that is cut off anywhere is refused, and what runs goes on",
          "[scenarios][reload]") {
    const PlainBackend backend{"done"};
    const std::string file = whole_file(backend.address());
    const Balancer balancer{{.whole = file}};
    const std::uint16_t port = balancer.port();
    Client kept{port};
    constexpr std::size_t kCuts = 150;
    for (std::size_t cut = 1; cut <= kCuts; ++cut) {
        const std::string left = file.substr(0, cut * (file.size() - 1) / kCuts);
        CAPTURE(left);
        const std::string errors = refused(balancer, left);
        CAPTURE(errors);
        CHECK(names_a_line(errors));
        CHECK(kept.get("/").body == "done");
    }
    CHECK(get(port, "/").body == "done");
    CHECK(balancer.status("/generation") == "1");
    CHECK(balancer.status("/config/file_differs") == "true");
    CHECK(balancer.metric("fairlead_reloads_total{result=\"refused\"}") == kCuts);
    CHECK(balancer.metric("fairlead_snapshots") == 1);
    balancer.change_config(file);
    CHECK(JsonText(balancer.steer("POST", "/api/v1/reload", "{}").body).at("/result") ==
          "unchanged");
    CHECK(balancer.status("/config/file_differs") == "false");
}

TEST_CASE("each mistake is named with its line, and what runs goes on", "[scenarios][reload]") {
    const PlainBackend backend{"done"};
    const std::string file = whole_file(backend.address());
    const Balancer balancer{{.whole = file}};
    Client kept{balancer.port()};
    for (const Mistake& mistake : kMistakes) {
        CAPTURE(mistake.line);
        const std::string errors = refused(balancer, with(file, mistake));
        CAPTURE(errors);
        CHECK(errors.find("fairlead.toml" + std::string(mistake.place)) != std::string::npos);
        CHECK(kept.get("/").body == "done");
    }
    CHECK(balancer.status("/generation") == "1");
    CHECK(balancer.metric("fairlead_reloads_total{result=\"refused\"}") == std::size(kMistakes));
}

TEST_CASE("addresses that are taken refuse all of a reload, again and again",
          "[scenarios][reload]") {
    const PlainBackend backend{"done"};
    const PlainBackend other{"other"};
    const std::string file = whole_file(backend.address());
    const Balancer balancer{{.whole = file}};
    const std::size_t descriptors = balancer.descriptors();
    for (int again = 0; again < 10; ++again) {
        const std::string errors =
            refused(balancer, whole_file(other.address()) +
                                  "\n[listener.free]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n"
                                  "[listener.taken]\nbind = \"" +
                                  other.address() + "\"\npool = \"app\"\n");
        CAPTURE(errors);
        CHECK(errors.find("fairlead.toml:27:") != std::string::npos);
        CHECK(get(balancer.port(), "/").body == "done");
    }
    CHECK(balancer.status("/listeners/1") == "(none)");
    // Whoever asked has gone; nothing that was opened on the way has stayed open. One unused
    // connection to the backend is watched for longer.
    CHECK(eventually([&] { return balancer.descriptors() <= descriptors + 3; }));
}

}  // namespace fairlead::scenarios
