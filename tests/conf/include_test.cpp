#include "conf/include.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

/// Files by path, in memory.
using Files = std::map<std::string, std::string>;

LoadOptions options(const Files& files) {
    LoadOptions options = test::options();
    options.environment = [](std::string_view name) {
        return name == "PORT" ? std::optional<std::string>{"3001"} : std::nullopt;
    };
    options.files.read = [&files](const std::string& path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return fail("cannot read " + path + ": No such file");
        return found->second;
    };
    options.files.list = [&files](const std::string& folder) -> Result<std::vector<std::string>> {
        if (folder == "locked") return fail("cannot read locked: Permission denied");
        std::vector<std::string> names;
        const std::string prefix = folder == "." ? "" : folder + "/";
        // Backwards: what includes must not rely on an order.
        for (auto file = files.rbegin(); file != files.rend(); ++file) {
            if (!file->first.starts_with(prefix)) continue;
            const std::string name = file->first.substr(prefix.size());
            if (name.find('/') == std::string::npos) names.push_back(name);
        }
        return names;
    };
    return options;
}

LoadResult load(const Files& files, const std::string& main = "edge.toml") {
    return load_text(files.at(main), main, options(files));
}
std::string errors(const Files& files) { return render(load(files).errors); }

std::string pool(std::string_view name, std::string_view more = "") {
    return "[pool." + std::string{name} + "]\nbackends = [\"127.0.0.1:1\"]\n" + std::string{more};
}
std::string main_file(std::string_view include, std::string_view more = "") {
    return "include = " + std::string{include} + "\n" + std::string{test::kListener} +
           std::string{more};
}

}  // namespace

TEST_CASE("included files come after the main one, in name order, and share its names",
          "[conf][include]") {
    const Files files{
        {"edge.toml", main_file("[\"conf.d/*.toml\"]",
                                "[[route]]\nname = \"main\"\npath = \"/m\"\npool = \"b\"\n")},
        {"conf.d/a.toml", pool("app") + "[[route]]\nname = \"a\"\npath = \"/a\"\npool = \"b\"\n"},
        {"conf.d/b.toml", pool("b") + "[[route]]\nname = \"b\"\npath = \"/b\"\npool = \"app\"\n"},
        {"conf.d/note.txt", "not TOML"},
        {"conf.d/.hidden.toml", "not TOML"},
    };
    const LoadResult result = load(files);
    REQUIRE(render(result.errors) == "");
    CHECK(result.warnings.empty());
    const Model& model = result.model;
    REQUIRE(model.routes.size() == 3);
    CHECK(model.routes[0].name == "main");
    CHECK(model.routes[1].name == "a");
    CHECK(model.routes[2].name == "b");
    REQUIRE(model.pools.size() == 2);
    CHECK(model.pools[0].name == "app");
    CHECK(model.pools[0].where.file == "conf.d/a.toml");
    CHECK(model.files == std::vector<std::string>{"edge.toml", "conf.d/a.toml", "conf.d/b.toml"});
    CHECK(model.include_folders == std::vector<std::string>{"conf.d"});
}

TEST_CASE("files are found beside the main one and read once", "[conf][include]") {
    const std::string main = main_file("[\"pools/*.toml\", \"./pools/a.toml\", \"*.toml\"]");
    const Files files{{"/etc/f/edge.toml", main},
                      {"/etc/f/pools/a.toml", pool("app")},
                      {"/etc/f/z.toml", "[log]\nlevel = \"warn\"\n"}};
    const LoadResult result = load(files, "/etc/f/edge.toml");
    REQUIRE(render(result.errors) == "");
    CHECK(result.model.files ==
          std::vector<std::string>{"/etc/f/edge.toml", "/etc/f/pools/a.toml", "/etc/f/z.toml"});
    CHECK(result.model.include_folders == std::vector<std::string>{"/etc/f/pools", "/etc/f"});
    CHECK(result.model.log.level == LogLevel::Warn);
    const Files absolute{{"edge.toml", main_file("\"/opt/*.toml\"")}, {"/opt/a.toml", pool("app")}};
    CHECK(errors(absolute) == "");
}

