#include "bench/prepared_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <iterator>

namespace fairlead::bench {

namespace {

constexpr std::size_t kNumberDigitsMax = 20;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// Only as far as the answer's framing depends on it.
http::Method method_of(std::string_view name) {
    if (name == "HEAD") return http::Method::Head;
    return name == "GET" ? http::Method::Get : http::Method::Other;
}

/// A body of no bytes is said for the methods that are expected to have one (RFC 9110 section 8.6).
bool says_length(const RequestShape& shape) {
    return shape.body_bytes > 0 || shape.method == "POST" || shape.method == "PUT" ||
           shape.method == "PATCH";
}

}  // namespace

PreparedRequest::PreparedRequest(const RequestShape& shape, std::string_view host,
                                 std::string_view id_series)
    : method_(method_of(shape.method)),
      body_bytes_(shape.body_bytes),
      kept_(make_head(shape, host, id_series, false)),
      last_(make_head(shape, host, id_series, true)) {}

PreparedRequest::Head PreparedRequest::make_head(const RequestShape& shape, std::string_view host,
                                                 std::string_view id_series, bool is_last) const {
    Head head;
    auto out = std::back_inserter(head.bytes);
    fmt::format_to(out, "{} {} HTTP/1.1\r\nHost: {}\r\n", shape.method, shape.path, host);
    for (const std::string& field : shape.fields) fmt::format_to(out, "{}\r\n", field);
    if (says_length(shape)) fmt::format_to(out, "Content-Length: {}\r\n", shape.body_bytes);
    if (is_last) head.bytes += "Connection: close\r\n";
    if (!id_series.empty()) {
        fmt::format_to(out, "X-Bench-Id: {}-", id_series);
        head.number_at = head.bytes.size();
        head.bytes.append(kNumberDigitsMax + kHeadEnd.size(), '\0');
    } else {
        head.bytes += "\r\n";
    }
    return head;
}

std::string_view PreparedRequest::head(std::uint64_t number, bool is_last) {
    Head& head = is_last ? last_ : kept_;
    if (head.number_at == 0) return head.bytes;
    char* const at = head.bytes.data() + head.number_at;
    char* const end = std::to_chars(at, at + kNumberDigitsMax, number).ptr;
    kHeadEnd.copy(end, kHeadEnd.size());
    return {head.bytes.data(), static_cast<std::size_t>(end - head.bytes.data()) + kHeadEnd.size()};
}

RequestMix::RequestMix(const std::vector<RequestShape>& shapes, std::string_view host,
                       std::string_view id_series) {
    assert(!shapes.empty());
    std::uint64_t sum = 0;
    for (const RequestShape& shape : shapes) {
        requests_.emplace_back(shape, host, id_series);
        weights_up_to_.push_back(sum += shape.weight);
    }
}

PreparedRequest& RequestMix::draw(std::uint64_t random) {
    if (is_single()) return requests_.front();
    const std::uint64_t at = random % weights_up_to_.back();
    const auto found = std::upper_bound(weights_up_to_.begin(), weights_up_to_.end(), at);
    return requests_[static_cast<std::size_t>(found - weights_up_to_.begin())];
}

}  // namespace fairlead::bench
