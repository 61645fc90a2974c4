#include "proxy/l7/hash_key.h"

#include "proxy/base/hash.h"
#include "proxy/base/text.h"

namespace fairlead::l7 {
namespace {

/// `name=value` pieces between separators.
std::optional<std::string_view> find_pair(std::string_view text, char separator,
                                          std::string_view name) {
    while (!text.empty()) {
        const std::size_t end = text.find(separator);
        const std::string_view pair = trim(text.substr(0, end));
        if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
            return pair.substr(name.size() + 1);
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> cookie_value(const http::RequestHead& head, std::string_view name) {
    for (const http::Field& field : head.fields) {
        if (field.id != http::FieldId::Cookie) continue;
        std::optional<std::string_view> value = find_pair(head.value(field), ';', name);
        if (!value) continue;
        if (value->size() >= 2 && value->front() == '"' && value->back() == '"') {
            value = value->substr(1, value->size() - 2);
        }
        return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
    if (query.starts_with('?')) query.remove_prefix(1);
    return find_pair(query, '&', name);
}

std::optional<std::uint64_t> hash_key(const conf::Hash& hash, const http::RequestHead& head,
                                      const http::Target& target, const IpAddress& client_ip) {
    std::optional<std::string_view> text;
    char address[46];
    switch (hash.key) {
        case conf::HashKey::ClientIp:
            text = std::string_view(address, client_ip.write(address));
            break;
        case conf::HashKey::Path:
            text = target.route_path;
            break;
        case conf::HashKey::Header:
            if (const http::Field* field = head.find(hash.name)) text = head.value(*field);
            break;
        case conf::HashKey::Cookie:
            text = cookie_value(head, hash.name);
            break;
        case conf::HashKey::Query:
            text = query_value(target.query, hash.name);
            break;
    }
    if (!text) return std::nullopt;
    return hash_bytes(*text);
}

}  // namespace fairlead::l7