TEST_CASE("what two files both have names both places", "[conf][include]") {
    const Files files{
        {"edge.toml", main_file("\"a.toml\"", "[log]\n[defaults.pool]\n" + pool("app"))},
        {"a.toml", pool("app") + "[listener.web]\n[log]\n[defaults.pool]\n[process]\n"},
    };
    CHECK(errors(files) == R"(a.toml:1:7: error: [pool.app] is written twice
    1 | [pool.app]
      |       ^^^ the first is in edge.toml:7
a.toml:3:11: error: [listener.web] is written twice
    3 | [listener.web]
      |           ^^^ the first is in edge.toml:2
a.toml:4:2: error: [log] is written twice
    4 | [log]
      |  ^^^ the first is in edge.toml:5
a.toml:5:11: error: [defaults.pool] is written twice
    5 | [defaults.pool]
      |           ^^^^ the first is in edge.toml:6
)");
    const Files kinds{{"edge.toml", main_file("\"a.toml\"", pool("app"))},
                      {"a.toml", "listener = 1\n"}};
    CHECK(errors(kinds) == R"(a.toml:1:1: error: "listener" is a number here and a table elsewhere
    1 | listener = 1
      | ^^^^^^^^ the other is in edge.toml:2
)");
}

TEST_CASE("errors carry the name and the line of their own file, the main file's first",
          "[conf][include]") {
    const Files files{
        {"edge.toml", main_file("[\"conf.d/*\"]", "via = \"of\"\n")},
        {"conf.d/1", pool("app", "retrys = 1\n")},
        {"conf.d/0", "[[route]]\nname = \"r\"\npath = \"/x\"\npool = \"app\"\n"},
        {"conf.d/2",
         "[[route]]\nname = \"s\"\npath = \"/x\"\npool = \"ap\"\n[pool.b]\nbackends "
         "= [\"${NOPE}\"]\n"},
    };
    CHECK(errors(files) == R"(edge.toml:5:7: error: unknown via "of" in [listener.web]
    5 | via = "of"
      |       ^^^^ did you mean "off"?
conf.d/1:3:1: error: unknown key "retrys" in [pool.app]
    3 | retrys = 1
      | ^^^^^^ did you mean "retry"?
conf.d/2:4:8: error: unknown pool "ap" in [[route]]
    4 | pool = "ap"
      |        ^^^^ did you mean "app"?
conf.d/2:6:14: error: environment variable "NOPE" is not set
    6 | backends = ["${NOPE}"]
      |              ^^^^^^^
)");
    const Files shadowed{
        {"edge.toml", main_file("\"a\"", pool("app") + "[[route]]\nname = \"r\"\npath = \"/*\"\n"
                                                       "pool = \"app\"\n")},
        {"a", "[[route]]\nname = \"s\"\npath = \"/x\"\npool = \"app\"\n"}};
    CHECK(errors(shadowed) ==
          "a:1:1: error: this route can never match: the one in edge.toml:7 takes all its "
          "requests\n    1 | [[route]]\n      | ^^^^^^^^^ move it up, or narrow the other\n");
}

TEST_CASE("a variable is put in once, in included files too", "[conf][include]") {
    const Files files{
        {"edge.toml",
         main_file("\"a\"", "[[route]]\npath = \"/m\"\nstatus = 200\nbody = \"$$$$\"\n")},
        {"a", "[pool.app]\nbackends = [\"127.0.0.1:${PORT}\"]\n"}};
    const LoadResult result = load(files);
    REQUIRE(render(result.errors) == "");
    CHECK(result.model.routes[0].body == "$$");
    CHECK(result.model.pools[0].backends[0].address.port == 3001);
}

TEST_CASE("included files cannot include", "[conf][include]") {
    const Files files{{"edge.toml", main_file("\"a.toml\"", pool("app"))},
                      {"a.toml", "include = \"b.toml\"\n"}};
    CHECK(errors(files) == R"(a.toml:1:1: error: an included file cannot include others
    1 | include = "b.toml"
      | ^^^^^^^ name them in edge.toml
)");
}

TEST_CASE("a syntax error in one file stands alone", "[conf][include]") {
    const Files files{{"edge.toml", main_file("\"*.d\"", "via = \"of\"\n")},
                      {"a.d", pool("app")},
                      {"b.d", "[pool.b\n"},
                      {"c.d", "x = y\n"}};
    const LoadResult result = load(files);
    REQUIRE(result.errors.size() == 1);
    CHECK(result.warnings.empty());
    CHECK(result.errors[0].where.file == "b.d");
    CHECK(result.errors[0].where.line == 1);
    CHECK(result.errors[0].message.starts_with("not TOML: "));
}

