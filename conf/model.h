/// The configuration as plain values, defaults filled in: what the rest of the program reads.
/// Filled by `load`; immutable afterwards, so any thread may read it. Names are text as written;
/// `load` has checked that what they refer to exists. "none" is kForever for a duration,
/// kUnlimited for a count or size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/error.h"
#include "proxy/base/failure.h"
#include "proxy/base/units.h"

namespace fairlead::conf {

// ---- [process], [admin], [log]

/// What happens on TERM.
struct Stop {
    Duration delay{0};                             ///< serving on with /ready 503
    Duration requests = std::chrono::seconds{25};  ///< wait so long for exchanges, at most
    Duration tunnels = std::chrono::seconds{25};   ///< wait so long for tunnels, at most
};

/// How long what a reload or an admin call removes may finish.
struct Drain {
    Duration requests = std::chrono::seconds{30};
    Duration tunnels = std::chrono::minutes{5};
};

struct Process {
    std::uint32_t workers = 0;          ///< threads, 1 to 1024; 0 is "auto"
    std::uint64_t max_connections = 0;  ///< client connections, both sides counted; 0 is "auto"
    Stop stop;
    Drain drain;
    bool watch = false;      ///< reload when a file's content changes
    std::string state_file;  ///< a path; empty: nothing is kept over a restart
    std::string user;        ///< to change to after binding; empty: stay
    Location where;
    Location user_where;  ///< of the value of `user`
};

struct Admin {
    BindAddress bind;                ///< any address; not loopback only with a token_file
    std::string socket;              ///< path of the control socket; empty: the default place
    std::string token_file;          ///< path; empty: no changes over HTTP
    std::vector<std::string> hosts;  ///< further Host names accepted, lower case, without port
    Location where;                  ///< of the value of `bind`
    Location socket_where;           ///< of the value of `socket`
    Location token_file_where;
};

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error };
enum class AccessFormat : std::uint8_t { Json, Common };
/// What of a query the access log shows.
enum class AccessQuery : std::uint8_t { Off, Redact, On };

struct AccessLog {
    bool enabled = true;        ///< false is `access = "off"`
    std::string to = "stdout";  ///< "stdout", "stderr" or the path of a file
    AccessFormat format = AccessFormat::Json;
    double sample = 1.0;  ///< share of exchanges logged, 0 to 1
    AccessQuery query = AccessQuery::Redact;
    Location to_where;  ///< of the value of `to`, empty when it is not written
};

struct Log {
    LogLevel level = LogLevel::Info;
    AccessLog access;
    Location where;
};

// ---- [listener.NAME]

enum class Via : std::uint8_t { Off, Request, Response, Both };

/// What a listener speaks.
enum class Mode : std::uint8_t { Http, Tcp };

struct Bind {
    BindAddress address;
    Location where;
};

/// One row of `sni`: connections whose ClientHello names this host go to that pool.
struct SniRoute {
    std::string name;       ///< lower case, no trailing dot; of "*.x.y" it is "x.y"
    bool wildcard = false;  ///< one label in front of `name`
    std::string pool;
    Location where;

    std::string text() const { return wildcard ? "*." + name : name; }
};

struct ListenerLimits {
    std::uint64_t headers_bytes = 32 * 1024;  ///< all header fields of a head, 1 KiB to 1 MiB
    std::uint32_t header_count = 100;         ///< fields, 1 to 10000
    std::uint64_t url_bytes = 8 * 1024;       ///< the request target, 64 B to 1 MiB
    std::uint64_t body_bytes = kUnlimited;    ///< of a request
    std::uint64_t requests_per_connection = 10'000;  ///< at least 1, or kUnlimited
    std::uint64_t connections = kUnlimited;  ///< of clients, at least 1; then accepting pauses
    /// Of one client address (an IPv6 client: its /64), at least 1; more are closed at once.
    std::uint64_t connections_per_ip = kUnlimited;
};

struct ListenerTimeouts {
    Duration handshake = std::chrono::seconds{10};   ///< for what precedes HTTP on a connection
    Duration header = std::chrono::seconds{10};      ///< first byte to end of the request head
    Duration body_idle = std::chrono::seconds{30};   ///< between two reads of a request body
    Duration keepalive = std::chrono::seconds{75};   ///< between requests
    Duration write_idle = std::chrono::seconds{30};  ///< without progress towards the client
    std::uint64_t min_rate = 500;  ///< bytes a second, after a body's first 10 s; 0 is "none"
    Duration tunnel_idle = std::chrono::hours{1};
};

