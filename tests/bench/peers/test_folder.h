/// A new folder under the temporary directory, gone with its content at the end.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fairlead::bench::peers {

class TestFolder {
  public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Writes a file, with the folders it needs.
    std::filesystem::path write(const std::string& name, std::string_view content) const;
    std::string read(const std::string& name) const;

  private:
    std::filesystem::path path_;
};

}  // namespace fairlead::bench::peers
