#include "proxy/net/dns_message.h"

#include <ares.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace fairlead::net {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kCname = 5;
/// RFC 2181 section 8: one with the highest bit set counts as 0.
constexpr std::uint32_t kTtlMax = 0x7FFF'FFFF;

class Reader {
  public:
    explicit Reader(std::span<const std::uint8_t> message) : message_(message) {}

    bool skip(std::size_t bytes) {
        if (message_.size() - at_ < bytes) return false;
        at_ += bytes;
        return true;
    }
    std::optional<std::uint16_t> number16() {
        const std::size_t from = at_;
        if (!skip(2)) return std::nullopt;
        return static_cast<std::uint16_t>(message_[from] << 8U | message_[from + 1]);
    }
    std::optional<std::uint32_t> number32() {
        const auto high = number16();
        const auto low = number16();
        if (!high || !low) return std::nullopt;
        return std::uint32_t{*high} << 16U | *low;
    }
    /// Follows its pointers, and goes on behind it.
    std::optional<std::string> name() {
        char* expanded = nullptr;
        long bytes = 0;
        const int status = ares_expand_name(message_.data() + at_, message_.data(),
                                            static_cast<int>(message_.size()), &expanded, &bytes);
        if (status != ARES_SUCCESS) return std::nullopt;
        const std::unique_ptr<char, decltype(&ares_free_string)> owned{
            expanded, [](void* text) { ares_free_string(text); }};
        if (!skip(static_cast<std::size_t>(bytes))) return std::nullopt;
        return std::string{expanded};
    }
    std::span<const std::uint8_t> rest(std::size_t bytes) const {
        return message_.subspan(at_, bytes);
    }
    std::size_t at() const { return at_; }
    bool is_at_end() const { return at_ == message_.size(); }

  private:
    std::span<const std::uint8_t> message_;
    std::size_t at_ = 0;
};

struct RecordHead {
    std::uint16_t type = 0;
    std::uint16_t name_class = 0;
    std::uint32_t ttl_s = 0;
    std::uint16_t bytes = 0;
};

std::optional<RecordHead> read_head(Reader& reader) {
    if (!reader.name()) return std::nullopt;
    const auto type = reader.number16();
    const auto name_class = reader.number16();
    const auto ttl = reader.number32();
    const auto bytes = reader.number16();
    if (!type || !name_class || !ttl || !bytes) return std::nullopt;
    return RecordHead{*type, *name_class, *ttl > kTtlMax ? 0 : *ttl, *bytes};
}

bool read_address(Reader& reader, const RecordHead& head, DnsType wanted, DnsRecords& out) {
    const std::size_t size = wanted == DnsType::A ? 4 : 16;
    if (head.bytes != size) return false;
    IpAddress address;
    if (wanted == DnsType::A) address.bytes[10] = address.bytes[11] = 0xFF;
    const auto bytes = reader.rest(size);
    std::copy(bytes.begin(), bytes.end(), address.bytes.end() - static_cast<std::ptrdiff_t>(size));
    const bool is_new =
        std::find(out.addresses.begin(), out.addresses.end(), address) == out.addresses.end();
    if (is_new) out.addresses.push_back(address);
    return reader.skip(size);
}

bool read_service(Reader& reader, const RecordHead& head, DnsRecords& out) {
    const std::size_t end = reader.at() + head.bytes;
    const auto priority = reader.number16();
    const auto weight = reader.number16();
    const auto port = reader.number16();
    if (!priority || !weight || !port) return false;
    auto target = reader.name();
    if (!target || reader.at() != end) return false;
    if (target->ends_with('.')) target->pop_back();
    if (!is_host_name(*target) || *port == 0) return true;
    const bool is_new = std::none_of(
        out.services.begin(), out.services.end(),
        [&](const auto& each) { return each.port == *port && each.target == *target; });
    if (is_new) out.services.push_back({*priority, *weight, *port, *std::move(target)});
    return true;
}

Error malformed() { return Error{"the answer is cut off or malformed", {}, {}}; }

}  // namespace

Result<DnsRecords> read_dns_answer(std::span<const std::uint8_t> message, DnsType wanted) {
    Reader reader(message);
    if (message.size() < kHeaderBytes) return fail(malformed());
    reader.skip(4);  // what matters of it the client has checked
    const std::uint16_t questions = reader.number16().value_or(0);
    const std::uint16_t answers = reader.number16().value_or(0);
    reader.skip(4);
    for (std::uint16_t index = 0; index < questions; ++index) {
        if (reader.is_at_end() || !reader.name() || !reader.skip(4)) return fail(malformed());
    }
    DnsRecords records;
    std::optional<std::uint32_t> ttl;
    for (std::uint16_t index = 0; index < answers; ++index) {
        if (reader.is_at_end()) return fail(malformed());
        const auto head = read_head(reader);
        if (!head) return fail(malformed());
        const bool is_wanted =
            head->name_class == kClassInternet && head->type == static_cast<std::uint16_t>(wanted);
        if (is_wanted || head->type == kCname) ttl = std::min(ttl.value_or(kTtlMax), head->ttl_s);
        bool is_good = true;
        if (!is_wanted) {
            is_good = reader.skip(head->bytes);
        } else if (wanted == DnsType::Srv) {
            is_good = read_service(reader, *head, records);
        } else {
            // The length is compared before a byte is looked at.
            Reader probe = reader;
            is_good = probe.skip(head->bytes) && read_address(reader, *head, wanted, records);
        }
        if (!is_good) return fail(malformed());
    }
    records.ttl_s = ttl.value_or(0);
    return records;
}

}  // namespace fairlead::net
