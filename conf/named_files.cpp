#include "conf/named_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "conf/load.h"

namespace fairlead::conf {
namespace {

namespace fs = std::filesystem;

/// Reading a pipe would wait for whoever writes into it.
bool is_special(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

}  // namespace

std::string NamedFiles::resolve(const Reading& reading, const Text& written) {
    const std::string& named_in = reading.document.sources().at(written.place.file).file();
    const fs::path path = fs::path(named_in).parent_path() / written.text;
    return path.lexically_normal().string();
}

bool NamedFiles::is_folder(const std::string& path) {
    std::error_code error;
    return path.ends_with('/') || fs::is_directory(path, error);
}

std::shared_ptr<const FileContent> NamedFiles::read(const Reading& reading, const Text& written) {
    if (written.text.empty() || written.text.find('\0') != std::string::npos) {
        reading.error(written.place, fmt::format("\"{}\" is not a file", written.text),
                      "a path, absolute or beside this file");
        return nullptr;
    }
    return read_path(reading, written.place, resolve(reading, written));
}

std::shared_ptr<const FileContent> NamedFiles::read_path(const Reading& reading, Place place,
                                                         const std::string& path) {
    if (const auto found = files_.find(path); found != files_.end()) {
        if (found->second == nullptr) reading.error(place, fmt::format("cannot read {}", path));
        return found->second;
    }
    std::shared_ptr<const FileContent>& file = files_[path];
    model_.files.push_back(path);  // also one that is missing: it may come
    if (is_special(path)) {
        reading.error(place, fmt::format("{} is not a regular file", path));
        return nullptr;
    }
    Result<std::string> bytes = access_.read(path);
    if (!bytes) {
        reading.error(place, std::move(bytes.error().message), std::move(bytes.error().hint));
        return nullptr;
    }
    if (bytes->size() > kFileBytesMax) {
        reading.error(place, fmt::format("{} is larger than 1 MiB", path),
                      "is it the file that was meant?");
        return nullptr;
    }
    bytes_ += bytes->size();
    if (bytes_ > kBytesMax) {
        reading.error(place, "certificates and keys are larger than 64 MiB together",
                      fmt::format("{} is one too many", path));
        return nullptr;
    }
    note_(path, *bytes);
    file = std::make_shared<const FileContent>(FileContent{path, *std::move(bytes)});
    return file;
}

std::vector<std::string> NamedFiles::list(const Reading& reading, Place place,
                                          const std::string& folder) {
    std::vector<std::string>& folders = model_.include_folders;
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
        folders.push_back(folder);
    }
    Result<std::vector<std::string>> names = access_.list(folder);
    if (!names) {
        reading.error(place, std::move(names.error().message), std::move(names.error().hint));
        return {};
    }
    std::sort(names->begin(), names->end());
    return *std::move(names);
}

}  // namespace fairlead::conf
