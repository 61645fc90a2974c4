// Cookie fields as a client might send them, one in each line of the input: reading finds a backend
// only where its value stands, and what backends get has every other cookie, in order, and no
// sticky one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "balancing/shared_pool.h"
#include "proxy/base/text.h"
#include "proxy/http/h1_parser.h"
#include "proxy/l7/sticky_cookie.h"

namespace fairlead::l7 {
namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

bool parse(const std::string& text, http::RequestHead& head) {
    http::RequestParser parser;
    parser.start(head, {64 * 1024, 200, 8 * 1024});
    std::string bytes = text;
    return parser.feed(bytes).status == http::ParseStatus::Complete;
}

/// Every cookie but those named "lb", without looking at how the product does it.
std::vector<std::string> other_cookies(const http::RequestHead& head) {
    std::vector<std::string> found;
    for (const http::Field& field : head.fields) {
        if (field.id != http::FieldId::Cookie) continue;
        for (const std::string_view pair : split_list(head.value(field), ';')) {
            if (!pair.starts_with("lb=")) found.emplace_back(pair);
        }
    }
    return found;
}

void run(std::string_view input) {
    static const auto pool = [] {
        std::vector<balancing::BackendSettings> backends(2);
        backends[0].name = "a";
        backends[1].name = "b";
        return balancing::SharedPool::make("app", {}, std::move(backends), 1, nullptr);
    }();
    static const balancing::StickyTable table(
        {{"aaaa", pool->find("a")}, {"bbbb", pool->find("b")}});
    const std::string begin = "GET / HTTP/1.1\r\nHost: t\r\n";
    std::string text = begin;
    for (const std::string_view line : split_list(input, '\n')) {
        text.append("Cookie: ").append(line).append("\r\n");
    }
    http::RequestHead head;
    if (!parse(text + "\r\n", head)) return;
    const StickyClaim claim = read_sticky_cookie(head, "lb", table);
    require(claim.backend == nullptr || claim.is_sent);
    if (claim.backend != nullptr) {
        const std::string value = "lb=" + std::string(table.token(*claim.backend));
        require(text.find(value) != std::string::npos);
    }
    http::HeadBuffer out;
    http::HeadWriter writer(out);
    write_other_cookies(head, "lb", writer);
    http::RequestHead forwarded;
    require(parse(begin + std::string(out.view()) + "\r\n", forwarded));
    require(!read_sticky_cookie(forwarded, "lb", table).is_sent);
    require(other_cookies(forwarded) == other_cookies(head));
}

}  // namespace
}  // namespace fairlead::l7

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fairlead::l7::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
