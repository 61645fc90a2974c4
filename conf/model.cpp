#include "conf/model.h"

#include <algorithm>
#include <tuple>

namespace fairlead::conf {

bool Check::operator==(const Check& other) const {
    const auto all = [](const Check& check) {
        return std::tie(check.kind, check.method, check.path, check.service, check.host,
                        check.expect, check.body, check.send, check.expect_bytes, check.every,
                        check.timeout, check.rise, check.fall, check.every_changing,
                        check.every_down, check.init, check.port);
    };
    return all(*this) == all(other);
}

std::string Dns::text() const { return is_service() ? name : HostPort{name, port, {}}.text(); }

bool Listener::takes_h2() const { return std::find(http.begin(), http.end(), "h2") != http.end(); }

bool Listener::lets_in(const IpAddress& client) const {
    return (allow.empty() || contains(allow, client)) && !contains(deny, client);
}

bool Listener::takes_http1() const {
    return std::find(http.begin(), http.end(), "http/1.1") != http.end();
}

std::string_view Sticky::key_bytes() const {
    std::string_view bytes = key->bytes;
    while (bytes.ends_with('\n') || bytes.ends_with('\r')) bytes.remove_suffix(1);
    return bytes;
}

const Listener* Model::listener(std::string_view name) const {
    for (const Listener& listener : listeners) {
        if (listener.name == name) return &listener;
    }
    return nullptr;
}

const Pool* Model::pool(std::string_view name) const {
    for (const Pool& pool : pools) {
        if (pool.name == name) return &pool;
    }
    return nullptr;
}

}  // namespace fairlead::conf
