#include "proxy/http/forwarded.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "proxy/base/text.h"

namespace fairlead::http {
namespace {

/// An address as hops are written: alone, with a port, IPv6 with or without brackets.
std::optional<IpAddress> hop_address(std::string_view hop) {
    if (hop.starts_with('[')) {
        const std::size_t end = hop.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view rest = hop.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') return std::nullopt;
        hop = hop.substr(1, end - 1);
    } else if (std::count(hop.begin(), hop.end(), ':') == 1) {
        hop = hop.substr(0, hop.find(':'));
    }
    const Result<IpAddress> address = IpAddress::parse(hop);
    if (!address) return std::nullopt;
    return *address;
}

/// Walks from the hop nearest to us to the farthest.
class HopWalk {
  public:
    HopWalk(const IpAddress& peer, std::span<const IpNetwork> trusted)
        : client_(peer), trusted_(trusted) {}

    /// @return true when the walk has ended
    bool step(std::string_view hop) {
        const std::optional<IpAddress> address = hop_address(hop);
        if (!address) return true;
        if (contains(trusted_, *address)) return false;
        client_ = *address;
        return true;
    }
    const IpAddress& client() const { return client_; }

  private:
    IpAddress client_;
    std::span<const IpNetwork> trusted_;
};

void walk_x_forwarded_for(const RequestHead& head, HopWalk& walk) {
    for (auto field = head.fields.rbegin(); field != head.fields.rend(); ++field) {
        if (field->id != FieldId::XForwardedFor) continue;
        std::string_view list = head.value(*field);
        while (!list.empty()) {
            const std::size_t comma = list.rfind(',');
            const std::string_view hop =
                trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
            if (!hop.empty() && walk.step(hop)) return;
            if (comma == std::string_view::npos) break;
            list = list.substr(0, comma);
        }
    }
}

/// Pieces of `text` between separators that are not inside a quoted string.
template <class Visit>
void split_unquoted(std::string_view text, char separator, Visit visit) {
    bool is_quoted = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && text[at] == separator) {
            visit(trim(text.substr(begin, at - begin)));
            begin = at + 1;
        }
    }
    visit(trim(text.substr(begin)));
}

/// The node of `for=` in one element of Forwarded (RFC 7239 section 4), without its quotes.
std::string_view for_node(std::string_view element) {
    std::string_view node;
    split_unquoted(element, ';', [&node](std::string_view pair) {
        constexpr std::string_view kFor = "for=";
        if (!iequals(pair.substr(0, kFor.size()), kFor)) return;
        node = pair.substr(kFor.size());
        if (node.size() >= 2 && node.front() == '"' && node.back() == '"') {
            node = node.substr(1, node.size() - 2);
        }
    });
    return node;
}

void walk_forwarded(const RequestHead& head, HopWalk& walk) {
    // Read from the left, for quoted strings may hold commas; walked from the right.
    std::vector<std::string_view> nodes;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::Forwarded) continue;
        split_unquoted(head.value(field), ',', [&nodes](std::string_view element) {
            if (!element.empty()) nodes.push_back(for_node(element));
        });
    }
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        if (walk.step(*node)) return;
    }
}

}  // namespace

bool is_identity_field(FieldId id) {
    constexpr std::uint64_t kIdentity =
        field_bit(FieldId::Forwarded) | field_bit(FieldId::XForwardedFor) |
        field_bit(FieldId::XForwardedHost) | field_bit(FieldId::XForwardedPort) |
        field_bit(FieldId::XForwardedProto) | field_bit(FieldId::XForwardedOther) |
        field_bit(FieldId::XRealIp) | field_bit(FieldId::XRequestId) | field_bit(FieldId::Proxy);
    return (kIdentity & field_bit(id)) != 0;
}

IpAddress client_ip(const RequestHead& head, const IpAddress& peer,
                    std::span<const IpNetwork> trusted_proxies) {
    if (!contains(trusted_proxies, peer)) return peer;
    HopWalk walk(peer, trusted_proxies);
    if (head.find(FieldId::XForwardedFor) != nullptr) {
        walk_x_forwarded_for(head, walk);
    } else if (head.find(FieldId::Forwarded) != nullptr) {
        walk_forwarded(head, walk);
    }
    return walk.client();
}

bool is_safe_request_id(std::string_view text) {
    constexpr std::size_t kBytesMax = 128;
    static constexpr std::string_view kMarks = "-_.:=+/@";
    return !text.empty() && text.size() <= kBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               const char lower = ascii_lower(c);
               return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                      kMarks.find(c) != std::string_view::npos;
           });
}

}  // namespace fairlead::http
