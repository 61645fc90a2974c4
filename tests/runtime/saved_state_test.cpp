#include "proxy/runtime/saved_state.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;

namespace {

conf::Backend backend(const char* name, const char* address) {
    conf::Backend made;
    made.name = name;
    made.address = *HostPort::parse(address);
    made.weight = 3;
    made.tier = 1;
    return made;
}

SavedState example() {
    SavedState state;
    state.written = WallTime{std::chrono::milliseconds{1'700'000'000'000}};
    state.health.push_back({"app", "b1", "10.0.0.1:80", balancing::State::Down,
                            WallTime{std::chrono::milliseconds{1'600'000'000'123}}});
    BackendOverride& drained = state.overrides.backends.emplace_back();
    drained.pool = "app";
    drained.backend = "b1";
    drained.state = balancing::AdminState::Drain;
    drained.weight = WeightOverride{5, 2};
    state.overrides.added.push_back({"app", backend("b9", "unix:/run/b9.sock")});
    state.overrides.added.back().backend.max_in_flight = 7;
    state.overrides.removed.push_back({"api", backend("b2", "[::1]:81")});
    net::TicketKeys::Secret& secret = state.ticket_secrets.emplace_back();
    secret.bytes.fill(7);
    secret.made = WallTime{std::chrono::milliseconds{1'690'000'000'000}};
    return state;
}

/// The example's text with one piece of it replaced.
std::string with(const std::string& piece, const std::string& other) {
    std::string text = to_json(example());
    const std::size_t at = text.find(piece);
    REQUIRE(at != std::string::npos);
    return text.replace(at, piece.size(), other);
}

std::string complaint(const std::string& text) {
    const Result<SavedState> state = parse_state(text);
    REQUIRE_FALSE(state);
    return state.error().message;
}

}  // namespace

TEST_CASE("a state that is written is read as it was", "[runtime][state]") {
    const Result<SavedState> read = parse_state(to_json(example()));
    REQUIRE(read);
    CHECK(read->written == example().written);
    REQUIRE(read->health.size() == 1);
    CHECK(read->health[0].pool == "app");
    CHECK(read->health[0].backend == "b1");
    CHECK(read->health[0].address == "10.0.0.1:80");
    CHECK(read->health[0].state == balancing::State::Down);
    CHECK(read->health[0].since == example().health[0].since);
    REQUIRE(read->overrides.backends.size() == 1);
    CHECK(read->overrides.backends[0].state == balancing::AdminState::Drain);
    REQUIRE(read->overrides.backends[0].weight);
    CHECK(read->overrides.backends[0].weight->weight == 5);
    CHECK(read->overrides.backends[0].weight->file_weight == 2);
    REQUIRE(read->overrides.added.size() == 1);
    CHECK(read->overrides.added[0].backend.address.text() == "unix:/run/b9.sock");
    CHECK(read->overrides.added[0].backend.max_in_flight == 7);
    CHECK(read->overrides.added[0].backend.weight == 3);
    REQUIRE(read->overrides.removed.size() == 1);
    CHECK(read->overrides.removed[0].pool == "api");
    CHECK(read->overrides.removed[0].backend.name == "b2");
    CHECK(read->overrides.removed[0].backend.max_in_flight == kUnlimited);
    CHECK(read->overrides.removed[0].backend.tier == 1);
    CHECK(to_json(*read) == to_json(example()));
}

TEST_CASE("every text cut off is damaged", "[runtime][state]") {
    const std::string text = to_json(example());
    for (std::size_t length = 0; length + 2 < text.size(); ++length) {
        CHECK_FALSE(parse_state(text.substr(0, length)));
    }
}

TEST_CASE("what is wrong is named", "[runtime][state]") {
    CHECK(complaint("") == "not a JSON object, or cut off");
    CHECK(complaint("[]") == "not a JSON object, or cut off");
    CHECK(complaint("{}") == "not a state of fairlead");
    CHECK(complaint(with("\"version\":1", "\"version\":2")) ==
          "version 2, and this program reads version 1");
    CHECK(complaint(with("\"version\":1", "\"version\":\"1\"")) ==
          "\"version\" is no whole number");
    CHECK(complaint(with("\"state\":\"down\"", "\"state\":\"dawn\"")) ==
          "\"state\" of health[0] is no state");
    CHECK(complaint(with("1600000000123", "-1")) == "\"since\" of health[0] is no whole number");
    CHECK(complaint(with("1600000000123", "1e300")) == "\"since\" of health[0] is no whole number");
    CHECK(complaint(with("1600000000123", "999999999999999")) ==
          "\"since\" of health[0] is out of range");
    CHECK(complaint(with("\"weight\":5", "\"weight\":65536")) ==
          "\"weight\" of overrides.backends[0].weight is out of range");
    CHECK(complaint(with("unix:/run/b9.sock", "nowhere")) ==
          "\"address\" of overrides.added[0].backend is no address");
    CHECK(complaint(with("\"max_in_flight\":7", "\"max_in_flight\":0")) ==
          "\"max_in_flight\" of overrides.added[0].backend is out of range");
    CHECK(complaint(with("\"name\":\"b2\"", "\"name\":\"\"")) ==
          "\"name\" of overrides.removed[0].backend is empty");
    CHECK(complaint(with("\"pool\":\"api\"", "\"pool\":[]")) ==
          "\"pool\" of overrides.removed[0] is no text");
    CHECK(complaint(R"({"format":"fairlead-state","version":1,"written":1,"health":{}})") ==
          "\"health\" is no list");
    CHECK(complaint(R"({"format":"fairlead-state","version":1,"written":1,"health":[7]})") ==
          "\"health[0]\" is no object");
    CHECK(complaint(R"({"format":"fairlead-state","version":1,"written":1,"health":[]})") ==
          "\"overrides\" is no object");
}

TEST_CASE("fields that a later program adds are passed over", "[runtime][state]") {
    CHECK(parse_state(with("\"version\":1", "\"later\":{\"a\":[1]},\"version\":1")));
}

TEST_CASE("text that is too deep or too long is not read", "[runtime][state]") {
    CHECK(complaint(with("\"version\":1", "\"x\":" + std::string(1'000'000, '['))) ==
          "not a JSON object, or cut off");
    CHECK(complaint(std::string(kStateBytesMax + 1, ' ')) == "more than 16 MiB");
}

TEST_CASE("the secrets of tickets are told as they are, and a state may have none",
          "[runtime][state]") {
    const Result<SavedState> read = parse_state(to_json(example()));
    REQUIRE(read);
    REQUIRE(read->ticket_secrets.size() == 1);
    CHECK(read->ticket_secrets[0].bytes == example().ticket_secrets[0].bytes);
    CHECK(read->ticket_secrets[0].made == example().ticket_secrets[0].made);
    CHECK(complaint(with("\"secret\":\"Bw", "\"secret\":\"!")).find("no secret") !=
          std::string::npos);
    SavedState bare = example();
    bare.ticket_secrets.clear();
    CHECK(to_json(bare).find("ticket") == std::string::npos);
    CHECK(parse_state(to_json(bare))->ticket_secrets.empty());
}

TEST_CASE("the key of sticky cookies is told as it is, and a state may have none",
          "[runtime][state]") {
    SavedState state = example();
    CHECK(parse_state(to_json(state))->sticky_key.empty());
    state.sticky_key = std::string(31, 'k') + '\0';
    const std::string text = to_json(state);
    CHECK(parse_state(text)->sticky_key == state.sticky_key);
    state.sticky_key = "short";
    CHECK(complaint(to_json(state)) == "\"sticky_key\" is no key");
}
