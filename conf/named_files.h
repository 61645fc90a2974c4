/// Files whose content belongs to a configuration that names them: certificates, keys, authorities.
/// Each is read once per load.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/document.h"
#include "conf/model.h"
#include "conf/section.h"

namespace fairlead::conf {

struct FileAccess;

class NamedFiles {
  public:
    static constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;
    static constexpr std::size_t kBytesMax = std::size_t{64} << 20U;  ///< of all together

    using NoteContent = std::function<void(std::string_view file, std::string_view bytes)>;
    /// All outlive it.
    /// @param model  learns of every file and folder that was looked at
    NamedFiles(const FileAccess& access, Model& model, NoteContent note)
        : access_(access), model_(model), note_(std::move(note)) {}

    /// A path as it is written, beside the file that names it.
    static std::string resolve(const Reading& reading, const Text& written);
    /// @return the file; null after an error, which is reported at `written`
    std::shared_ptr<const FileContent> read(const Reading& reading, const Text& written);
    /// The same for a path that is resolved already.
    std::shared_ptr<const FileContent> read_path(const Reading& reading, Place place,
                                                 const std::string& path);
    /// Whether the text means a folder: it ends in "/", or there is one.
    static bool is_folder(const std::string& path);
    /// The names in a folder, sorted; none after an error, which is reported.
    std::vector<std::string> list(const Reading& reading, Place place, const std::string& folder);

  private:
    const FileAccess& access_;
    Model& model_;
    const NoteContent note_;
    std::map<std::string, std::shared_ptr<const FileContent>> files_;  ///< by path; null: an error
    std::size_t bytes_ = 0;
};

}  // namespace fairlead::conf
