#include "proxy/control/token_file.h"

#include <sys/stat.h>

#include <fstream>

#include "proxy/telemetry/log.h"
#include "tests/net/sockets.h"
#include "tests/support/catch.h"

using namespace fairlead;
using control::read_token;
using control::TokenFile;

namespace {

void write(const std::string& path, std::string_view content, mode_t mode = 0600) {
    std::ofstream(path, std::ios::trunc) << content;
    ::chmod(path.c_str(), mode);
}

}  // namespace

TEST_CASE("a token is the one line of its file", "[control][token]") {
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("token");
    write(path, "s3cret\n");
    CHECK(read_token(path) == "s3cret");
    write(path, "  s3cret \r\n\n", 0640);
    CHECK(read_token(path) == "s3cret");
}

TEST_CASE("a token file that protects nothing is refused with the cure", "[control][token]") {
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("token");
    const auto refusal = [&] {
        const Result<std::string> token = read_token(path);
        return token ? "taken: " + *token : token.error().render();
    };
    CHECK(refusal() == "error: the token file " + path +
                           " cannot be opened: No such file or directory\n  make one: (umask 077; "
                           "openssl rand -hex 32 > " +
                           path + ")\n");
    write(path, "s3cret", 0644);
    CHECK(refusal() == "error: the token file " + path +
                           " is open to every user of this machine\n  chmod 600 " + path + "\n");
    write(path, " \n\n");
    CHECK(refusal().find(" is empty\n") != std::string::npos);
    write(path, "two words");
    CHECK(refusal().find(" holds something that cannot be sent as a token\n") != std::string::npos);
    write(path, std::string(5000, 'x'));
    CHECK(refusal().find(" is longer than 4 KiB\n") != std::string::npos);
    ::unlink(path.c_str());
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(refusal().find(" is no regular file\n") != std::string::npos);
}

TEST_CASE("a token can be exchanged while the balancer runs", "[control][token]") {
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("token");
    write(path, "first");
    TokenFile file(path);
    CHECK(file.token() == "first");
    write(path, "other");
    CHECK(file.token() == "other");
    CHECK(TokenFile("").token() == std::nullopt);
}

TEST_CASE("a token file that cannot be used is told once, and lets nobody in", "[control][token]") {
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("token");
    TokenFile file(path);
    telemetry::log::Capture log;
    CHECK(file.token() == std::nullopt);
    CHECK(file.token() == std::nullopt);
    const std::string text = log.text();
    CHECK(text.starts_with("error admin endpoint: the token file " + path + " cannot be opened"));
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    write(path, "s3cret");
    CHECK(file.token() == "s3cret");
}
