#include "conf/origins.h"

#include <fmt/format.h>

#include <string>

#include "conf/patterns.h"
#include "conf/toml_text.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

class Walk {
  public:
    explicit Walk(Origins& origins) : origins_(origins) {}

    /// Everything below `path`, which is a key or a section.
    void take(const std::string& path, const Value& value) {
        if (value.is(Kind::Table)) {
            const bool is_sni = path.starts_with("listener.") && path.ends_with(".sni");
            for (const Entry& entry : value.entries) {
                const std::string key = is_sni ? server_name(entry.key) : entry.key;
                take(fmt::format("{}.{}", path, toml_key(key)), entry.value);
            }
            return;
        }
        const bool is_off = value.is(Kind::Text) && (value.text == "off" || value.text == "none");
        origins_.emplace(path, Origin{static_cast<std::uint32_t>(value.place.file),
                                      static_cast<std::uint32_t>(value.place.line), is_off});
    }

    void take_each(const std::string& noun, const Value& list) {
        for (std::size_t i = 0; i < list.items.size(); ++i) {
            take(fmt::format("{}.{}", noun, i), list.items[i]);
        }
    }

  private:
    /// As the model has it: lower case, no trailing dot.
    static std::string server_name(const std::string& written) {
        const Result<HostPattern> pattern = parse_host_pattern(written);
        return pattern ? pattern->text() : written;
    }

    Origins& origins_;
};

}  // namespace

Origins find_origins(const Value& root) {
    Origins origins;
    Walk walk{origins};
    for (const Entry& entry : root.entries) {
        if (entry.value.is(Kind::List)) {
            walk.take_each(entry.key, entry.value);
        } else {
            walk.take(entry.key, entry.value);
        }
    }
    return origins;
}

}  // namespace fairlead::conf
