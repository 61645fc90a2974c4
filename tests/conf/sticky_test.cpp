// `sticky` of a pool: the cookie's name, its key file, its attributes.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "conf/plan.h"
#include "conf/settings.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;
using namespace std::chrono_literals;

namespace {

Sticky sticky_of(std::string_view lines) {
    const LoadResult result = test::load(test::with_pool(lines));
    CHECK(render(result.errors) == "");
    REQUIRE(result.model.pools.at(0).sticky.has_value());
    return *result.model.pools[0].sticky;
}
std::string error_of(std::string_view lines) { return test::only_error(test::with_pool(lines)); }

/// A file with a key, and the line that names it.
class KeyFile {
  public:
    explicit KeyFile(const std::string& content, mode_t mode = 0600) {
        char name[] = "/tmp/fairlead-sticky-XXXXXX";
        const int made = ::mkstemp(name);
        REQUIRE(made >= 0);
        ::close(made);
        path = name;
        write(content);
        ::chmod(name, mode);
    }
    ~KeyFile() { std::filesystem::remove(path); }
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;

    void write(const std::string& content) const { std::ofstream(path) << content; }
    std::string line() const { return "sticky = { key_file = \"" + path + "\" }"; }

    std::string path;
};

const std::string kKey(32, 'k');

}  // namespace

TEST_CASE("a pool is sticky when its cookie is named", "[conf][sticky]") {
    CHECK(!test::pool_of("").sticky);
    CHECK(!test::pool_of("sticky = \"off\"").sticky);
    CHECK(!test::pool_of("sticky = \"none\"").sticky);
    CHECK(sticky_of("sticky = \"place\"").cookie == "place");
    const Sticky usual = sticky_of("sticky = {}");
    CHECK(usual.cookie == "fairlead");
    CHECK(usual.key == nullptr);
    CHECK(usual.http_only);
    CHECK(usual.secure == CookieSecure::Auto);
    CHECK(usual.same_site == SameSite::Lax);
    CHECK(usual.max_age == kForever);
}

TEST_CASE("a sticky cookie has the attributes that are written", "[conf][sticky]") {
    const Sticky written = sticky_of(
        "sticky = { cookie = \"__Host-lb\", http_only = false, secure = true, same_site = "
        "\"strict\", max_age = \"1h\" }");
    CHECK(written.cookie == "__Host-lb");
    CHECK(!written.http_only);
    CHECK(written.secure == CookieSecure::Always);
    CHECK(written.same_site == SameSite::Strict);
    CHECK(written.max_age == 1h);
    CHECK(sticky_of("sticky = { secure = false }").secure == CookieSecure::Never);
    CHECK(sticky_of("sticky = { secure = \"auto\" }").secure == CookieSecure::Auto);
    CHECK(sticky_of("sticky = { same_site = \"none\" }").same_site == SameSite::None);
    CHECK(sticky_of("sticky = { same_site = \"off\" }").same_site == SameSite::Off);
    CHECK(sticky_of("sticky = { max_age = \"none\" }").max_age == kForever);
}

TEST_CASE("a sticky cookie that no browser would keep is an error", "[conf][sticky]") {
    CHECK(error_of("sticky = \"a b\"") ==
          "\"a b\" is not a cookie name | 1 to 128 letters, digits, \"-\" and \"_\"");
    CHECK(error_of("sticky = \"\"") ==
          "\"\" is not a cookie name | 1 to 128 letters, digits, \"-\" and \"_\"");
    CHECK(error_of("sticky = true") ==
          "\"sticky\" must be a table, a cookie's name or \"off\", not a boolean | write sticky = "
          "\"fairlead\"");
    CHECK(error_of("sticky = { secure = \"yes\" }") ==
          "\"secure\" must be true, false or \"auto\" | \"auto\" is true where the client came by "
          "TLS");
    CHECK(error_of("sticky = { secure = false, same_site = \"none\" }") ==
          "same_site = \"none\" needs a secure cookie | write secure = true, or \"auto\"");
    CHECK(error_of("sticky = { secure = false, cookie = \"__Host-a\" }") ==
          "a cookie named \"__Host-a\" must be secure | write secure = true, or \"auto\"");
    CHECK(error_of("sticky = { same_site = \"lux\" }") ==
          "unknown same_site \"lux\" in [pool.app.sticky] | did you mean \"lax\"?");
}

