#include "conf/section.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

/// A section over a few lines, with what was reported.
struct Read {
    explicit Read(std::string_view text)
        : document(*Document::parse(text, "f")),
          reading{document, errors, warnings},
          section{reading, document.root(), Place{}, "[x]", "x"} {}

    Document document;
    std::vector<Error> errors;
    std::vector<Error> warnings;
    Reading reading;
    Section section;
};

}  // namespace

TEST_CASE("a key that is absent or wrong leaves the value as it was", "[conf][section]") {
    Read read{"a = \"x\"\n"};
    std::uint32_t number = 7;
    CHECK_FALSE(read.section.number("b", number, {0, 10}));
    CHECK_FALSE(read.section.number("a", number, {0, 10}));
    CHECK(number == 7);
    CHECK(read.errors.size() == 1);
}

TEST_CASE("what nobody asked for is unknown, what was asked for is not", "[conf][section]") {
    Read read{"known = 1\nknwon = 2\nother = 3\n"};
    std::uint32_t number = 0;
    read.section.number("known", number, {0, 10});
    read.section.finish();
    REQUIRE(read.errors.size() == 2);
    CHECK(read.errors[0].message == "unknown key \"knwon\" in [x]");
    CHECK(read.errors[0].hint == "did you mean \"known\"?");
    CHECK(read.errors[1].message == "unknown key \"other\" in [x]");
    CHECK(read.errors[1].hint.empty());
}

TEST_CASE("an unknown key of an inner table is reported with that table's name",
          "[conf][section]") {
    Read read{"t = { b = 1 }\n"};
    read.section.table("t", [](Section&) {});
    REQUIRE(read.errors.size() == 1);
    CHECK(read.errors[0].message == "unknown key \"b\" in [x.t]");
}

TEST_CASE("a message never carries control characters from the file", "[conf][section]") {
    Read read{"a = \"\\u001b[2J\"\n"};
    enum class Word { On };
    Word word = Word::On;
    read.section.choice("a", word, {{"on", Word::On}});
    REQUIRE(read.errors.size() == 1);
    CHECK(read.errors[0].message == "unknown a \"?[2J\" in [x]");
}

TEST_CASE("every key asked for is recorded while the list of keys is made", "[conf][section]") {
    Read read{""};
    std::set<std::string> asked;
    read.reading.survey = &asked;
    read.section.table("t", [](Section& table) {
        bool flag = false;
        table.flag("f", flag);
    });
    CHECK(asked == std::set<std::string>{"x.t", "x.t.f"});
}
