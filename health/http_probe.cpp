#include "health/http_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "health/h2_http_probe.h"
#include "proxy/base/version.h"

namespace fairlead::health {
namespace {

/// More responses of the kind 1xx than any server has a use for.
constexpr unsigned kInterimHeadsMax = 8;

std::string host_field(const conf::Check& check, const HostPort& backend) {
    if (!check.host.empty()) return check.host;
    if (backend.is_unix()) return "localhost";
    HostPort asked = backend;
    if (check.port != 0) asked.port = check.port;
    return asked.text();
}

}  // namespace

std::string format_statuses(const std::vector<conf::StatusRange>& ranges) {
    std::string text;
    for (const conf::StatusRange& range : ranges) {
        if (!text.empty()) text += ',';
        text += range.first == range.last ? fmt::format("{}", range.first)
                                          : fmt::format("{}-{}", range.first, range.last);
    }
    return text;
}

std::string check_request(const conf::Check& check, const HostPort& backend) {
    // Servers ask for a length where a method is meant to carry something.
    const bool may_carry =
        check.method == "POST" || check.method == "PUT" || check.method == "PATCH";
    return fmt::format(
        "{} {} HTTP/1.1\r\n"
        "Host: {}\r\n"
        "User-Agent: fairlead/{} health check\r\n"
        "Accept: */*\r\n"
        "{}"
        "Connection: close\r\n"
        "\r\n",
        check.method, check.path, host_field(check, backend), version(),
        may_carry ? "Content-Length: 0\r\n" : "");
}

HttpProbe::HttpProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target)
    : SocketProbe(loop, check.timeout, std::move(target)),
      request_(check_request(check, this->target().address)),
      is_head_(check.method == "HEAD"),
      expected_(check.expect),
      wanted_text_(check.body) {}

std::unique_ptr<Probe> HttpProbe::make(net::Loop& loop, const conf::Check& check,
                                       ProbeTarget target) {
    if (target.http == conf::BackendHttp::V2) {
        return std::make_unique<H2HttpProbe>(loop, check, std::move(target));
    }
    return std::make_unique<HttpProbe>(loop, check, std::move(target));
}

void HttpProbe::start_head() {
    has_head_ = false;
    parser_.start(head_, is_head_ ? http::Method::Head : http::Method::Get, {});
}

void HttpProbe::begin_answer() {
    interim_heads_ = 0;
    body_.clear();
    start_head();
}

void HttpProbe::on_open() {
    begin_answer();
    send(request_);
}

void HttpProbe::on_bytes(std::span<char> bytes) {
    while (!has_head_) {
        if (!take_head(bytes)) return;
    }
    take_body(bytes);
}

bool HttpProbe::take_head(std::span<char>& bytes) {
    const http::ParseResult parsed = parser_.feed(bytes);
    bytes = bytes.subspan(parsed.consumed);
    if (parsed.status == http::ParseStatus::NeedMore) return false;
    if (parsed.status == http::ParseStatus::Refused) {
        fail(fmt::format("bad response: {}", parsed.error.reason));
        return false;
    }
    constexpr int kSwitchingProtocols = 101;  // is final: nothing of HTTP comes after it
    if (head_.status < 200 && head_.status != kSwitchingProtocols) {
        if (++interim_heads_ > kInterimHeadsMax) {
            fail("bad response: too many interim responses");
            return false;
        }
        start_head();
        return !bytes.empty();
    }
    has_head_ = true;
    return judge_head();
}

bool HttpProbe::judge_head() {
    const bool is_expected =
        std::any_of(expected_.begin(), expected_.end(),
                    [&](const auto& range) { return range.contains(head_.status); });
    if (!is_expected) {
        fail(fmt::format("status {} (expected {})", head_.status, format_statuses(expected_)));
        return false;
    }
    if (wanted_text_.empty()) {
        pass();
        return false;
    }
    body_decoder_.start(head_.body);
    if (body_decoder_.is_done()) {
        fail_body("body does");
        return false;
    }
    return true;
}

void HttpProbe::take_body(std::span<char> bytes) {
    if (bytes.empty()) return;
    const http::BodyPart part = body_decoder_.decode(bytes);
    const std::size_t from = body_.size() - std::min(body_.size(), wanted_text_.size() - 1);
    const std::size_t room = kAnswerBytesMax - body_.size();
    body_.append(part.payload.data(), std::min(part.payload.size(), room));
    const bool is_cut =
        part.payload.size() > room || (part.payload.size() == room && !part.is_done);
    if (body_.find(wanted_text_, from) != std::string::npos) {
        pass();
    } else if (is_cut) {
        fail_body("the first 64 KiB of the body do");
    } else if (part.is_refused) {
        fail(fmt::format("bad response: {}", part.error.reason));
    } else if (part.is_done) {
        fail_body("body does");
    }
}

void HttpProbe::fail_body(std::string_view of_what) {
    fail(fmt::format("{} not contain {}", of_what, in_quotes(wanted_text_)));
}

void HttpProbe::on_end() {
    if (!has_head_) {
        fail(parser_.has_begun() ? "closed inside the response head" : "closed without a response");
    } else if (body_decoder_.end_of_input()) {
        fail_body("body does");
    } else {
        fail("closed inside the response body");
    }
}

}  // namespace fairlead::health
