#include "proxy/http/h1_parser.h"

#include <llhttp.h>

#include <cassert>

#include "proxy/http/framing.h"
#include "proxy/http/head_reader.h"
#include "proxy/http/start_line.h"

namespace fairlead::http {
namespace {

int pause_at_body(llhttp_t*) noexcept { return HPE_PAUSED; }

const llhttp_settings_t& settings() {
    static const llhttp_settings_t made = [] {
        llhttp_settings_t empty;
        llhttp_settings_init(&empty);
        empty.on_headers_complete = &pause_at_body;
        return empty;
    }();
    return made;
}

/// The methods llhttp knows, without those of other protocols (RTSP, ICE) and the HTTP/2 preface.
bool is_http_method(std::string_view name) {
    constexpr std::string_view kNames[] = {
#define FAIRLEAD_METHOD(number, name, text) #text,
        HTTP_METHOD_MAP(FAIRLEAD_METHOD)
#undef FAIRLEAD_METHOD
    };
    if (name == "SOURCE" || name == "PRI") return false;
    for (const std::string_view known : kNames) {
        if (known == name) return true;
    }
    return false;
}

/// The fields that make llhttp refuse a head by more than the grammar of names and values, by which
/// HeadReader has already judged them all.
constexpr std::uint64_t kFraming =
    field_bit(FieldId::ContentLength) | field_bit(FieldId::TransferEncoding);

/// A second opinion on what we have accepted. Fed in pieces, up to the pause at the head's end.
class Llhttp {
  public:
    explicit Llhttp(llhttp_type_t type) { llhttp_init(&parser_, type, &settings()); }

    bool takes(std::string_view piece) {
        return llhttp_execute(&parser_, piece.data(), piece.size()) == HPE_OK;
    }
    /// Is this where the head ends?
    bool ends_with(std::string_view piece) {
        return llhttp_execute(&parser_, piece.data(), piece.size()) == HPE_PAUSED &&
               llhttp_get_error_pos(&parser_) + 1 >= piece.data() + piece.size();
    }

  private:
    llhttp_t parser_;
};

[[maybe_unused]] bool whole_is_accepted(llhttp_type_t type, const HeadBase& head) {
    return Llhttp(type).ends_with(head.bytes);
}

/// A method we know and a path: llhttp takes every visible ASCII character in it but `#`, and our
/// own reading has refused all the others.
bool has_usual_first_line(const RequestHead& head) {
    const std::string_view target = head.text(head.target);
    return head.method != Method::Other && target.starts_with('/') &&
           target.find('#') == std::string_view::npos;
}

/// Version and status are settled by then, and a reason phrase is free text to llhttp too.
bool has_usual_first_line(const ResponseHead& head) { return head.reason.length != 0; }

/// At most one field says how long the body is, with a number or `chunked` and nothing behind it.
/// settle_request() and settle_response() have seen to all of that but the last.
bool has_usual_framing(const HeadBase& head) {
    if (head.body.kind != BodyLength::Kind::Length && head.body.kind != BodyLength::Kind::Chunked) {
        return (head.present & kFraming) == 0;
    }
    const Field* const field =
        head.find(head.body.kind == BodyLength::Kind::Length ? FieldId::ContentLength
                                                             : FieldId::TransferEncoding);
    return head.bytes[field->value.offset + field->value.length] == '\r';
}

/// llhttp spends some 15 instructions on a byte. It could only repeat what our own reading has
/// found of a head in its usual form, so that is not asked about; of others it is given the first
/// line and the fields that decide about framing. Debug builds, and with them the tests and
/// fuzzers, hold that against its opinion of the whole head.
template <class Head>
bool is_accepted(llhttp_type_t type, const Head& head) {
    if (has_usual_first_line(head) && has_usual_framing(head)) {
        assert(whole_is_accepted(type, head));
        return true;
    }
    Llhttp llhttp(type);
    const std::string_view bytes = head.bytes;
    std::size_t begin = 0;
    for (const Field& field : head.fields) {
        const bool is_wanted = (kFraming & field_bit(field.id)) != 0;
        if (is_wanted && begin == std::string_view::npos) begin = field.name.offset;
        if (!is_wanted && begin != std::string_view::npos) {
            if (!llhttp.takes(bytes.substr(begin, field.name.offset - begin))) return false;
            begin = std::string_view::npos;
        }
    }
    if (begin == std::string_view::npos) begin = bytes.size() - 2;
    const bool is_good = llhttp.ends_with(bytes.substr(begin));
    assert(!is_good || whole_is_accepted(type, head));
    return is_good;
}

HeadError as_backend_error(const HeadError& error) {
    return {Failure::BackendBadResponse, 502, error.reason};
}

ParseResult refused(std::size_t consumed, const HeadError& error) {
    return {ParseStatus::Refused, consumed, error};
}

/// A head whose length was repeated, read again with one length: llhttp does not take two.
template <class Restart>
bool read_merged(HeadReader& reader, HeadBase& head, Restart restart) {
    const std::string merged = merge_lengths(head);
    restart();
    std::size_t consumed = 0;
    return reader.feed(merged, consumed) == HeadReader::Status::Complete &&
           consumed == merged.size();
}

}  // namespace

struct RequestParser::State {
    HeadReader reader;
    RequestLine line;
    RequestHead* head = nullptr;
    HeadLimits limits;

