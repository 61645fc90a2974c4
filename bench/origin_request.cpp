#include "bench/origin_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "proxy/base/text.h"
#include "proxy/base/units.h"

namespace fairlead::bench {

namespace {

tl::unexpected<Error> bad_value(std::string_view name, std::string_view value,
                                std::string_view example) {
    return fail(fmt::format("cannot read {}={}", name, value), fmt::format("write {}", example));
}

/// "20k", "1m", "2g" beside what parse_size takes; a bare number is bytes.
std::optional<std::uint64_t> read_size(std::string_view text) {
    std::uint64_t unit = 1;
    std::string_view digits = text;
    if (!text.empty()) {
        const char last = ascii_lower(text.back());
        if (last == 'k') unit = std::uint64_t{1} << 10;
        if (last == 'm') unit = std::uint64_t{1} << 20;
        if (last == 'g') unit = std::uint64_t{1} << 30;
        if (unit != 1) digits.remove_suffix(1);
    }
    if (const auto number = parse_number(digits)) {
        if (*number > OriginRequest::kSizeMax / unit) return std::nullopt;
        return *number * unit;
    }
    const auto size = parse_size(text);
    if (!size || *size > OriginRequest::kSizeMax) return std::nullopt;
    return *size;
}

std::optional<bool> read_flag(std::string_view text) {
    if (text == "1") return true;
    if (text == "0") return false;
    return std::nullopt;
}

/// "%25" back to "%"; nothing else in a value needs decoding. A lone "%" stays, as people type it.
/// @param room  where a changed value is put
std::string_view decode_percent_sign(std::string_view value, std::string& room) {
    if (value.find("%25") == std::string_view::npos) return value;
    room = value;
    for (std::size_t at = room.find("%25"); at != std::string::npos;
         at = room.find("%25", at + 1)) {
        room.erase(at + 1, 2);
    }
    return room;
}

/// Without scheme and authority of an absolute-form target.
std::string_view path_and_query(std::string_view target) {
    const std::size_t scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string_view::npos) return target;
    const std::size_t path = target.find_first_of("/?", scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

struct Reader {
    OriginRequest request;
    bool has_status = false;

    Result<void> read(std::string_view name, std::string_view value);
    Result<void> read_share(std::string_view name, std::string_view value, double& share);
    Result<void> read_switch(std::string_view name, std::string_view value, bool& is_on);
};

Result<void> Reader::read_share(std::string_view name, std::string_view value, double& share) {
    const auto read = parse_percent(value);
    if (!read) return bad_value(name, value, fmt::format("{}=1%, from 0% to 100%", name));
    share = *read;
    return {};
}

Result<void> Reader::read_switch(std::string_view name, std::string_view value, bool& is_on) {
    const auto flag = read_flag(value);
    if (!flag) return bad_value(name, value, fmt::format("{0}=1 or {0}=0", name));
    is_on = *flag;
    return {};
}

Result<void> Reader::read(std::string_view name, std::string_view value) {
    if (name == "size") {
        request.size = read_size(value);
        if (!request.size) return bad_value(name, value, "size=20k, at most 1024g");
    } else if (name == "delay") {
        const auto delay = parse_duration(value);
        if (!delay || *delay < Duration::zero() || *delay > OriginRequest::kDelayMax) {
            return bad_value(name, value, "delay=5ms, at most 1h");
        }
        request.delay = *delay;
    } else if (name == "status") {
        const auto status = parse_number(value);
        if (!status || *status < 200 || *status > 599) {
            return bad_value(name, value, "status=503, from 200 to 599");
        }
        request.status = static_cast<int>(*status);
        has_status = true;
    } else if (name == "fail") {
        return read_share(name, value, request.fail);
    } else if (name == "reset") {
        return read_share(name, value, request.reset);
    } else if (name == "chunked") {
        return read_switch(name, value, request.is_chunked);
    } else if (name == "close") {
        return read_switch(name, value, request.is_closing);
    } else if (name == "ok") {
        return read_switch(name, value, request.is_healthy);
    }
    return {};
}

}  // namespace

Result<OriginRequest> parse_origin_request(http::Method method, std::string_view target) {
    std::string_view path = path_and_query(target);
    std::string_view query;
    if (const std::size_t mark = path.find('?'); mark != std::string_view::npos) {
        query = path.substr(mark + 1);
        path = path.substr(0, mark);
    }
    Reader reader;
    bool has_ok = false;
    std::string room;
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
        const std::size_t equals = parameter.find('=');
        const std::string_view name = parameter.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
        if (name == "series") reader.request.series = value;  // has no character to decode
        if (auto read = reader.read(name, decode_percent_sign(value, room)); !read) {
            return fail(std::move(read).error());
        }
        has_ok = has_ok || name == "ok";
    }
    OriginRequest& request = reader.request;
    // With a failing share, `status` is what the failing answers say, not what all of them say.
    if (request.fail > 0 && reader.has_status) {
        request.fail_status = request.status;
        request.status = 200;
    }
    if (path == "/healthz") {
        request.kind = OriginRequest::Kind::Health;
        if (method == http::Method::Post) {
            if (!has_ok) return fail("POST /healthz says no state", "write /healthz?ok=0 or ok=1");
            request.kind = OriginRequest::Kind::SetHealth;
        }
    } else if (path == "/stats") {
        request.kind = OriginRequest::Kind::Stats;
    }
    return request;
}

}  // namespace fairlead::bench
