#include "conf/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conf/cross_check.h"
#include "conf/document.h"
#include "conf/environment.h"
#include "conf/file.h"
#include "conf/include.h"
#include "conf/merge.h"
#include "conf/named_files.h"
#include "conf/origins.h"
#include "conf/read_file.h"
#include "proxy/base/hash.h"

namespace fairlead::conf {
namespace {

constexpr std::size_t kBytesMax = std::size_t{16} << 20U;  ///< of all files together

void note_content(Model& model, std::string_view file, std::string_view bytes) {
    const std::uint64_t hash = hash_bytes(bytes, hash_bytes(file, model.content));
    model.content = hash == 0 ? 1 : hash;
}

/// From texts to a model.
class Loader {
  public:
    Loader(Document document, const LoadOptions& options)
        : document_(std::move(document)), options_(options) {
        if (!access_.read) access_.read = [](const auto& path) { return read_bytes(path, ""); };
        if (!access_.list) access_.list = &list_files;
    }

    LoadResult load(std::string_view main_text) {
        bytes_ = main_text.size();
        note_content(result_.model, document_.sources().front().file(), main_text);
        expand(document_.root());
        if (!read_included()) return std::move(result_);
        result_.model.origins = find_origins(document_.root());
        const ReadNotes notes = read_file(reading_, options_.policies, result_.model);
        cross_check(result_.model, notes, result_.errors, result_.warnings);
        forget_errors_at_broken();
        result_.errors.insert(result_.errors.end(), unset_.begin(), unset_.end());
        sort_by_place(result_.errors, document_.sources());
        sort_by_place(result_.warnings, document_.sources());
        return std::move(result_);
    }

  private:
    void expand(Value& root) {
        const std::vector<Place> broken =
            expand_environment(document_, root, options_.environment, unset_);
        broken_.insert(broken_.end(), broken.begin(), broken.end());
    }

    /// @return false after a syntax error, which is then the only error.
    bool read_included() {
        Model& model = result_.model;
        model.files.push_back(document_.sources().front().file());
        // All are looked up before the first is merged: `include` stands in the main file.
        const std::vector<IncludedFile> files =
            find_included(reading_, access_, model.include_folders);
        for (const IncludedFile& file : files) {
            model.files.push_back(file.path);
            const Result<std::string> bytes = access_.read(file.path);
            if (!bytes) {
                reading_.error(file.place, bytes.error().message, bytes.error().hint);
                continue;
            }
            note_content(model, file.path, *bytes);
            bytes_ += bytes->size();
            if (bytes_ > kBytesMax) {
                reading_.error(file.place, "the files are larger than 16 MiB together",
                               fmt::format("{} is one too many", file.path));
                return true;
            }
            Result<Value> included = document_.parse_further(*bytes, file.path);
            if (!included) {
                result_.errors = {std::move(included).error()};
                result_.warnings.clear();
                return false;
            }
            expand(*included);
            merge(document_, *std::move(included), result_.errors);
        }
        return true;
    }

    /// A value with an unset variable in it is wrong for that reason only.
    void forget_errors_at_broken() {
        std::vector<Location> places;
        for (const Place& place : broken_) places.push_back(document_.locate(place));
        const auto is_there = [&](const Error& error) {
            return std::any_of(places.begin(), places.end(), [&](const Location& place) {
                return place.line == error.where.line && place.column == error.where.column &&
                       place.file == error.where.file;
            });
        };
        std::vector<Error>& errors = result_.errors;
        errors.erase(std::remove_if(errors.begin(), errors.end(), is_there), errors.end());
    }

    Document document_;
    const LoadOptions& options_;
    FileAccess access_ = options_.files;
    LoadResult result_;
    NamedFiles named_files_{access_, result_.model,
                            [this](std::string_view file, std::string_view bytes) {
                                note_content(result_.model, file, bytes);
                            }};
    Reading reading_{document_, result_.errors, result_.warnings, nullptr, &named_files_};
    std::size_t bytes_ = 0;
    std::vector<Error> unset_;
    std::vector<Place> broken_;  ///< values with an unset variable
};

}  // namespace

LoadResult load_text(std::string_view text, const std::string& file, const LoadOptions& options) {
    Result<Document> document = Document::parse(text, file);
    if (!document) {
        LoadResult result;
        result.model.files.push_back(file);
        note_content(result.model, file, text);
        result.errors.push_back(std::move(document).error());
        return result;
    }
    return Loader{*std::move(document), options}.load(text);
}

LoadResult load_file(const std::string& path, const LoadOptions& options) {
    Result<std::string> bytes = read_bytes(path, "give the file with -c FILE");
    if (!bytes) {
        LoadResult result;
        result.model.files.push_back(path);
        result.errors.push_back(std::move(bytes).error());
        return result;
    }
    return load_text(*bytes, path, options);
}

std::string render_warnings(const std::vector<Error>& warnings) {
    std::string out;
    for (const Error& warning : warnings) {
        std::string text = warning.render();
        const std::string head = "error: " + warning.message;
        if (const std::size_t at = text.find(head); at != std::string::npos) {
            text.replace(at, std::string_view{"error"}.size(), "warning");
        }
        out += text;
    }
    return out;
}

std::string count_text(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace fairlead::conf