TEST_CASE("a pattern that nothing fits is a warning, a missing file an error", "[conf][include]") {
    const Files files{{"edge.toml", main_file("[\"conf.d/*.toml\", \"x.toml\"]", pool("app"))}};
    const LoadResult result = load(files);
    CHECK(render(result.errors) == R"(edge.toml:1:29: error: cannot read x.toml: No such file
    1 | include = ["conf.d/*.toml", "x.toml"]
      |                             ^^^^^^^^
)");
    CHECK(render_warnings(result.warnings) ==
          R"(edge.toml:1:12: warning: no file fits "conf.d/*.toml"
    1 | include = ["conf.d/*.toml", "x.toml"]
      |            ^^^^^^^^^^^^^^^ looked in conf.d
)");
    CHECK(result.model.include_folders == std::vector<std::string>{"conf.d"});
}

TEST_CASE("an include that cannot be looked up says why", "[conf][include]") {
    const auto only = [](std::string_view include) {
        const LoadResult result = load({{"edge.toml", main_file(include, pool("app"))}});
        if (result.errors.size() != 1) return "not one error:\n" + render(result.errors);
        return result.errors[0].message + " | " + result.errors[0].hint;
    };
    CHECK(only("\"*/a.toml\"") ==
          "a folder of \"*/a.toml\" is a pattern | only the last part may have \"*\" or \"?\"");
    CHECK(only("\"\"") == "\"\" is not a file | as \"conf.d/*.toml\"");
    CHECK(only("\"conf.d/\"") == "\"conf.d/\" is not a file | as \"conf.d/*.toml\"");
    CHECK(only("\"locked/*\"") == "cannot read locked: Permission denied | ");
    CHECK(only("1") == "\"include\" must be a string or a list of strings, not a number | ");
    CHECK(only("\"${NOPE}/a.toml\"") == "environment variable \"NOPE\" is not set | ");
}

TEST_CASE("includes are bounded in number and in size", "[conf][include]") {
    Files files{{"edge.toml", main_file("\"d/*\"", pool("app"))}};
    for (int i = 0; i < 1000; ++i) files["d/" + std::to_string(i)] = "# nothing\n";
    CHECK(errors(files) == "");
    files["d/x"] = "";
    CHECK(errors(files) == R"(edge.toml:1:11: error: "include" names 1001 files
    1 | include = "d/*"
      |           ^^^^^ 1000 are the limit
)");
    const std::string large(std::size_t{9} << 20U, '\n');
    CHECK(errors(
              {{"edge.toml", main_file("\"d/*\"", pool("app"))}, {"d/a", large}, {"d/b", large}}) ==
          R"(edge.toml:1:11: error: the files are larger than 16 MiB together
    1 | include = "d/*"
      |           ^^^^^ d/b is one too many
)");
}

TEST_CASE("patterns have stars and question marks", "[conf][include]") {
    CHECK(fits_pattern("a.toml", "*.toml"));
    CHECK(fits_pattern("a.toml", "?.toml"));
    CHECK(fits_pattern("a.toml", "*"));
    CHECK(fits_pattern("aXbXc", "a*b*c"));
    CHECK(fits_pattern("", "*"));
    CHECK(fits_pattern(".a", ".*"));
    CHECK_FALSE(fits_pattern(".a", "*"));
    CHECK_FALSE(fits_pattern("a.toml~", "*.toml"));
    CHECK_FALSE(fits_pattern("ab.toml", "?.toml"));
    CHECK_FALSE(fits_pattern("a", "a?"));
    CHECK_FALSE(fits_pattern(std::string(200, 'a'), "*a*a*a*a*a*a*a*a*a*a*b"));
}

TEST_CASE("files are included from the disk", "[conf][include]") {
    namespace fs = std::filesystem;
    const fs::path folder =
        fs::temp_directory_path() / ("fairlead_include_" + std::to_string(::getpid()));
    fs::create_directories(folder / "conf.d" / "sub.toml");
    std::ofstream{folder / "edge.toml"} << main_file("\"conf.d/*.toml\"");
    std::ofstream{folder / "conf.d" / "app.toml"} << pool("app");
    const LoadResult result = load_file((folder / "edge.toml").string(), test::options());
    const LoadResult missing = load_text(main_file("[\"none.d/*\", \"none.toml\"]", pool("app")),
                                         (folder / "edge.toml").string(), test::options());
    fs::remove_all(folder);
    CHECK(render(result.errors) == "");
    REQUIRE(result.model.files.size() == 2);
    CHECK(result.model.files[1] == (folder / "conf.d" / "app.toml").string());
    REQUIRE(missing.errors.size() == 1);
    CHECK(missing.errors[0].message ==
          "cannot read " + (folder / "none.toml").string() + ": No such file or directory");
    CHECK(missing.warnings.size() == 1);
}
