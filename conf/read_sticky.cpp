#include "conf/read_sticky.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "conf/named_files.h"
#include "conf/names.h"

namespace fairlead::conf {
namespace {

namespace fs = std::filesystem;
using Kind = Value::Kind;

/// As long as what HMAC-SHA256 makes of it: a shorter one is easier to guess than its cookies.
constexpr std::size_t kKeyBytesMin = 32;
/// With its value and attributes far below the 4096 bytes that browsers keep of a cookie.
constexpr std::size_t kNameBytesMax = 128;
/// Browsers keep no cookie longer.
constexpr std::chrono::hours kMaxAgeMost{24 * 400};

std::string make_hint(const std::string& path) {
    return fmt::format("make one: (umask 077; openssl rand -hex 32 > {})", path);
}

/// Whoever can read the key can send anybody anywhere.
bool is_open_to_all(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (error || !fs::exists(status)) return false;
    constexpr fs::perms kOthers = fs::perms::others_read | fs::perms::others_write;
    return (status.permissions() & kOthers) != fs::perms::none;
}

void read_key(Section& section, Sticky& out) {
    std::string written;
    if (!section.text("key_file", written)) return;
    const Place place = section.value_place("key_file");
    Sticky read;
    read.key = section.reading().named_files->read(section.reading(), {std::move(written), place});
    if (read.key == nullptr) return;
    const std::string& path = read.key->path;
    if (is_open_to_all(path)) {
        section.error(place,
                      fmt::format("the key file {} is open to every user of this machine", path),
                      fmt::format("chmod 600 {}", path));
    } else if (read.key_bytes().size() < kKeyBytesMin) {
        section.error(place,
                      fmt::format("the key in {} is shorter than {} bytes", path, kKeyBytesMin),
                      make_hint(path));
    } else {
        out.key = std::move(read.key);
    }
}

void read_name(const Section& section, const Value& value, Sticky& out) {
    std::string name;
    if (!section.read_text(value, "cookie", name)) return;
    if (!is_token(name) || name.size() > kNameBytesMax) {
        section.error(value.place, fmt::format("\"{}\" is not a cookie name", name),
                      fmt::format("1 to {} letters, digits, \"-\" and \"_\"", kNameBytesMax));
        return;
    }
    out.cookie = std::move(name);
}

void read_secure(Section& section, Sticky& out) {
    const Value* const value = section.get("secure");
    if (value == nullptr) return;
    if (value->is(Kind::Boolean)) {
        out.secure = value->boolean ? CookieSecure::Always : CookieSecure::Never;
    } else if (value->is(Kind::Text) && value->text == "auto") {
        out.secure = CookieSecure::Auto;
    } else {
        section.error(value->place, "\"secure\" must be true, false or \"auto\"",
                      "\"auto\" is true where the client came by TLS");
    }
}

/// Browsers refuse such cookies without a word.
void check_secure(const Section& section, const Sticky& sticky) {
    if (sticky.secure != CookieSecure::Never) return;
    constexpr std::string_view kHint = "write secure = true, or \"auto\"";
    const Place place = section.has("secure") ? section.key_place("secure") : section.place();
    if (sticky.same_site == SameSite::None) {
        section.error(place, "same_site = \"none\" needs a secure cookie", std::string{kHint});
    } else if (sticky.cookie.starts_with("__Host-") || sticky.cookie.starts_with("__Secure-")) {
        section.error(place, fmt::format("a cookie named \"{}\" must be secure", sticky.cookie),
                      std::string{kHint});
    }
}

void read_table(Section& section, Sticky& out) {
    if (const Value* const name = section.get("cookie")) read_name(section, *name, out);
    read_key(section, out);
    section.flag("http_only", out.http_only);
    read_secure(section, out);
    section.choice("same_site", out.same_site,
                   {{"lax", SameSite::Lax},
                    {"strict", SameSite::Strict},
                    {"none", SameSite::None},
                    {"off", SameSite::Off}});
    section.duration("max_age", out.max_age, {std::chrono::seconds{1}, kMaxAgeMost, true});
    check_secure(section, out);
}

}  // namespace

void read_sticky(Section& section, std::optional<Sticky>& out) {
    section.table_or(
        "sticky",
        [&](Section& sticky) {
            if (!out) out.emplace();
            out->where = sticky.where();
            read_table(sticky, *out);
        },
        [&](const Value& value) {
            if (value.is(Kind::Text) && (value.text == "off" || value.text == "none")) {
                out.reset();
            } else if (value.is(Kind::Text)) {
                if (!out) out.emplace();
                out->where = section.reading().document.locate(value.place);
                read_name(section, value, *out);
            } else {
                section.wrong_type(value, "sticky", "a table, a cookie's name or \"off\"",
                                   "write sticky = \"fairlead\"");
            }
        });
}

}  // namespace fairlead::conf