/// A file that a configuration names and that belongs to its content: read once, with the
/// configuration, so that everybody sees the same bytes. Shared, because a key is copied nowhere.
struct FileContent {
    std::string path;
    std::string bytes;
};

enum class TlsVersion : std::uint8_t { V1_2, V1_3 };
enum class ClientAuth : std::uint8_t { Off, Request, Require };

/// One row of `certificates`, or one file pair of a folder.
struct CertificateFiles {
    std::shared_ptr<const FileContent> cert;
    std::shared_ptr<const FileContent> key;   ///< null: in the same file as `cert`
    std::shared_ptr<const FileContent> ocsp;  ///< null: none
    Location where;
};

/// TLS towards clients.
struct ListenerTls {
    std::vector<CertificateFiles> certificates;  ///< at least one; the first is the default
    TlsVersion min = TlsVersion::V1_2;
    std::shared_ptr<const FileContent> client_ca;  ///< null exactly with ClientAuth::Off
    ClientAuth client_auth = ClientAuth::Off;      ///< with client_ca the default is Require
    Location where;
    Location client_ca_where;
};

/// What an HTTP/2 client may do on one connection.
struct Http2 {
    std::uint32_t streams = 100;  ///< requests at a time, 1 to 10000
    std::uint64_t resets = 200;   ///< in `resets_over`; kUnlimited is "none"
    Duration resets_over = std::chrono::seconds{30};
    std::uint64_t window_bytes = 256 * 1024;  ///< of one request's body, 16 KiB to 16 MiB
    std::uint64_t connection_window_bytes = 1024 * 1024;  ///< of all together, 64 KiB to 64 MiB
};

struct Listener {
    std::string name;
    std::vector<Bind> bind;  ///< at least one
    Mode mode = Mode::Http;
    std::string pool;                ///< for what no route (no `sni` row) takes; may be empty
    std::vector<SniRoute> sni;       ///< Tcp: exact names first, then wildcards
    std::optional<ListenerTls> tls;  ///< nothing: in clear
    /// "h2" and "http/1.1", best first. Http: at least one; by ALPN with TLS, by the first bytes in
    /// clear.
    std::vector<std::string> http{"http/1.1"};
    Http2 h2;
    std::vector<IpNetwork> allow;         ///< whose requests and sessions are taken; empty: all
    std::vector<IpNetwork> deny;          ///< whose are not, in spite of `allow`
    std::vector<IpNetwork> accept_proxy;  ///< who must begin with a PROXY header; others must not
    std::vector<IpNetwork> trusted_proxies;
    std::vector<std::string> upgrade{"websocket"};  ///< lower case
    Via via = Via::Response;
    ListenerLimits limits;
    ListenerTimeouts timeouts;
    Location where;

    bool takes_h2() const;
    bool takes_http1() const;
    /// By `allow` and `deny`.
    bool lets_in(const IpAddress& client) const;
};

// ---- retry and queue: of a pool, or of one route

/// The words of `retry.on`.
struct RetryOn {
    bool connect = true;
    bool stale = true;
    bool reset = true;
    bool timeout = false;
    bool status_429 = false;
    bool status_500 = false;
    bool status_502 = false;
    bool status_503 = true;
    bool status_504 = false;
    bool grpc_unavailable = false;  ///< an answer with grpc-status 14 and no message

    static constexpr RetryOn nothing() {
        return {false, false, false, false, false, false, false, false, false, false};
    }
    constexpr bool covers(RetryClass cause) const {
        switch (cause) {
            case RetryClass::Never:
                return false;
            case RetryClass::Connect:
                return connect;
            case RetryClass::Stale:
                return stale;
            case RetryClass::Reset:
                return reset;
            case RetryClass::Timeout:
                return timeout;
        }
        return false;
    }
    /// Whether a backend's own answer with this status is retried.
    constexpr bool covers_status(int status) const {
        switch (status) {
            case 429:
                return status_429;
            case 500:
                return status_500;
            case 502:
                return status_502;
            case 503:
                return status_503;
            case 504:
                return status_504;
            default:
                return false;
        }
    }
    bool operator==(const RetryOn&) const = default;
};

struct Retry {
    std::uint32_t attempts = 2;  ///< extra tries, 0 to 10; `retry = "off"` is 0 and on nothing
    RetryOn on;
    double budget = 0.2;          ///< retries per request, 0 to 1; infinity is "none"
    Duration per_try = kForever;  ///< one attempt as a whole
    bool non_idempotent = false;  ///< repeat POST and PATCH too
};

