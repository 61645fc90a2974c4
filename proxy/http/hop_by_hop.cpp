#include "proxy/http/hop_by_hop.h"

#include "proxy/base/text.h"

namespace fairlead::http {
namespace {

/// Calls `visit(element)` for each element of a comma-separated list until it returns true.
template <class Visit>
bool any_of_list(std::string_view list, Visit visit) {
    while (true) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trim(list.substr(0, comma));
        if (!element.empty() && visit(element)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

/// Words of Connection that name nothing which is_hop_by_hop() does not remove anyway.
bool is_usual_word(std::string_view word) {
    if (word == "keep-alive" || word == "close") return true;  // as nearly everybody writes them
    return iequals(word, "close") || iequals(word, "keep-alive") || iequals(word, "upgrade") ||
           iequals(word, "te");
}

/// Removing these because a sender says so would change what a request is or who sent it.
bool is_protected(FieldId id) {
    constexpr std::uint64_t kProtected =
        field_bit(FieldId::Host) | field_bit(FieldId::ContentLength) |
        field_bit(FieldId::TransferEncoding) | field_bit(FieldId::Authorization) |
        field_bit(FieldId::Cookie) | field_bit(FieldId::Forwarded) |
        field_bit(FieldId::XForwardedFor) | field_bit(FieldId::XForwardedHost) |
        field_bit(FieldId::XForwardedPort) | field_bit(FieldId::XForwardedProto) |
        field_bit(FieldId::XForwardedOther) | field_bit(FieldId::XRealIp) |
        field_bit(FieldId::XRequestId) | field_bit(FieldId::Via);
    return (kProtected & field_bit(id)) != 0;
}

}  // namespace

ConnectionNames::ConnectionNames(const HeadBase& head) : head_(head) {
    if (head.present != 0 && (head.present & field_bit(FieldId::Connection)) == 0) return;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::Connection) continue;
        const std::string_view list = head.value(field);
        if (is_usual_word(list)) continue;
        has_names_ = has_names_ ||
                     any_of_list(list, [](std::string_view word) { return !is_usual_word(word); });
    }
}

bool ConnectionNames::names(const Field& field) const {
    if (!has_names_ || is_protected(field.id)) return false;
    const std::string_view name = head_.name(field);
    for (const Field& connection : head_.fields) {
        if (connection.id == FieldId::Connection && list_has(head_.value(connection), name)) {
            return true;
        }
    }
    return false;
}

bool list_has(std::string_view list, std::string_view word) {
    return any_of_list(list, [word](std::string_view element) { return iequals(element, word); });
}

}  // namespace fairlead::http
