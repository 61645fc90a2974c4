#include "proxy/control/change_request.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;
using balancing::AdminState;

namespace {

/// "message\nhint" of what must be refused.
template <class T>
std::string refusal(const Result<T>& result) {
    return result ? "taken" : result.error().message + "\n" + result.error().hint;
}

std::string change_refusal(std::string_view body) { return refusal(read_backend_change(body)); }
std::string add_refusal(std::string_view body) {
    return refusal(read_added_backend(body, kUnlimited));
}

}  // namespace

TEST_CASE("a backend's state and weight are changed together or alone", "[control][change]") {
    const auto both = read_backend_change("{\"state\":\"drain\",\"weight\":3}");
    REQUIRE(both);
    CHECK(both->state == AdminState::Drain);
    CHECK(both->weight == 3u);
    CHECK(read_backend_change("{\"state\":\"maintenance\"}")->state == AdminState::Maintenance);
    CHECK(read_backend_change("{\"state\":\"ready\"}")->state == AdminState::Ready);
    CHECK_FALSE(read_backend_change("{\"state\":\"ready\"}")->weight);
    CHECK(read_backend_change("{\"weight\":0}")->weight == 0u);
}

TEST_CASE("a change that is not understood is refused with the cure", "[control][change]") {
    const std::string states = "\nsend \"ready\", \"drain\" or \"maintenance\"";
    const std::string weights = "\nsend a whole number from 0 to 65535";
    CHECK(change_refusal("") == "nothing to change\nsend \"state\", \"weight\" or both");
    CHECK(change_refusal("{}") == "nothing to change\nsend \"state\", \"weight\" or both");
    CHECK(change_refusal("[]") == "the body is a list, not a table\nsend a JSON object, as {}");
    CHECK(change_refusal("{\"wieght\":1}") == "unknown field \"wieght\"\ndid you mean \"weight\"?");
    CHECK(change_refusal("{\"colour\":1}") ==
          "unknown field \"colour\"\nthere are \"state\", \"weight\"");
    CHECK(change_refusal("{\"state\":\"down\"}") == "there is no state \"down\"" + states);
    CHECK(change_refusal("{\"state\":null}") == "\"state\" is null" + states);
    CHECK(change_refusal("{\"weight\":\"3\"}") == "\"weight\" is text" + weights);
    CHECK(change_refusal("{\"weight\":1.5}") == "\"weight\" is a number with a fraction" + weights);
    CHECK(change_refusal("{\"weight\":-1}") == "\"weight\" is -1" + weights);
    CHECK(change_refusal("{\"weight\":65536}") == "\"weight\" is 65536" + weights);
    CHECK(change_refusal("{\"weight\":1,\"weight\":2}") ==
          "\"weight\" stands twice in one table\nleave one of them out");
}

TEST_CASE("an added backend has what is said and else the defaults", "[control][change]") {
    const auto plain = read_added_backend("{\"address\":\"10.0.0.4:80\"}", 64);
    REQUIRE(plain);
    CHECK(plain->address.text() == "10.0.0.4:80");
    CHECK(plain->name == "10.0.0.4:80");
    CHECK(plain->weight == 1);
    CHECK(plain->max_in_flight == 64);
    CHECK(plain->tier == 0);

    const auto full = read_added_backend(
        "{\"name\":\"b4\",\"address\":\"unix:/run/app.sock\",\"weight\":2,"
        "\"max_in_flight\":\"none\",\"tier\":\"backup\"}",
        64);
    REQUIRE(full);
    CHECK(full->address.unix_path == "/run/app.sock");
    CHECK(full->name == "b4");
    CHECK(full->weight == 2);
    CHECK(full->max_in_flight == kUnlimited);
    CHECK(full->tier == 1);
}