/// Where exchanges wait when every backend is at max_in_flight.
struct Queue {
    std::uint32_t size = 1000;  ///< waiting exchanges, 0 to 1000000; 0 is "off"
    Duration wait = std::chrono::seconds{5};
};

// ---- [[route]]

struct HostPattern {
    std::string name;       ///< lower case, no port, no trailing dot; of "*.x.y" it is "x.y"
    bool wildcard = false;  ///< one label in front of `name`

    std::string text() const { return wildcard ? "*." + name : name; }
    bool operator==(const HostPattern&) const = default;
};

struct PathPattern {
    std::string path;     ///< normalised; of "/v1/*" it is "/v1", of "/*" it is ""
    bool prefix = false;  ///< takes `path` itself and everything below `path` + "/"

    std::string text() const { return prefix ? path + "/*" : path; }
    bool operator==(const PathPattern&) const = default;
};

struct HeaderMatch {
    std::string name;                  ///< as written; compared without case
    std::optional<std::string> value;  ///< nothing is "*": present with any value
};

struct HeaderField {
    std::string name;
    std::string value;
};

struct HeaderRules {
    std::vector<HeaderField> set;  ///< replaces every field of the name
    std::vector<HeaderField> add;
    std::vector<std::string> remove;

    bool empty() const { return set.empty() && add.empty() && remove.empty(); }
};

enum class Action : std::uint8_t { Pool, Split, Redirect, Status };

constexpr std::uint32_t kSplitWeightMax = 1'000'000;

/// A pool of a split route, and its part of the requests: weight / sum of weights.
struct SplitShare {
    std::string pool;
    std::uint32_t weight = 0;  ///< 0: none, for now; not all of a route are 0
};

/// A piece of `redirect`: literal text, or one of the request's parts.
struct RedirectPiece {
    enum class Kind : std::uint8_t { Literal, Scheme, Host, Uri, Path, Query };
    Kind kind = Kind::Literal;
    std::string literal;  ///< of Kind::Literal only
};

struct RouteTimeouts {
    std::optional<Duration> response;  ///< nothing: the pool's
    std::optional<Duration> total;     ///< nothing: the pool's
};

/// How many requests of a route one client may send: `requests` in `period` on average, `burst`
/// of them at once.
struct Rate {
    std::uint64_t requests = 1;                 ///< 1 to 1000000
    Duration period = std::chrono::seconds{1};  ///< 1s to 1h
    std::uint64_t burst = 2;                    ///< 1 to 1000000; not written: twice `requests`
};

struct Route {
    std::string name;                 ///< as written, else made from the match; unique
    std::string listener;             ///< empty: every listener
    std::vector<HostPattern> host;    ///< empty: every host; one of several must match
    std::vector<PathPattern> path;    ///< empty: every path; one of several must match
    std::vector<std::string> method;  ///< empty: every method; case matters
    std::vector<HeaderMatch> header;  ///< all must match
    Action action = Action::Pool;
    std::string pool;                            ///< Action::Pool
    std::vector<SplitShare> split;               ///< Action::Split, as in the file
    std::string redirect;                        ///< Action::Redirect, as written
    std::vector<RedirectPiece> redirect_pieces;  ///< `redirect`, taken apart
    int status = 0;    ///< Redirect (300 to 399, default 302) and Status (200 to 599)
    std::string body;  ///< Action::Status, text/plain
    HeaderRules request_headers;
    HeaderRules response_headers;
    RouteTimeouts timeouts;
    std::optional<Retry> retry;  ///< nothing: the pool's; keys not written are the pool's
    std::optional<Queue> queue;  ///< nothing: the pool's; keys not written are the pool's
    std::optional<Rate> rate;    ///< nothing: any; counted by client address, for each route
    Location where;              ///< of the [[route]] header
};

// ---- [pool.NAME]

struct Backend {
    HostPort address;
    std::string name;          ///< as written, else the address as written; unique in its pool
    std::uint32_t weight = 1;  ///< 0 to 65535; 0 takes no new requests
    std::uint64_t max_in_flight = kUnlimited;  ///< its own, else the pool's; at least 1
    std::uint32_t tier = 0;                    ///< 0 first; "backup" is 1; no holes in a pool
    Location where;
};

enum class HashKey : std::uint8_t { ClientIp, Path, Header, Cookie, Query };

struct Hash {
    HashKey key = HashKey::ClientIp;
    std::string name;     ///< of the header, cookie or query parameter
    double bound = 1.25;  ///< a backend's load at most so many times the mean; infinity is "none"
};

