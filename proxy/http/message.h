/// The head of a request or response as it came: one buffer and slices into it, no map of strings.
/// Reused from message to message, so that its memory is allocated once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/failure.h"
#include "proxy/http/field.h"

namespace fairlead::http {

/// A run of bytes in the head's buffer.
struct Slice {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
};

struct Field {
    Slice name;
    Slice value;  ///< without white space around it
    FieldId id = FieldId::Other;
};

/// How the end of a body is known (RFC 9112 section 6.3).
struct BodyLength {
    enum class Kind : std::uint8_t { None, Length, Chunked, UntilClose };
    Kind kind = Kind::None;
    std::uint64_t bytes = 0;  ///< for Length; 0 is a body of no bytes, kind stays Length
};

enum class Method : std::uint8_t {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    Trace,
    Connect,
    Patch,
    Other
};

/// RFC 9110 section 9.2.2, of the methods we know; Other is not.
bool is_idempotent(Method method);

struct HeadBase {
    /// The whole head as received, with its last CRLF CRLF. One exception: several Content-Lengths
    /// of one value are merged into one field.
    std::string bytes;
    std::vector<Field> fields;  ///< in order
    std::uint64_t present = 0;  ///< a bit (1 << id) per FieldId in `fields`; 0: nobody looked
    unsigned minor = 1;         ///< HTTP/1.minor
    BodyLength body;
    bool keep_alive = true;    ///< what the sender says of its connection
    bool has_upgrade = false;  ///< `Connection: upgrade` with an Upgrade field

    std::string_view text(Slice slice) const {
        return {bytes.data() + slice.offset, slice.length};  // slices are within, by construction
    }
    std::string_view name(const Field& field) const { return text(field.name); }
    std::string_view value(const Field& field) const { return text(field.value); }
    /// With its CRLF, as received.
    std::string_view first_line() const {
        return {bytes.data(), fields.empty() ? bytes.size() - 2 : fields.front().name.offset};
    }
    /// First field of that kind, or null.
    const Field* find(FieldId id) const {
        return present != 0 && (present & field_bit(id)) == 0 ? nullptr : search(id);
    }
    /// First field of that name (any case), or null. For names outside FieldId.
    const Field* find(std::string_view name) const;
    void clear();

  private:
    const Field* search(FieldId id) const;
};

/// An accepted request head: what RFC 9112 leaves no doubt about, in one reading only.
struct RequestHead : HeadBase {
    Method method = Method::Get;
    Slice method_text;
    Slice target;  ///< as received
    bool expects_continue = false;
    std::string_view method_name() const { return text(method_text); }
};

struct ResponseHead : HeadBase {
    int status = 0;
    Slice reason;
};

/// Why a head was refused.
struct HeadError {
    Failure failure = Failure::None;
    int status = 0;             ///< of our answer: 400, 414, 431, 501, 505; 502 for responses
    std::string_view reason{};  ///< static text, a few words: "two Content-Length values"
};

/// Bounds of one head. Values from the configuration (limits).
struct HeadLimits {
    std::uint64_t bytes = 32 * 1024;  ///< of all header fields together with the first line
    std::uint64_t count = 100;
    std::uint64_t target_bytes = 8 * 1024;
};

}  // namespace fairlead::http
