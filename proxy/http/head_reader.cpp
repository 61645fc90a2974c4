#include "proxy/http/head_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fairlead::http {
namespace {

/// Bytes are taken into the head's buffer in steps of this size, so that a head in front of a large
/// body does not drag the body along.
constexpr std::size_t kWindow = 1024;
constexpr std::size_t kVector = 16;
constexpr std::size_t kBlock = 64;
constexpr unsigned kEmptyLinesMax = 2;

constexpr HeadError kBareLineFeed = bad_request("bare LF");
constexpr HeadError kBareReturn = bad_request("bare CR");

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

#if defined(__SSE2__)
__m128i load(const char* text) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text)); }
unsigned mask(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }
__m128i is_at_most(__m128i bytes, char limit) {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(limit)), bytes);
}
__m128i is_same(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }

unsigned vector_controls(const char* text) {
    const __m128i bytes = load(text);
    return mask(_mm_or_si128(is_at_most(bytes, 0x1F), is_same(bytes, 0x7F)));
}
#else
unsigned vector_controls(const char* text) {
    unsigned bits = 0;
    for (unsigned i = 0; i < kVector; ++i) bits |= (is_control(text[i]) ? 1U : 0U) << i;
    return bits;
}
#endif

/// A bit for each of the first 64 bytes that is a control character: line ends, tabs, and what is
/// refused.
std::uint64_t controls_of(const char* text, std::size_t length) {
    std::uint64_t bits = 0;
    std::size_t at = 0;
    for (; at + kVector <= length; at += kVector) {
        bits |= static_cast<std::uint64_t>(vector_controls(text + at)) << at;
    }
    for (; at < length; ++at) bits |= static_cast<std::uint64_t>(is_control(text[at])) << at;
    return bits;
}

/// How many token characters `text` begins with. It may be looked at up to `available` bytes.
std::size_t token_length(const char* text, std::size_t available) {
    std::size_t at = 0;
#if defined(__SSE2__)
    while (available - at >= kVector) {  // letters, digits and dashes, which is nearly all
        const __m128i bytes = load(text + at);
        const __m128i letters =
            _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
        const unsigned others = ~mask(_mm_or_si128(
            _mm_or_si128(is_at_most(letters, 25), is_at_most(digits, 9)), is_same(bytes, '-')));
        const auto ordinary = static_cast<std::size_t>(std::countr_zero(others));
        at += ordinary;  // others has bits above the block's, so at most 16
        if (ordinary < kVector) break;
    }
#endif
    while (at < available && is_token_char(text[at])) ++at;
    return at;
}

bool is_line_end(const char* text) { return std::memcmp(text, "\r\n", 2) == 0; }

/// Space or tab: the scan has refused all the other control characters.
bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

Slice slice(std::size_t begin, std::size_t end) {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
}

}  // namespace

void HeadReader::start(HeadBase& head, StartLine& first, const HeadLimits& limits,
                       bool skips_empty_lines) {
    head_ = &head;
    first_ = &first;
    limits_ = limits;
    fields_left_ = limits.count;
    error_ = {};
    scanned_ = 0;
    line_begin_ = 0;
    end_ = 0;
    empty_lines_ = 0;
    skips_empty_lines_ = skips_empty_lines;
    has_leading_cr_ = false;
    is_first_line_ = true;
}

HeadReader::Status HeadReader::feed(std::span<const char> bytes, std::size_t& consumed) {
    consumed = 0;
    if (error_.failure != Failure::None) return Status::Refused;
    std::string& head = head_->bytes;
    if (head.empty() && skips_empty_lines_ &&
        skip_empty_lines(bytes, consumed) == Status::Refused) {
        return Status::Refused;
    }
    while (consumed < bytes.size()) {
        const std::size_t before = head.size();
        const std::size_t step = std::min(kWindow, bytes.size() - consumed);
        head.append(bytes.data() + consumed, step);
        const Status status = scan();
        if (status == Status::Complete) {
            head.resize(end_);
            consumed += end_ - before;
            return status;
        }
        consumed += step;
        if (status == Status::Refused) return status;
        if (head.size() > limits_.bytes) return refuse(head.size(), {});
    }
    if (is_first_line_ && !head.empty()) {
        error_ = check_begin(head.size());
        if (error_.failure != Failure::None) return Status::Refused;
    }
    return Status::NeedMore;
}

HeadReader::Status HeadReader::skip_empty_lines(std::span<const char> bytes, std::size_t& used) {
    while (used < bytes.size()) {
        const char c = bytes[used];
        if (c == '\n') {
            error_ = has_leading_cr_ ? HeadError{} : kBareLineFeed;
            has_leading_cr_ = false;
            ++empty_lines_;
        } else if (has_leading_cr_) {
            error_ = kBareReturn;
        } else if (c == '\r') {
            if (empty_lines_ == kEmptyLinesMax) error_ = bad_request("too many empty lines");
            has_leading_cr_ = true;
        } else {
            return Status::NeedMore;
        }
        ++used;
        if (error_.failure != Failure::None) return Status::Refused;
    }
    return Status::NeedMore;
}

