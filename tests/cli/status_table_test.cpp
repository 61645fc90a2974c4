#include "proxy/cli/status_table.h"

#include <algorithm>
#include <sstream>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::cli;

namespace {

control::JsonValue status(std::string_view backends, std::string_view config = "{}") {
    std::string text =
        "{\"version\":\"0.1.0\",\"generation\":7,\"uptime\":3725,\"ready\":true,"
        "\"connections\":12,\"max_connections\":9936,\"config\":";
    text.append(config).append(
        ",\"listeners\":[{\"name\":\"web\",\"bind\":[\":8080\",\"unix:/run/x.sock\"],"
        "\"connections\":12}],\"pools\":[{\"name\":\"app\",\"backends\":[");
    text.append(backends).append("]}]}");
    return control::parse_json(text).value();
}

constexpr std::string_view kTwo =
    "{\"name\":\"127.0.0.1:3001\",\"state\":\"up\",\"reason\":\"4 passed\",\"in_flight\":3,"
    "\"weight\":1,\"tier\":0,\"counters\":{\"requests\":{\"2xx\":1200,\"5xx\":4},"
    "\"failures\":{\"connect_refused\":2}}},"
    "{\"name\":\"b2\",\"state\":\"down\",\"reason\":\"3 connect refused, last 12:03:07\","
    "\"in_flight\":0,\"weight\":5,\"tier\":1,\"counters\":{\"requests\":{},\"failures\":{}},"
    "\"override\":{\"weight\":5,\"file_weight\":2,\"added\":true}}";

Terminal terminal_of(std::size_t columns, bool has_colour = false) {
    return {true, has_colour, columns, 24};
}

}  // namespace

TEST_CASE("status is a table whose first column the other commands take", "[cli][status]") {
    CHECK(status_table(status(kTwo), {}) ==
          "fairlead 0.1.0, generation 7, up 1h2m5s, ready, 12 of 9936 client connections\n"
          "listener web: :8080 unix:/run/x.sock, 12 connections\n"
          "\n"
          "backend             state  in flight      weight  tier  requests  failures  reason\n"
          "app/127.0.0.1:3001  up             3           1     0      1204         2  4 passed\n"
          "app/b2              down           0  5 (file 2)     1         0         0  added by "
          "hand; 3 connect refused, last 12:03:07\n");
}

TEST_CASE("no line of the table is wider than the terminal", "[cli][status]") {
    for (const std::size_t columns : {1, 2, 3, 4, 10, 20, 40, 60, 80, 200}) {
        CAPTURE(columns);
        std::istringstream lines(status_table(status(kTwo), terminal_of(columns)));
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line); ++count) CHECK(line.size() <= columns);
        CHECK(count == 6);
    }
    const std::string narrow = status_table(status(kTwo), terminal_of(60));
    CHECK(narrow.find("fairlead 0.1.0, generation 7, up 1h2m5s, ready, 12 of 993...\n") !=
          std::string::npos);
}

TEST_CASE("colour tells states apart, on a terminal only", "[cli][status]") {
    const std::string plain = status_table(status(kTwo), terminal_of(200));
    CHECK(plain.find('\x1b') == std::string::npos);
    const std::string coloured = status_table(status(kTwo), terminal_of(200, true));
    CHECK(coloured.find("\x1b[32mup   \x1b[0m") != std::string::npos);
    CHECK(coloured.find("\x1b[31mdown \x1b[0m") != std::string::npos);
}

TEST_CASE("what a name could do to a terminal is left out", "[cli][status]") {
    const std::string table = status_table(
        status("{\"name\":\"\\u001b[2J\\u009b1m\\u0007\\u00fc\",\"state\":\"up\"}"), {});
    CHECK(table.find("app/?[2J?1m?\xC3\xBC  up") != std::string::npos);
}

TEST_CASE("what a person should know of the configuration is said first", "[cli][status]") {
    const auto second_line = [](std::string_view config) {
        std::istringstream lines(status_table(status("", config), {}));
        std::string line;
        std::getline(lines, line);
        std::getline(lines, line);
        return line;
    };
    CHECK(second_line("{\"file\":\"f.toml\",\"last_reload\":{\"result\":\"refused\",\"when\":"
                      "\"12:03\",\"trigger\":\"SIGHUP\",\"errors\":\"f.toml:2:1: error: x\\n y\"},"
                      "\"file_differs\":true}") ==
          "the last reload was refused, 12:03 (SIGHUP): f.toml:2:1: error: x");
    CHECK(second_line("{\"file\":\"f.toml\",\"file_differs\":true}") ==
          "file differs from running: fairlead diff -c f.toml shows how");
    CHECK(second_line("{\"confirm_left\":\"42s\"}") ==
          "goes back in 42s unless confirmed: fairlead confirm");
    CHECK(second_line("{\"file_differs\":false,\"confirm_left\":null,\"last_reload\":null}")
              .starts_with("listener web: "));
}
