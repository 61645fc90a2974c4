#include "conf/document.h"

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using test::errors_of;

TEST_CASE("a TOML syntax error is reported alone, with its place", "[conf][document]") {
    const LoadResult result = test::load("unknown = 1\n[pool.app\nbackends = []\n");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].message.starts_with("not TOML: "));
    CHECK(result.errors[0].where.line == 2);
    CHECK(result.errors[0].where.text == "[pool.app");
}

TEST_CASE("a section written twice names both places", "[conf][document]") {
    const LoadResult result = test::load(
        "[pool.app]\nbackends = []\n[listener.web]\nbind = \":80\"\n  [pool.app] # again\n");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].where.line == 5);
    CHECK(result.errors[0].where.column == 3);
    CHECK(result.errors[0].hint == "first defined in line 1");
}

TEST_CASE("a key written twice names both places", "[conf][document]") {
    const LoadResult result = test::load(
        "[pool.a]\npolicy = \"x\"\n[pool.b]\npolicy = \"y\"\nhash = 1\npolicy = \"z\"\n");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].where.line == 6);
    CHECK(result.errors[0].where.length == 6);
    CHECK(result.errors[0].hint == "first defined in line 4");
}

TEST_CASE("a duration without quotes gets the hint to write a string", "[conf][document]") {
    const LoadResult result = test::load("[process]\nstop = 2s\n");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].hint == "a duration or size is a string: \"2s\", \"16KiB\"");
}

TEST_CASE("columns count bytes, and carets stand under the right character", "[conf][document]") {
    const Result<Document> document = Document::parse("\"\xC3\xA9\" = { b = 1 }\n", "f");
    REQUIRE(document.has_value());
    const Entry* outer = document->root().find("\xC3\xA9");
    REQUIRE(outer != nullptr);
    const Entry* inner = outer->value.find("b");
    REQUIRE(inner != nullptr);
    CHECK(inner->place.column == 10);
    CHECK(inner->value.place.column == 14);
}

TEST_CASE("tables keep the order of the file", "[conf][document]") {
    const Result<Document> document = Document::parse("[z]\nb = 1\na = 2\n[c]\n", "f");
    REQUIRE(document.has_value());
    REQUIRE(document->root().entries.size() == 2);
    CHECK(document->root().entries[0].key == "z");
    CHECK(document->root().entries[0].value.entries[0].key == "b");
    CHECK(document->root().entries[1].key == "c");
}

TEST_CASE("line ends of Windows and a byte order mark do not show", "[conf][document]") {
    CHECK(errors_of("\xEF\xBB\xBF"
                    "bogus = 1\r\n[listener.web]\r\nbind = \":80\"\r\npool = \"a\"\r\n"
                    "[pool.a]\r\nbackends = \"127.0.0.1:1\"\r\n") ==
          "f.toml:1:1: error: unknown key \"bogus\" at the top level\n"
          "    1 | bogus = 1\n"
          "      | ^^^^^\n");
}

TEST_CASE("tables nest at most 32 deep", "[conf][document]") {
    std::string deep = "a";
    for (int i = 0; i < 40; ++i) deep += ".a";
    CHECK_FALSE(Document::parse("[" + deep + "]", "f").has_value());
    CHECK(errors_of("[" + std::string(31, 'x') + ".a]\nb = { " + deep + " = 1 }\n") ==
          "f.toml:2:70: error: a key has too many parts\n"
          "    2 | b = { " +
              deep +
              " = 1 }\n"
              "      | " +
              std::string(69, ' ') + "^ 32 is the limit\n");
    std::string nested = "1";
    for (int i = 0; i < 40; ++i) nested = "[" + nested + "]";
    CHECK_FALSE(Document::parse("a = " + nested, "f").has_value());
    CHECK(Document::parse("a = [" + std::string(1000, ' ') + "1.5, 2.5]", "f").has_value());
    CHECK(Document::parse("a.a.a.a = 1", "f").has_value());
}

TEST_CASE("a table header begins with a name", "[conf][document]") {
    CHECK(errors_of("a = [\n [1, 2],\n [\n {b = 1} ]]\n[(x]\n") ==
          "f.toml:5:2: error: not TOML: a table's name does not begin like this\n"
          "    5 | [(x]\n"
          "      |  ^ put it in quotes, or begin with a letter\n");
    CHECK_FALSE(errors_of("[[ {x} ]]\n").empty());
    CHECK(errors_of("a = 1\n[ \nb]\n") ==
          "f.toml:2:1: error: not TOML: a table's header has no name in its line\n"
          "    2 | [ \n"
          "      | ^ write [NAME]\n");
    CHECK_FALSE(errors_of("[[\r\nb]]\n").empty());
    CHECK_FALSE(errors_of("[").empty());
    for (const char* good : {"[a]", "[ 'b' ]", "[[c]]\n[[c]]", "[\"d\"] # [(", "[-]",
                             "e = [\n[\n[] ] ]", "f = '''\n[('''\n[g]", "[h]\r\n[i]"}) {
        INFO(good);
        CHECK(Document::parse(good, "f").has_value());
    }
}

TEST_CASE("a brace does not close a list", "[conf][document]") {
    CHECK(errors_of("a = [ { b = [1, } ] } ]\n") ==
          "f.toml:1:17: error: not TOML: \"}\" in a list that is still open\n"
          "    1 | a = [ { b = [1, } ] } ]\n"
          "      |                 ^ write \"]\"\n");
    CHECK_FALSE(Document::parse("a = [}]", "f").has_value());
    for (const char* good :
         {"a = [ { b = [1] }, {} ]", "a = { b = [ {}, '}' ] } # [}", "[[a]]\nb = [\n\"}\" ]"}) {
        INFO(good);
        CHECK(Document::parse(good, "f").has_value());
    }
}

TEST_CASE("outside quotes and comments there is ASCII only", "[conf][document]") {
    const std::string e = "\xC3\xA9";
    CHECK(errors_of("a = 1\n " + e + "tat = 1\n") ==
          "f.toml:2:2: error: not TOML: only ASCII stands outside quotes and comments\n"
          "    2 |  " +
              e +
              "tat = 1\n"
              "      |  ^ put it in quotes, in one line\n");
    for (const std::string& good :
         {"a = 1 # " + e, "\"" + e + "\" = '" + e + "'", "a = \"\\\"" + e + "\"",
          "a = \"\"\"" + e + "\n" + e + "\"\"\"\"\" # " + e, "a = '''\\" + e + "'''",
          "a = '\\' # " + e, "[b.\"" + e + "\"]", "a = [{ b.'" + e + "' = 1, c.'" + e + "' = 2 }]",
          "a = \"\"\"x \\\n  y" + e + "\"\"\""}) {
        INFO(good);
        CHECK(Document::parse(good, "f").has_value());
    }
    for (const std::string& bad :
         {"a = " + e, "a" + e + " = 1", "a = 1 " + e, "[" + e + "]",
          "a = \"\"\"x \\\n  " + e + "\"\"\"", "a = 1\xC2\xA0" + e, "a = [1x\"" + e + "\"]",
          "a = 'b'\"" + e + "\"", "a = 0.\"" + e + "\"", "a = { b = [1, 0.'" + e + "'] }"}) {
        INFO(bad);
        CHECK_FALSE(Document::parse(bad, "f").has_value());
    }
}

TEST_CASE("a very long line is not shown", "[conf][document]") {
    CHECK(errors_of("bogus = \"" + std::string(1000, 'x') + "\"\n" + test::with("")) ==
          "f.toml:1:1: error: unknown key \"bogus\" at the top level\n");
}