HeadReader::Status HeadReader::scan() {
    const std::string& head = head_->bytes;
    const char* const data = head.data();
    const std::size_t size = head.size();
    std::size_t at = scanned_;
    scanned_ = size;
    if (at > 0 && data[at - 1] == '\r' && data[at] != '\n') return refuse(at, kBareReturn);
    while (at < size) {
        const std::size_t step = std::min(kBlock, size - at);
        std::uint64_t bits = 0;
        if (step == kBlock) {
            bits = controls_of(data + at, kBlock);
        } else if (size >= kBlock) {  // the last 64 bytes, of which some were already looked at
            bits = controls_of(data + size - kBlock, kBlock) >> (kBlock - step);
        } else {
            bits = controls_of(data + at, step);
        }
        for (; bits != 0; bits &= bits - 1) {
            std::size_t found = at + static_cast<unsigned>(std::countr_zero(bits));
            if (found + 1 < size && is_line_end(data + found)) {
                bits &= bits - 1;  // the LF's, unless that begins the next block
                ++found;
            } else if (found < line_begin_) {
                continue;
            } else if (data[found] != '\n' || found == 0 || data[found - 1] != '\r') {
                if (on_control(found) != Status::NeedMore) return Status::Refused;
                continue;
            }
            const Status status = end_line(found);
            if (status != Status::NeedMore) return status;
        }
        at += step;
    }
    return Status::NeedMore;
}

/// What is no line end.
HeadReader::Status HeadReader::on_control(std::size_t at) {
    const std::string& head = head_->bytes;
    switch (head[at]) {
        case '\n':
            return refuse(at, kBareLineFeed);
        case '\r':
            // At the end of what has arrived, the next scan looks.
            if (at + 1 < head.size() && head[at + 1] != '\n') return refuse(at + 1, kBareReturn);
            return Status::NeedMore;
        case '\t':
            if (!is_first_line_ || first_->may_hold_tabs()) return Status::NeedMore;
            return refuse(at, bad_request("tab in the request line"));
        default:
            return refuse(at, bad_request("control character in the head"));
    }
}

HeadReader::Status HeadReader::end_line(std::size_t line_feed) {
    if (line_feed >= limits_.bytes) return refuse(line_feed, {});
    const std::size_t begin = line_begin_;
    const std::size_t end = line_feed - 1;
    line_begin_ = line_feed + 1;
    if (is_first_line_) {
        error_ = first_->complete({head_->bytes.data(), end});
        is_first_line_ = false;
        return error_.failure == Failure::None ? Status::NeedMore : Status::Refused;
    }
    if (begin == end) {
        end_ = line_begin_;
        return Status::Complete;
    }
    return add_field(begin, end);
}

HeadReader::Status HeadReader::add_field(std::size_t begin, std::size_t end) {
    const char* const data = head_->bytes.data();
    if (fields_left_ == 0) {
        return refuse(end, {Failure::HeaderTooLarge, 431, "too many header fields"});
    }
    --fields_left_;
    const std::size_t colon = begin + token_length(data + begin, head_->bytes.size() - begin);
    if (data[colon] != ':' || colon == begin) return refuse_name(begin, colon, end);
    std::size_t value_begin = colon + 1;
    std::size_t value_end = end;
    // Bytes are looked at before bounds, which nearly always ends it: the line's CR is behind a
    // value, and at least the colon before it.
    if (data[value_begin] == ' ') ++value_begin;  // what nearly all send
    while (is_blank(data[value_begin]) && value_begin < end) ++value_begin;
    while (is_blank(data[value_end - 1]) && value_end > value_begin) --value_end;
    const FieldId id = classify({data + begin, colon - begin});
    head_->present |= field_bit(id);
    head_->fields.push_back({slice(begin, colon), slice(value_begin, value_end), id});
    return Status::NeedMore;
}

/// The line is no field: at `stop` its name ought to have ended.
HeadReader::Status HeadReader::refuse_name(std::size_t begin, std::size_t stop, std::size_t end) {
    const char* const data = head_->bytes.data();
    if (is_blank(data[begin])) {
        return refuse(end, bad_request(head_->fields.empty() ? "white space before a field name"
                                                             : "folded header line"));
    }
    if (stop == end) return refuse(end, bad_request("header line without a colon"));
    if (stop == begin && data[begin] == ':') return refuse(end, bad_request("empty field name"));
    return refuse(end, bad_request(is_blank(data[stop]) ? "white space after a field name"
                                                        : "invalid field name"));
}

/// Of several things that are wrong, the one that comes first in the bytes is told, as it would be
/// had they come one by one: the line's own refusals, then the limit, then `error` at `at`.
HeadReader::Status HeadReader::refuse(std::size_t at, const HeadError& error) {
    const bool is_over = at >= limits_.bytes;
    if (is_first_line_) {
        error_ = check_begin(is_over ? limits_.bytes : at);
        if (error_.failure != Failure::None) return Status::Refused;
        error_ = is_over ? first_->too_long() : error;
    } else if (is_over) {
        error_ = {Failure::HeaderTooLarge, 431, "header fields are too large"};
    } else {
        error_ = error;
    }
    return Status::Refused;
}

/// The first `length` bytes, without a CR that may turn out to be the line's end.
HeadError HeadReader::check_begin(std::size_t length) const {
    std::string_view part = std::string_view(head_->bytes).substr(0, length);
    if (part.ends_with('\r')) part.remove_suffix(1);
    return first_->check_begin(part);
}

}  // namespace fairlead::http
