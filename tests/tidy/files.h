/// The files of the checkout, as the tidy tests read them.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tidy {

/// A file with its path from the root of the checkout.
struct File {
    std::string path;
    std::string content;
};

/// All files below `folders` (or the files of these names) with one of the endings, sorted by path.
std::vector<File> files(const std::filesystem::path& root,
                        std::initializer_list<std::string_view> folders,
                        std::initializer_list<std::string_view> endings);

/// The file's content; the test fails when it cannot be read.
std::string content(const std::filesystem::path& file);

}  // namespace fairlead::tidy
