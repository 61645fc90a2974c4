#include "conf/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conf/cross_check.h"
#include "conf/document.h"
#include "conf/environment.h"
#include "conf/file.h"
#include "conf/read_file.h"

namespace fairlead::conf {
namespace {

/// A value with an unset variable in it is wrong for that reason only.
void forget_errors_at(const std::vector<Place>& places, std::vector<Error>& errors) {
    const auto is_there = [&](const Error& error) {
        return std::any_of(places.begin(), places.end(), [&](const Place& place) {
            return place.line == error.where.line && place.column == error.where.column;
        });
    };
    errors.erase(std::remove_if(errors.begin(), errors.end(), is_there), errors.end());
}

}  // namespace

LoadResult load_text(std::string_view text, const std::string& file, const LoadOptions& options) {
    LoadResult result;
    Result<Document> document = Document::parse(text, file);
    if (!document) {
        result.errors.push_back(std::move(document).error());
        return result;
    }
    std::vector<Error> unset;
    const std::vector<Place> broken = expand_environment(*document, options.environment, unset);
    result.model.files.push_back(file);
    const Reading reading{*document, result.errors, result.warnings};
    const ReadNotes notes = read_file(reading, options.policies, result.model);
    cross_check(result.model, notes, result.errors, result.warnings);
    forget_errors_at(broken, result.errors);
    result.errors.insert(result.errors.end(), unset.begin(), unset.end());
    sort_by_place(result.errors);
    sort_by_place(result.warnings);
    return result;
}

LoadResult load_file(const std::string& path, const LoadOptions& options) {
    Result<std::string> bytes = read_bytes(path, "give the file with -c FILE");
    if (!bytes) {
        LoadResult result;
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
