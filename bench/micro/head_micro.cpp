// Reading a head and writing the one that is forwarded.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "bench/micro/micro.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/target.h"
#include "proxy/l7/head_rewrite.h"

namespace fairlead::micro {

namespace {

/// About 300 bytes: what a program or another proxy sends.
constexpr std::string_view kSmallRequest =
    "GET /api/v1/items/4711?page=2&size=50 HTTP/1.1\r\n"
    "Host: api.example.com\r\n"
    "User-Agent: items-client/2.4.1 (linux; x86_64)\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip\r\n"
    "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"
    "X-Request-Id: 6f1c2a7e9b0d4c35a1e8f2d4b6c80917\r\n"
    "X-Trace: 00-4bf92f3577b34da6-01\r\n"
    "\r\n";

static_assert(kSmallRequest.size() > 290 && kSmallRequest.size() < 310);

/// About 700 bytes: what a browser sends.
constexpr std::string_view kBrowserRequest =
    "GET /shop/category/garden?sort=price&view=grid HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://www.example.com/shop\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "If-None-Match: \"5e1f-61a2b3c4d5e6f\"\r\n"
    "Priority: u=0, i\r\n"
    "Cookie: session=3f9a7c51e2d84b06; theme=dark; basket=17,23\r\n"
    "\r\n";

static_assert(kBrowserRequest.size() > 690 && kBrowserRequest.size() < 710);

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Tue, 14 May 2024 08:12:31 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 64\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-store\r\n"
    "Vary: Accept-Encoding\r\n"
    "\r\n";

const http::HeadLimits kLimits;

void count(benchmark::State& state, std::string_view bytes) {
    const auto runs = static_cast<std::int64_t>(state.iterations());
    state.SetItemsProcessed(runs);
    state.SetBytesProcessed(runs * static_cast<std::int64_t>(bytes.size()));
}

void parse_request(benchmark::State& state, std::string_view bytes) {
    http::RequestParser parser;
    http::RequestHead head;
    for (auto _ : state) {
        parser.start(head, kLimits);
        if (parser.feed(bytes).status != http::ParseStatus::Complete) {
            state.SkipWithError("the head was not accepted");
            break;
        }
    }
    count(state, bytes);
}

void parse_response(benchmark::State& state, std::string_view bytes) {
    http::ResponseParser parser;
    http::ResponseHead head;
    for (auto _ : state) {
        parser.start(head, http::Method::Get, kLimits);
        if (parser.feed(bytes).status != http::ParseStatus::Complete) {
            state.SkipWithError("the head was not accepted");
            break;
        }
    }
    count(state, bytes);
}

void rewrite_request(benchmark::State& state, std::string_view bytes) {
    http::RequestParser parser;
    http::RequestHead head;
    parser.start(head, kLimits);
    http::Target target;
    std::string storage;
    if (parser.feed(bytes).status != http::ParseStatus::Complete ||
        http::parse_target(head.method, head.text(head.target), storage, target).failure !=
            Failure::None) {
        state.SkipWithError("the head was not accepted");
        return;
    }
    constexpr std::string_view kInstance = "fairlead-0123456789abcdef";
    const std::string own_lines = l7::make_own_lines(8080, false, kInstance);
    const l7::RequestRewrite rewrite{
        .head = head,
        .target = target,
        .host = "www.example.com",
        .original_host = "www.example.com",
        .request_id = "6f1c2a7e9b0d4c35a1e8f2d4b6c80917",
        .own_lines = own_lines,
        .instance = kInstance,
        .peer = BindAddress::parse("192.0.2.7:80")->address.ip,
        .local_port = 8080,
        .peer_is_trusted = false,
        .adds_via = false,
        .expects_continue = false,
        .upgrade = {},
        .framing = {},
        .rules = nullptr,
        .certificate = nullptr,
        .is_secure = false,
        .is_http2 = false,
    };
    http::HeadBuffer out;
    for (auto _ : state) {
        out.clear();
        l7::write_request_head(out, rewrite);
        benchmark::DoNotOptimize(out.view().data());
    }
    count(state, bytes);
}

void rewrite_response(benchmark::State& state, std::string_view bytes) {
    http::ResponseParser parser;
    http::ResponseHead head;
    parser.start(head, http::Method::Get, kLimits);
    if (parser.feed(bytes).status != http::ParseStatus::Complete) {
        state.SkipWithError("the head was not accepted");
        return;
    }
    const l7::ResponseRewrite rewrite{
        .head = head,
        .client_minor = 1,
        .keep_alive = true,
        .adds_via = true,
        .is_switch = false,
        .framing = {l7::Framing::Kind::Length, head.body.bytes},
        .rules = nullptr,
        .is_http2 = false,
    };
    http::HeadBuffer out;
    for (auto _ : state) {
        out.clear();
        l7::write_response_head(out, rewrite);
        benchmark::DoNotOptimize(out.view().data());
    }
    count(state, bytes);
}

}  // namespace

void register_heads() {
    benchmark::RegisterBenchmark("parse_request/small", parse_request, kSmallRequest);
    benchmark::RegisterBenchmark("parse_request/browser", parse_request, kBrowserRequest);
    benchmark::RegisterBenchmark("parse_response", parse_response, kResponse);
    benchmark::RegisterBenchmark("rewrite_request/small", rewrite_request, kSmallRequest);
    benchmark::RegisterBenchmark("rewrite_request/browser", rewrite_request, kBrowserRequest);
    benchmark::RegisterBenchmark("rewrite_response", rewrite_response, kResponse);
}

}  // namespace fairlead::micro
