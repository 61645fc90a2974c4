#include "proxy/cli/print.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "conf/load.h"
#include "tests/cli/captured_output.h"
#include "tests/support/catch.h"

using namespace fairlead;

namespace {

/// What a command writes to one of the standard streams, with its exit code.
struct Printed {
    int code = 0;
    std::string text;
};

Printed printed(const std::string& path, std::FILE* stream) {
    cli::CapturedOutput output;
    std::fflush(stream);
    const int kept = ::dup(fileno(stream));
    ::dup2(fileno(output.file()), fileno(stream));
    Printed result;
    result.code = cli::print_file(path);
    std::fflush(stream);
    ::dup2(kept, fileno(stream));
    ::close(kept);
    result.text = output.text();
    return result;
}

}  // namespace

TEST_CASE("print writes a file that loads, with nothing else on stdout", "[cli][print]") {
    const Printed result =
        printed(std::string{FAIRLEAD_SOURCE_DIR} + "/examples/site.toml", stdout);
    CHECK(result.code == 0);
    CHECK(result.text.find("\n[pool.app]") != std::string::npos);
    CHECK(render(conf::load_text(result.text, "printed.toml").errors) == "");
}

TEST_CASE("print of a file with errors shows them and exits with 2", "[cli][print]") {
    const std::string path =
        std::string{P_tmpdir} + "/fairlead_print_" + std::to_string(::getpid()) + ".toml";
    std::ofstream{path} << "[listener.web]\nbind = 80\npool = \"app\"\n[pool.app]\nbackends = "
                           "[\"127.0.0.1:1\"]\n";
    const Printed result = printed(path, stderr);
    std::remove(path.c_str());
    CHECK(result.code == 2);
    CHECK(result.text == path +
                             ":2:8: error: \"bind\" must be a string or a list of strings, not a "
                             "number\n    2 | bind = 80\n      |        ^^ write \":80\"\n"
                             "1 error; the file is not usable\n");
}