struct StatusRange {
    int first = 0;
    int last = 0;  ///< included

    constexpr bool contains(int status) const { return first <= status && status <= last; }
    bool operator==(const StatusRange&) const = default;
};

/// Tls ends with a good handshake.
enum class CheckKind : std::uint8_t { Http, Tcp, Tls, Grpc };
/// What a backend is before its first results: Probe waits for one round before accepting.
enum class CheckInit : std::uint8_t { Probe, Up, Down };

struct Check {
    CheckKind kind = CheckKind::Http;
    std::string method = "GET";  ///< Http
    std::string path = "/";      ///< Http, with query
    std::string service;         ///< Grpc: whose health is asked for; empty: the whole server's
    std::string host;            ///< Http, Grpc: the Host field; empty: the backend's address
    std::vector<StatusRange> expect{{200, 399}};  ///< Http: statuses that are well
    std::string body;          ///< Http: text the answer must contain; empty: any
    std::string send;          ///< Tcp: bytes to write first; may be empty
    std::string expect_bytes;  ///< Tcp: bytes the answer must contain; empty: connecting is enough
    Duration every = std::chrono::seconds{2};
    Duration timeout = std::chrono::seconds{1};  ///< at most `every`
    std::uint32_t rise = 2;                      ///< good results in a row until up, 1 to 100
    std::uint32_t fall = 3;                      ///< bad results in a row until down, 1 to 100
    Duration every_changing = std::chrono::milliseconds{500};  ///< while the state is not settled
    Duration every_down = std::chrono::seconds{5};
    CheckInit init = CheckInit::Probe;
    std::uint16_t port = 0;  ///< 0: the backend's own
    Location where;

    /// The same check, wherever it is written.
    bool operator==(const Check& other) const;
};

struct Buffer {
    std::uint64_t request_bytes = 64 * 1024;    ///< body read whole before picking; 0 is "none"
    std::uint64_t response_bytes = 256 * 1024;  ///< taken ahead of a slow client; at least 4 KiB
};

struct SlowStart {
    Duration over = std::chrono::seconds{10};  ///< 0 is "off"
    double from = 0.1;                         ///< share of the weight at the start, 0.01 to 1
};

/// When failing requests take a backend out.
struct Passive {
    bool is_on = true;                        ///< false is "off"
    std::uint32_t failures = 5;               ///< in a row, 1 to 1000
    Duration over = std::chrono::seconds{1};  ///< from the first of them to the last, at least
    double ratio = 0.2;                       ///< of the requests that fail; infinity is "none"
    std::uint32_t min_requests = 50;          ///< for the ratio, 1 to 100000
    Duration out = std::chrono::seconds{10};  ///< times how often it was out lately
    Duration out_max = std::chrono::minutes{5};
    double max_out = 0.5;  ///< of the pool's backends at once, 0.01 to 1
};

struct Keepalive {
    bool learns = true;  ///< "learn": an unused connection is kept as long as its backend's allow
    Duration idle = std::chrono::seconds{4};  ///< without `learns`: kept so long; 0: not kept
    std::uint32_t per_backend = 256;          ///< idle connections, over all workers
    std::uint64_t max_requests = 10'000;      ///< on one connection; or kUnlimited
    Duration max_age = std::chrono::hours{1};
};

struct PoolTimeouts {
    Duration connect = std::chrono::seconds{2};
    Duration response = std::chrono::seconds{60};  ///< request sent to response head
    Duration idle = std::chrono::seconds{60};      ///< between body bytes
    Duration total = kForever;                     ///< the whole exchange
};

enum class HostHeader : std::uint8_t { Keep, Backend, Literal };
enum class WhenAllDown : std::uint8_t { Try, Fail };
/// The PROXY protocol's header in front of each connection to a backend.
enum class SendProxy : std::uint8_t { Off, V1, V2 };

/// What backends speak.
enum class BackendHttp : std::uint8_t { V1_1, V2 };

/// TLS towards backends.
struct PoolTls {
    bool verify = true;                     ///< chain and name
    std::shared_ptr<const FileContent> ca;  ///< null: the system's authorities
    std::string sni;  ///< sent and verified; empty: the host of the backend's address
    std::shared_ptr<const FileContent> cert;  ///< for backends that ask; null: none
    std::shared_ptr<const FileContent> key;   ///< null: in the same file as `cert`
    Location where;
    Location ca_where;
    Location cert_where;
};