TEST_CASE("a backend that could not stand in a file is not added", "[control][change]") {
    CHECK(add_refusal("{\"name\":\"b4\"}") ==
          "this backend has no \"address\"\nsend {\"address\":\"10.0.0.12:8000\"}");
    CHECK(add_refusal("{\"address\":80}").starts_with("\"address\" is a whole number\n"));
    CHECK(add_refusal("{\"address\":\"10.0.0.4\"}") != "taken");
    CHECK(add_refusal("{\"address\":\"a:1\",\"name\":\"a/b\"}")
              .starts_with("\"a/b\" cannot be the name of a backend\n"));
    CHECK(add_refusal("{\"address\":\"a:1\",\"name\":\"\"}")
              .starts_with("\"\" cannot be the name of a backend\n"));
    CHECK(add_refusal("{\"address\":\"a:1\",\"max_in_flight\":0}") ==
          "\"max_in_flight\" is 0\nsend a whole number from 1 to 1000000, or \"none\"");
    CHECK(add_refusal("{\"address\":\"a:1\",\"tier\":\"spare\"}") ==
          "\"tier\" is text\nsend a whole number from 0 to 15, or \"backup\"");
    CHECK(
        add_refusal("{\"address\":\"a:1\",\"weight\":true}").starts_with("\"weight\" is true or "));
}

TEST_CASE("a reload may have to be confirmed", "[control][change]") {
    CHECK(read_reload("").value() == std::nullopt);
    CHECK(read_reload(" {} ").value() == std::nullopt);
    CHECK(read_reload("{\"confirm\":\"60s\"}").value() == Duration{std::chrono::minutes{1}});
    CHECK(refusal(read_reload("{\"confirm\":60}")) ==
          "\"confirm\" is a whole number\nsend a duration with its unit, as \"60s\"");
    CHECK(refusal(read_reload("{\"confirm\":\"0s\"}")) ==
          "confirm: \"0s\" is no time to confirm in\nbetween \"1s\" and \"24h\"");
    CHECK(refusal(read_reload("{\"confirm\":\"none\"}")).starts_with("confirm: "));
    CHECK(refusal(read_nothing("{\"x\":1}")) ==
          "unknown field \"x\"\nthis request takes no fields");
    CHECK(refusal(read_nothing("{}")) == "taken");
}

TEST_CASE("settings come back as they were sent", "[control][change]") {
    using Group = conf::SettingGroup;
    const conf::SettingList list{
        {Group::Kind::Process, "", "", {{"workers", "2", false}}},
        {Group::Kind::Admin, "", "", {}},
        {Group::Kind::Log, "", "", {{"level", "\"info\"", false}}},
        {Group::Kind::Listener, "web", "", {{"bind", "[\":80\"]", false}}},
        {Group::Kind::Route, "api \"x\"", "", {{"request_headers.set", "\"a\\n\"", true}}},
        {Group::Kind::Pool, "app", "", {}},
        {Group::Kind::Backend, "b1", "app", {{"weight", "1", false}, {"tier", "0", false}}},
        {Group::Kind::Expect, "1", "", {}},
    };
    CHECK(read_plan(settings_json(list)) == list);
    CHECK(read_plan(settings_json({})) == conf::SettingList{});
}

TEST_CASE("what are no settings is refused", "[control][change]") {
    for (const std::string_view body :
         {"{}", "{\"settings\":{}}", "{\"settings\":[1]}",
          "{\"settings\":[{\"kind\":\"x\",\"name\":\"\",\"settings\":[]}]}",
          "{\"settings\":[{\"kind\":\"pool\",\"settings\":[]}]}",
          "{\"settings\":[{\"kind\":\"pool\",\"name\":\"\",\"settings\":[],\"x\":1}]}",
          "{\"settings\":[{\"kind\":\"pool\",\"name\":\"\",\"settings\":[[\"a\"]]}]}",
          "{\"settings\":[{\"kind\":\"pool\",\"name\":\"\",\"settings\":[[\"a\",1]]}]}",
          "{\"settings\":[{\"kind\":\"pool\",\"name\":\"\",\"settings\":[[\"a\",\"b\",1]]}]}"}) {
        CAPTURE(body);
        CHECK(refusal(read_plan(body)) ==
              "these are no settings of a configuration\n\"fairlead diff\" of the same version "
              "makes them");
    }
}