TEST_CASE("a pool's sticky is laid over that of the defaults", "[conf][sticky]") {
    const LoadResult result = test::load(
        test::with("sticky = { same_site = \"strict\" }\n[defaults.pool]\nsticky = { cookie = "
                   "\"lb\", secure = true }\n[pool.b]\nbackends = [\"127.0.0.1:2\"]\nsticky = "
                   "\"off\"\n"));
    REQUIRE(render(result.errors) == "");
    const Sticky& laid = *result.model.pools[0].sticky;
    CHECK(laid.cookie == "lb");
    CHECK(laid.secure == CookieSecure::Always);
    CHECK(laid.same_site == SameSite::Strict);
    CHECK(!result.model.pools[1].sticky);
}

TEST_CASE("a key comes out of its file without the line end", "[conf][sticky]") {
    CHECK(sticky_of(KeyFile(kKey + "\r\n\n").line()).key_bytes() == kKey);
    CHECK(sticky_of(KeyFile(kKey).line()).key_bytes() == kKey);
}

TEST_CASE("a key that others can read or guess is refused", "[conf][sticky]") {
    const KeyFile open(kKey, 0644);
    CHECK(error_of(open.line()) == "the key file " + open.path +
                                       " is open to every user of this machine | chmod 600 " +
                                       open.path);
    const KeyFile brief(std::string(31, 'k') + "\n");
    CHECK(error_of(brief.line()) == "the key in " + brief.path +
                                        " is shorter than 32 bytes | make one: (umask 077; openssl "
                                        "rand -hex 32 > " +
                                        brief.path + ")");
    CHECK(error_of("sticky = { key_file = \"/nowhere/key\" }").starts_with("cannot read"));
}

TEST_CASE("another key is a change of its pool", "[conf][sticky]") {
    const KeyFile file(kKey);
    const SettingList before = settings(test::load(test::with_pool(file.line())).model);
    file.write(std::string(32, 'o'));
    const SettingList after = settings(test::load(test::with_pool(file.line())).model);
    const std::vector<Change> changes = plan(before, after);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].name == "app");
    CHECK(changes[0].details ==
          std::vector<std::string>{"sticky.key_file: other content in the same files"});
}

TEST_CASE("a key that is kept nowhere is warned of", "[conf][sticky]") {
    const std::string pool = test::with_pool("sticky = \"lb\"");
    CHECK(test::warnings_of(pool).find("the sticky cookies of [pool.app] end with the process") !=
          std::string::npos);
    CHECK(test::warnings_of(pool + "[process]\nstate_file = \"/s.json\"\n") == "");
    CHECK(test::warnings_of(test::with_pool(KeyFile(kKey).line())) == "");
}

TEST_CASE("the pools of a split have one sticky cookie", "[conf][sticky]") {
    const auto split = [](const std::string& other) {
        return test::with(
            "sticky = \"lb\"\n[process]\nstate_file = \"/s\"\n[pool.b]\nbackends = "
            "[\"127.0.0.1:2\"]\n" +
            other + "\n[[route]]\nsplit = { app = 1, b = 1 }\n");
    };
    CHECK(test::only_error(split("sticky = \"place\"")) ==
          "the sticky cookies of this split are \"lb\" in [pool.app] and \"place\" in [pool.b] | "
          "give them one name: a client has one place in a split");
    CHECK(test::errors_of(split("sticky = \"lb\"")) == "");
    CHECK(test::warnings_of(split("sticky = \"lb\"")) == "");
    CHECK(test::errors_of(split("")) == "");
}

TEST_CASE("pools that one client meets need cookies of their own", "[conf][sticky]") {
    const auto routed = [](const std::string& cookie, const std::string& match) {
        return test::with(
            "sticky = \"lb\"\n[process]\nstate_file = \"/s\"\n[pool.b]\nbackends = "
            "[\"127.0.0.1:2\"]\nsticky = \"" +
            cookie + "\"\n[[route]]\npool = \"b\"\n" + match + "\n");
    };
    const std::string warned = test::warnings_of(routed("lb", "path = \"/b/*\""));
    CHECK(warned.find("[pool.app] and [pool.b] have the same sticky cookie \"lb\": a client of "
                      "both keeps its place in one only") != std::string::npos);
    CHECK(warned.find("write sticky = { cookie = \"lb-b\" }") != std::string::npos);
    CHECK(test::warnings_of(routed("other", "path = \"/b/*\"")) == "");
    // The other one has a host of its own too.
    CHECK(test::warnings_of(routed("lb",
                                   "host = \"b.com\"\n[[route]]\nhost = \"a.com\"\npool = "
                                   "\"app\"") +
                            "") != "");
}