/// When a sticky cookie says `Secure`. Auto: when the client came by TLS.
enum class CookieSecure : std::uint8_t { Auto, Always, Never };
/// What it says of SameSite; Off leaves it out.
enum class SameSite : std::uint8_t { Lax, Strict, None, Off };

/// A cookie that brings a client back to its backend.
struct Sticky {
    std::string cookie = "fairlead";         ///< its name, a token
    std::shared_ptr<const FileContent> key;  ///< null: the process's own key
    bool http_only = true;
    CookieSecure secure = CookieSecure::Auto;
    SameSite same_site = SameSite::Lax;
    Duration max_age = kForever;  ///< whole seconds; kForever: until the browser is closed
    Location where;

    /// What is in `key`, without line ends behind it; only of one that is not null.
    std::string_view key_bytes() const;
};

/// A name whose addresses are a pool's backends, beside those that are written.
struct Dns {
    std::string name;        ///< of a host, or of a service as "_http._tcp.app.internal"
    std::uint16_t port = 0;  ///< of the host; 0: `name` is a service, whose SRV records have ports
    std::vector<HostPort> servers;  ///< IP addresses; empty: those of this machine
    Location where;

    bool is_service() const { return port == 0; }
    std::string text() const;  ///< as written
};

struct Pool {
    std::string name;
    std::vector<Backend> backends;  ///< at least one, unless there is `dns`
    std::optional<Dns> dns;
    std::string policy = "least_connections";  ///< a name of LoadOptions::policies
    Hash hash;                                 ///< read by the policy "hash" only
    std::optional<Check> check;                ///< nothing: backends stay `unknown`
    Retry retry;
    Buffer buffer;
    Queue queue;
    std::uint64_t max_in_flight = kUnlimited;  ///< per backend, at least 1; copied to its backends
    SlowStart slow_start;
    Passive passive;
    Keepalive keepalive;
    PoolTimeouts timeouts;
    std::optional<PoolTls> tls;            ///< nothing: in clear
    BackendHttp http = BackendHttp::V1_1;  ///< V2: by ALPN with tls, else by prior knowledge
    HostHeader host_header = HostHeader::Keep;
    std::string host_literal;  ///< HostHeader::Literal
    SendProxy send_proxy = SendProxy::Off;
    std::optional<Sticky> sticky;  ///< nothing: every request goes where the policy says
    /// Not written: Fail when only listeners with mode "tcp" use the pool, else Try.
    WhenAllDown when_all_down = WhenAllDown::Try;
    Location where;
};

// ---- [[expect]]

/// One configuration test: this request must end there. Exactly one of the last three is set.
struct Expectation {
    std::string listener;  ///< empty: the one whose port fits, else the first
    std::string method;
    std::string scheme;      ///< "http" or "https"
    std::string host;        ///< without port
    std::uint16_t port = 0;  ///< as written, else the scheme's
    std::string target;      ///< path with query, as written
    std::vector<HeaderField> header;
    std::optional<std::string> pool;
    std::optional<int> status;
    std::optional<std::string> redirect;  ///< the Location expected
    Location where;                       ///< of the value of `request`
    Location outcome_where;               ///< of the value of pool, status or redirect
};

/// Where a key is written.
struct Origin {
    std::uint32_t file = 0;  ///< index of Model::files
    std::uint32_t line = 0;
    bool is_off = false;  ///< its value is the word "off" or "none"
};
/// By key with its section, as conf/settings.h spells it: "pool.app.timeouts.connect",
/// "defaults.pool.check", "route.0.path" and "expect.0.pool" (counted in the model's order). Tables
/// are there by what is in them, backends have their own places.
using Origins = std::unordered_map<std::string, Origin>;

struct Model {
    /// Every file that was read, the main one first: what `watch` looks at.
    std::vector<std::string> files;
    /// Tells one content of these files from another, as they were when they were read; never 0
    /// when there is a file.
    std::uint64_t content = 0;
    /// Folders in which `include` looked for files, even where it found none.
    std::vector<std::string> include_folders;
    Process process;
    std::optional<Admin> admin;
    Log log;
    std::vector<Listener> listeners;  ///< file order
    std::vector<Route> routes;        ///< file order, the first that matches wins
    std::vector<Pool> pools;          ///< file order
    std::vector<Expectation> expectations;
    Origins origins;

    const Listener* listener(std::string_view name) const;  ///< nullptr when there is none
    const Pool* pool(std::string_view name) const;          ///< nullptr when there is none
};

}  // namespace fairlead::conf