    void restart() {
        head->clear();
        head->method = Method::Get;
        head->method_text = head->target = {};
        head->expects_continue = false;
        line.start(*head, limits.target_bytes);
        reader.start(*head, line, limits, true);
    }

    HeadError finish() {
        if (head->method == Method::Other && !is_http_method(head->method_name())) {
            if (head->method_name() == "PRI") return bad_request("HTTP/2 preface");
            return {Failure::ClientBadRequest, 501, "unknown method"};
        }
        unsigned lengths = 0;
        HeadError error = settle_request(*head, lengths);
        if (error.failure != Failure::None) return error;
        if (lengths > 1) {
            if (!read_merged(reader, *head, [this] { restart(); })) {
                return bad_request("malformed head");
            }
            error = settle_request(*head, lengths);
            if (error.failure != Failure::None) return error;
        }
        return is_accepted(HTTP_REQUEST, *head) ? HeadError{} : bad_request("malformed head");
    }
};

RequestParser::RequestParser() : state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

void RequestParser::start(RequestHead& head, const HeadLimits& limits) {
    state_->head = &head;
    state_->limits = limits;
    state_->restart();
}

ParseResult RequestParser::feed(std::span<const char> bytes) {
    std::size_t consumed = 0;
    switch (state_->reader.feed(bytes, consumed)) {
        case HeadReader::Status::NeedMore:
            return {ParseStatus::NeedMore, consumed, {}};
        case HeadReader::Status::Refused:
            return refused(consumed, state_->reader.error());
        case HeadReader::Status::Complete:
            break;
    }
    const HeadError error = state_->finish();
    if (error.failure != Failure::None) return refused(consumed, error);
    return {ParseStatus::Complete, consumed, {}};
}

bool RequestParser::has_begun() const { return state_->reader.has_begun(); }

struct ResponseParser::State {
    HeadReader reader;
    StatusLine line;
    ResponseHead* head = nullptr;
    Method request_method = Method::Get;
    HeadLimits limits;

    void restart() {
        head->clear();
        head->status = 0;
        line.start(*head);
        reader.start(*head, line, limits, false);
    }

    HeadError finish() {
        unsigned lengths = 0;
        HeadError error = settle_response(*head, request_method, lengths);
        if (error.failure != Failure::None) return error;
        if (lengths > 1) {
            if (!read_merged(reader, *head, [this] { restart(); })) {
                return bad_request("malformed head");
            }
            error = settle_response(*head, request_method, lengths);
            if (error.failure != Failure::None) return error;
        }
        return is_accepted(HTTP_RESPONSE, *head) ? HeadError{} : bad_request("malformed head");
    }
};

ResponseParser::ResponseParser() : state_(std::make_unique<State>()) {}
ResponseParser::~ResponseParser() = default;

void ResponseParser::start(ResponseHead& head, Method request_method, const HeadLimits& limits) {
    state_->head = &head;
    state_->request_method = request_method;
    state_->limits = limits;
    state_->restart();
}

ParseResult ResponseParser::feed(std::span<const char> bytes) {
    std::size_t consumed = 0;
    switch (state_->reader.feed(bytes, consumed)) {
        case HeadReader::Status::NeedMore:
            return {ParseStatus::NeedMore, consumed, {}};
        case HeadReader::Status::Refused:
            return refused(consumed, as_backend_error(state_->reader.error()));
        case HeadReader::Status::Complete:
            break;
    }
    const HeadError error = state_->finish();
    if (error.failure != Failure::None) return refused(consumed, as_backend_error(error));
    return {ParseStatus::Complete, consumed, {}};
}

bool ResponseParser::has_begun() const { return state_->reader.has_begun(); }

}  // namespace fairlead::http
