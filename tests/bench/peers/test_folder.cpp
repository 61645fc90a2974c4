#include "tests/bench/peers/test_folder.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "tests/support/catch.h"

namespace fairlead::bench::peers {

namespace fs = std::filesystem;

TestFolder::TestFolder() {
    std::string name = (fs::temp_directory_path() / "peers_test.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TestFolder::~TestFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
}

fs::path TestFolder::write(const std::string& name, std::string_view content) const {
    fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream out(file);
    out << content;
    REQUIRE(out.good());
    return file;
}

std::string TestFolder::read(const std::string& name) const {
    std::ifstream in(path_ / name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace fairlead::bench::peers
