#include "tests/tidy/files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "tests/support/catch.h"

namespace fairlead::tidy {

std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    INFO("cannot read " << file.string());
    REQUIRE(in.good());
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<File> files(const std::filesystem::path& root,
                        std::initializer_list<std::string_view> folders,
                        std::initializer_list<std::string_view> endings) {
    std::vector<File> found;
    const auto take = [&](const std::filesystem::path& file) {
        const std::string path = file.lexically_relative(root).generic_string();
        if (std::any_of(endings.begin(), endings.end(),
                        [&path](std::string_view ending) { return path.ends_with(ending); })) {
            found.push_back({path, content(file)});
        }
    };
    for (const std::string_view folder : folders) {
        const std::filesystem::path start = root / folder;
        if (std::filesystem::is_regular_file(start)) {
            take(start);
            continue;
        }
        std::error_code error;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(start, error)) {
            if (entry.is_regular_file()) take(entry.path());
        }
        INFO("cannot read the folder " << start.string());
        REQUIRE_FALSE(error);
    }
    std::sort(found.begin(), found.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    return found;
}

}  // namespace fairlead::tidy
