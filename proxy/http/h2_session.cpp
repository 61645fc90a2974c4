#include "proxy/http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "proxy/http/h2_head.h"
#include "proxy/http/h2_stream.h"

namespace fairlead::http {
namespace {

constexpr std::size_t kPrefaceBytes = 24;       // "PRI * HTTP/2.0 ...", from clients only
constexpr std::uint32_t kStreamsUnknown = 100;  // until the peer's SETTINGS say more or less

const std::uint8_t* as_bytes(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::string_view as_text(const std::uint8_t* bytes, std::size_t length) {
    return {reinterpret_cast<const char*>(bytes), length};
}

/// nghttp2 keeps a head as long as it has not been sent, so these need only outlive the call. It
/// takes no const.
void to_pairs(std::span<const H2Field> fields, std::vector<nghttp2_nv>& pairs) {
    pairs.clear();
    for (const H2Field& field : fields) {
        pairs.push_back({const_cast<std::uint8_t*>(as_bytes(field.name)),
                         const_cast<std::uint8_t*>(as_bytes(field.value)), field.name.size(),
                         field.value.size(), NGHTTP2_NV_FLAG_NONE});
    }
}

}  // namespace

struct H2Session::State {
    State(Role its_role, const H2Settings& its_settings, H2SessionObserver& its_observer)
        : role(its_role),
          settings(its_settings),
          observer(its_observer),
          guard(settings.resets, settings.limits.bytes, role == Role::Server ? kPrefaceBytes : 0) {}

    struct Deleter {
        void operator()(nghttp2_session* dead) const { nghttp2_session_del(dead); }
    };

    const Role role;
    const H2Settings settings;
    H2SessionObserver& observer;
    std::unique_ptr<nghttp2_session, Deleter> session;
    H2Guard guard;
    H2HeadReader reader;
    H2FieldList fields;
    std::vector<nghttp2_nv> pairs;
    std::vector<std::unique_ptr<H2Stream>> streams;
    std::vector<H2Stream*> drained;
    H2Stream* sending = nullptr;  ///< whose payload is passing; null once it has been closed
    std::string* out = nullptr;   ///< of the collect() that runs
    std::size_t out_max = 0;
    std::span<char> chunk;  ///< payload whose frame has not ended
    H2Stream* chunk_stream = nullptr;
    Time now{};
    Failure failure = Failure::None;
    std::string_view reason;
    bool is_busy = false;
    bool has_settings = false;
    bool is_ending = false;

    static State& of(void* user) { return *static_cast<State*>(user); }
    H2Stream* find(std::int32_t id) const {
        return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session.get(), id));
    }
    H2Stream& add_stream() {
        streams.push_back(std::make_unique<H2Stream>());
        streams.back()->index = streams.size() - 1;
        return *streams.back();
    }
    void remove_stream(H2Stream& stream);
    void pass_chunk(bool is_last);
    void end_block(const nghttp2_frame& frame, H2Stream* stream);
    void begin_request(std::int32_t id, const HeadError& error, bool is_last);
    void fail(Failure what, H2Error error, std::string_view why);
    void note_reset();

    // What nghttp2 calls.
    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
    static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                         std::size_t name_length, const std::uint8_t* value,
                         std::size_t value_length, std::uint8_t, void* user) noexcept;
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
    static int on_chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                        std::size_t length, void* user) noexcept;
    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error,
                        void* user) noexcept;
    static int on_invalid(nghttp2_session*, const nghttp2_frame*, int error, void* user) noexcept;
    static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept;
    static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) noexcept;
    static ssize_t on_read(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept;
    static int on_send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header,
                            std::size_t length, nghttp2_data_source* source, void* user) noexcept;
    static const nghttp2_session_callbacks* callbacks();
    static const nghttp2_option* options();
};

// ---- the ear

int H2Session::State::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame,
                                       void* user) noexcept {
    State& self = of(user);
    const H2Stream* const stream = self.find(frame->hd.stream_id);
    using Kind = H2HeadReader::Kind;
    const bool is_head = self.role == Role::Server ? frame->headers.cat == NGHTTP2_HCAT_REQUEST
                                                   : stream != nullptr && !stream->has_final_head;
    const Kind kind = !is_head                    ? Kind::Trailers
                      : self.role == Role::Server ? Kind::Request
                                                  : Kind::Response;
    self.reader.start(kind, self.settings.limits);
    return 0;
}

int H2Session::State::on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                                std::size_t name_length, const std::uint8_t* value,
                                std::size_t value_length, std::uint8_t, void* user) noexcept {
    State& self = of(user);
    if (self.failure != Failure::None) return 0;
    self.reader.add(as_text(name, name_length), as_text(value, value_length));
    if (self.reader.is_hopeless()) {
        self.fail(Failure::HeaderTooLarge, H2Error::EnhanceYourCalm, "a header without end");
    }
    return 0;
}

int H2Session::State::on_chunk(nghttp2_session*, std::uint8_t, std::int32_t id,
                               const std::uint8_t* bytes, std::size_t length, void* user) noexcept {
    State& self = of(user);
    self.pass_chunk(false);
    H2Stream* const stream = self.find(id);
    if (stream == nullptr || !stream->is_heard() || self.failure != Failure::None) {
        nghttp2_session_consume_connection(self.session.get(), length);
        return 0;
    }
    // A part of what feed() was given, which is not const.
    self.chunk = {const_cast<char*>(as_text(bytes, length).data()), length};
    self.chunk_stream = stream;
    return 0;
}

/// Kept back until it is known whether its frame was the last: bodies in one frame are many.
void H2Session::State::pass_chunk(bool is_last) {
    if (chunk_stream == nullptr) return;
    H2Stream& stream = *chunk_stream;
    chunk_stream = nullptr;
    if (!stream.is_heard()) {
        nghttp2_session_consume(session.get(), stream.id, chunk.size());
        return;
    }
    observer.on_h2_data(stream.user, chunk, is_last, {});
}

int H2Session::State::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    State& self = of(user);
    if (self.failure != Failure::None) return 0;
    const bool is_last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
        case NGHTTP2_HEADERS:
            self.end_block(*frame, self.find(frame->hd.stream_id));
            break;
        case NGHTTP2_DATA: {
            const bool has_payload = self.chunk_stream != nullptr;
            self.pass_chunk(is_last);
            H2Stream* const stream = self.find(frame->hd.stream_id);
            if (is_last && !has_payload && stream != nullptr && stream->is_heard()) {
                self.observer.on_h2_data(stream->user, {}, true, {});
            }
            break;
        }
        case NGHTTP2_RST_STREAM:
            if (H2Stream* const stream = self.find(frame->hd.stream_id)) {
                stream->is_reset_by_peer = true;
            }
            break;
        case NGHTTP2_SETTINGS:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.has_settings = true;
            break;
        case NGHTTP2_PING:
            if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) self.observer.on_h2_pong();
            break;
        case NGHTTP2_GOAWAY:
            self.observer.on_h2_goaway(static_cast<H2Error>(frame->goaway.error_code));
            break;
        default:
            break;
    }
    return 0;
}

/// A header block is whole.
void H2Session::State::end_block(const nghttp2_frame& frame, H2Stream* stream) {
    const bool is_last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const HeadError error = reader.finish();
    if (role == Role::Server && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
        begin_request(frame.hd.stream_id, error, is_last);
        return;
    }
    if (stream == nullptr || !stream->is_heard()) return;
    if (role == Role::Client && !stream->has_final_head) {
        const std::string_view text = reader.text();
        stream->has_final_head = error.failure != Failure::None || text[9] != '1';
        // Nothing can follow an interim response that is the last.
        HeadError whole = error;
        if (!stream->has_final_head && is_last) {
            whole = {Failure::BackendBadResponse, 502, "an interim response without a final one"};
        }
        observer.on_h2_response(stream->user, {text, {}, whole, is_last});
        return;
    }
    if (!is_last || error.failure != Failure::None) {  // RFC 9113 section 8.1
        nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, stream->id,
                                  NGHTTP2_PROTOCOL_ERROR);
        return;
    }
    observer.on_h2_data(stream->user, {}, true, reader.text());
}

void H2Session::State::begin_request(std::int32_t id, const HeadError& error, bool is_last) {
    H2Stream& stream = add_stream();
    stream.id = id;
    nghttp2_session_set_stream_user_data(session.get(), id, &stream);
    stream.user =
        observer.on_h2_request(stream, {reader.text(), reader.protocol(), error, is_last});
    if (stream.user != nullptr) return;
    stream.is_reset = true;
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
}

int H2Session::State::on_close(nghttp2_session*, std::int32_t id, std::uint32_t error,
                               void* user) noexcept {
    State& self = of(user);
    H2Stream* const stream = self.find(id);
    if (stream == nullptr) return 0;
    self.pass_chunk(false);
    if (stream->user != nullptr) {
        const auto what = static_cast<H2Error>(error);
        self.observer.on_h2_closed(
            stream->user,
            {what, stream->is_reset_by_peer, what == H2Error::RefusedStream && !stream->is_reset});
    }
    self.remove_stream(*stream);
    return 0;
}

void H2Session::State::remove_stream(H2Stream& stream) {
    nghttp2_session_set_stream_user_data(session.get(), stream.id, nullptr);
    drained.erase(std::remove(drained.begin(), drained.end(), &stream), drained.end());
    if (sending == &stream) sending = nullptr;
    const std::size_t index = stream.index;
    assert(streams[index].get() == &stream);
    std::swap(streams[index], streams.back());
    streams[index]->index = index;
    streams.pop_back();
}

int H2Session::State::on_invalid(nghttp2_session*, const nghttp2_frame*, int error,
                                 void* user) noexcept {
    of(user).reason = nghttp2_strerror(error);
    return 0;
}

// ---- the mouth

int H2Session::State::on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    State& self = of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR &&
        self.failure == Failure::None) {
        self.failure = Failure::H2Protocol;
        if (self.reason.empty()) {
            self.reason = name(static_cast<H2Error>(frame->goaway.error_code));
        }
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        if (self.failure == Failure::None) self.reason = {};  // it was of this stream alone
        const H2Stream* const stream = self.find(frame->hd.stream_id);
        if (stream == nullptr || !stream->is_reset) self.note_reset();
    }
    return 0;
}

void H2Session::State::note_reset() {
    const Failure what = guard.note_reset(now);
    if (what != Failure::None && failure == Failure::None) {
        fail(what, H2Error::EnhanceYourCalm, "too many streams were reset");
    }
}

/// A request that did not get onto the wire.
int H2Session::State::on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int,
                                  void* user) noexcept {
    State& self = of(user);
    if (frame->hd.type != NGHTTP2_HEADERS || self.role != Role::Client) return 0;
    const auto found =
        std::find_if(self.streams.begin(), self.streams.end(),
                     [&](const auto& each) { return each->id == frame->hd.stream_id; });
    if (found == self.streams.end() || self.find(frame->hd.stream_id) != nullptr) return 0;
    H2Stream& stream = **found;
    if (stream.user != nullptr) {
        self.observer.on_h2_closed(stream.user, {H2Error::RefusedStream, false, true});
    }
    self.remove_stream(stream);
    return 0;
}

ssize_t H2Session::State::on_read(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length,
                                  std::uint32_t* flags, nghttp2_data_source* source,
                                  void* user) noexcept {
    State& self = of(user);
    H2Stream& stream = *static_cast<H2Stream*>(source->ptr);
    const std::size_t there = stream.size();
    if (there == 0 && !stream.is_last) {
        stream.is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    const std::size_t taken = std::min(length, there);
    if (taken == there && stream.is_last) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!stream.trailers.empty()) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            self.fields.set_trailers(stream.trailers);
            to_pairs(self.fields.fields(), self.pairs);
            nghttp2_submit_trailer(self.session.get(), stream.id, self.pairs.data(),
                                   self.pairs.size());
        }
    }
    return static_cast<ssize_t>(taken);
}

int H2Session::State::on_send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header,
                                   std::size_t length, nghttp2_data_source* source,
                                   void* user) noexcept {
    constexpr std::size_t kHeaderBytes = 9;
    State& self = of(user);
    if (self.out->size() >= self.out_max) return NGHTTP2_ERR_WOULDBLOCK;  // comes again
    H2Stream& stream = *static_cast<H2Stream*>(source->ptr);
    self.out->append(as_text(header, kHeaderBytes));
    stream.take(length, *self.out);
    self.guard.note_data_sent();
    if (stream.is_draining && stream.size() == 0) {
        stream.is_draining = false;
        self.drained.push_back(&stream);
    }
    return 0;
}

void H2Session::State::fail(Failure what, H2Error error, std::string_view why) {
    if (failure != Failure::None) return;
    failure = what;
    reason = why;
    nghttp2_session_terminate_session(session.get(), static_cast<std::uint32_t>(error));
}

// ---- set-up

const nghttp2_session_callbacks* H2Session::State::callbacks() {
    static const nghttp2_session_callbacks* const made = [] {
        nghttp2_session_callbacks* all = nullptr;
        nghttp2_session_callbacks_new(&all);
        nghttp2_session_callbacks_set_on_begin_headers_callback(all, &on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(all, &on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(all, &on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, &on_chunk);
        nghttp2_session_callbacks_set_on_stream_close_callback(all, &on_close);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, &on_invalid);
        nghttp2_session_callbacks_set_on_frame_send_callback(all, &on_sent);
        nghttp2_session_callbacks_set_on_frame_not_send_callback(all, &on_not_sent);
        nghttp2_session_callbacks_set_send_data_callback(all, &on_send_data);
        return all;
    }();
    return made;
}

const nghttp2_option* H2Session::State::options() {
    static const nghttp2_option* const made = [] {
        nghttp2_option* all = nullptr;
        nghttp2_option_new(&all);
        // A window opens when there is room again, not when bytes have come.
        nghttp2_option_set_no_auto_window_update(all, 1);
        // Heads are judged by H2HeadReader, which knows what to answer.
        nghttp2_option_set_no_http_messaging(all, 1);
        nghttp2_option_set_no_closed_streams(all, 1);
        return all;
    }();
    return made;
}

H2Session::H2Session(Role role, const H2Settings& settings, H2SessionObserver& observer)
    : state_(std::make_unique<State>(role, settings, observer)) {
    nghttp2_session* session = nullptr;
    std::vector<nghttp2_settings_entry> entries{
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(settings.limits.bytes)},
    };
    if (role == Role::Server) {
        nghttp2_session_server_new2(&session, State::callbacks(), state_.get(), State::options());
        entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.streams});
        // RFC 9218: the tree of RFC 7540 is not kept.
        entries.push_back({NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1});
        if (settings.takes_websockets) {
            entries.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
        }
    } else {
        nghttp2_session_client_new2(&session, State::callbacks(), state_.get(), State::options());
        entries.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
    }
    state_->session.reset(session);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<std::int32_t>(settings.connection_window));
}

H2Session::~H2Session() { assert(!state_->is_busy); }

// ---- in and out

void H2Session::feed(std::span<char> bytes, Time now) {
    State& self = *state_;
    assert(!self.is_busy);
    self.now = now;
    if (self.failure != Failure::None) return;
    const Failure flood = self.guard.observe({bytes.data(), bytes.size()}, now);
    if (flood != Failure::None) {
        self.fail(flood,
                  flood == Failure::H2Protocol ? H2Error::ProtocolError : H2Error::EnhanceYourCalm,
                  row(flood).meaning);
        return;
    }
    self.is_busy = true;
    const std::string_view text(bytes.data(), bytes.size());
    const ssize_t used = nghttp2_session_mem_recv(self.session.get(), as_bytes(text), text.size());
    self.pass_chunk(false);
    self.is_busy = false;
    if (used < 0) {
        self.fail(Failure::H2Protocol, H2Error::ProtocolError,
                  nghttp2_strerror(static_cast<int>(used)));
    }
}

Failure H2Session::failure() const { return state_->failure; }
std::string_view H2Session::reason() const { return state_->reason; }

void H2Session::collect(std::string& out, std::size_t bytes_max) {
    State& self = *state_;
    assert(!self.is_busy);
    self.is_busy = true;
    self.out = &out;
    self.out_max = bytes_max;
    while (out.size() < bytes_max) {
        const std::uint8_t* bytes = nullptr;
        const std::size_t before = out.size();
        const ssize_t length = nghttp2_session_mem_send(self.session.get(), &bytes);
        if (length < 0) {
            self.fail(Failure::Internal, H2Error::InternalError, "no memory");
            break;
        }
        out.append(as_text(bytes, static_cast<std::size_t>(length)));
        if (length == 0 && out.size() == before) break;
    }
    self.out = nullptr;
    self.is_busy = false;
}

void H2Session::tell_drained() {
    State& self = *state_;
    while (!self.drained.empty()) {
        H2Stream& stream = *self.drained.back();
        self.drained.pop_back();
        if (stream.size() == 0 && stream.user != nullptr) {
            self.observer.on_h2_drained(stream.user);
        }
    }
}

bool H2Session::has_output() const {
    return nghttp2_session_want_write(state_->session.get()) != 0;
}
bool H2Session::is_over() const {
    return nghttp2_session_want_write(state_->session.get()) == 0 &&
           nghttp2_session_want_read(state_->session.get()) == 0;
}
bool H2Session::is_busy() const { return state_->is_busy; }

// ---- streams

void H2Session::send_head(H2Stream& stream, std::string_view head, bool is_last) {
    State& self = *state_;
    if (stream.is_reset) return;
    self.fields.set_response(head);
    to_pairs(self.fields.fields(), self.pairs);
    const bool is_interim = head[9] == '1' && head.substr(9, 3) != "101";
    if (is_interim) {
        nghttp2_submit_headers(self.session.get(), NGHTTP2_FLAG_NONE, stream.id, nullptr,
                               self.pairs.data(), self.pairs.size(), nullptr);
        return;
    }
    nghttp2_data_provider body{};
    body.source.ptr = &stream;
    body.read_callback = &State::on_read;
    nghttp2_submit_response(self.session.get(), stream.id, self.pairs.data(), self.pairs.size(),
                            is_last ? nullptr : &body);
}

H2Stream* H2Session::send_request(void* user, std::string_view head, bool is_last) {
    State& self = *state_;
    if (streams_left() == 0) return nullptr;
    self.fields.set_request(head, self.settings.scheme);
    to_pairs(self.fields.fields(), self.pairs);
    H2Stream& stream = self.add_stream();
    stream.user = user;
    nghttp2_data_provider body{};
    body.source.ptr = &stream;
    body.read_callback = &State::on_read;
    stream.id = nghttp2_submit_request(self.session.get(), nullptr, self.pairs.data(),
                                       self.pairs.size(), is_last ? nullptr : &body, &stream);
    if (stream.id > 0) return &stream;
    self.streams.pop_back();
    return nullptr;
}

void H2Session::send_data(H2Stream& stream, std::string_view payload, bool is_last,
                          std::string_view trailers, std::string* out, std::size_t bytes_max) {
    State& self = *state_;
    if (stream.is_reset) return;
    stream.is_last = is_last;
    if (is_last) stream.trailers = trailers;
    if (stream.is_deferred) {
        stream.is_deferred = false;
        nghttp2_session_resume_data(self.session.get(), stream.id);
    }
    if (out == nullptr || self.is_busy) {
        stream.pending.append(payload);
        if (stream.size() > 0) stream.is_draining = true;
        return;
    }
    stream.passing = payload;
    self.sending = &stream;
    collect(*out, bytes_max);
    if (self.sending == nullptr) return;  // that was its end
    self.sending = nullptr;
    stream.pending.append(stream.passing);
    stream.passing = {};
    if (stream.size() > 0) stream.is_draining = true;
}

std::size_t H2Session::queued_bytes(const H2Stream& stream) const { return stream.size(); }

bool H2Session::is_window_shut(const H2Stream& stream) const {
    nghttp2_session* const session = state_->session.get();
    return nghttp2_session_get_stream_remote_window_size(session, stream.id) <= 0 ||
           nghttp2_session_get_remote_window_size(session) <= 0;
}

void H2Session::consume(H2Stream* stream, std::size_t bytes) {
    if (bytes == 0) return;
    if (stream != nullptr) {
        nghttp2_session_consume(state_->session.get(), stream->id, bytes);
    } else {
        nghttp2_session_consume_connection(state_->session.get(), bytes);
    }
}

void H2Session::reset(H2Stream& stream, H2Error error) {
    if (stream.is_reset) return;
    stream.is_reset = true;
    nghttp2_submit_rst_stream(state_->session.get(), NGHTTP2_FLAG_NONE, stream.id,
                              static_cast<std::uint32_t>(error));
    if (error == H2Error::ProtocolError) state_->note_reset();
}

void H2Session::forget(H2Stream& stream) { stream.user = nullptr; }

void H2Session::close_all(const H2StreamEnd& end) {
    for (std::size_t index = state_->streams.size(); index-- > 0;) {
        if (index >= state_->streams.size()) continue;
        void* const user = std::exchange(state_->streams[index]->user, nullptr);
        if (user != nullptr) state_->observer.on_h2_closed(user, end);
    }
}

// ---- the connection

void H2Session::announce_end() {
    if (state_->role == Role::Server && !state_->is_ending) {
        nghttp2_submit_shutdown_notice(state_->session.get());
    }
}

void H2Session::end() {
    if (state_->is_ending) return;
    state_->is_ending = true;
    nghttp2_session* const session = state_->session.get();
    nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

void H2Session::fail(Failure failure, H2Error error, std::string_view reason) {
    state_->fail(failure, error, reason);
}

void H2Session::ping() { nghttp2_submit_ping(state_->session.get(), NGHTTP2_FLAG_NONE, nullptr); }

std::size_t H2Session::streams() const { return state_->streams.size(); }

std::size_t H2Session::streams_left() const {
    const State& self = *state_;
    nghttp2_session* const session = self.session.get();
    if (nghttp2_session_check_request_allowed(session) == 0) return 0;
    const std::size_t most =
        self.has_settings
            ? nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
            : kStreamsUnknown;
    return most > self.streams.size() ? most - self.streams.size() : 0;
}

bool H2Session::has_settings() const { return state_->has_settings; }
bool H2Session::is_in_headers() const { return state_->guard.is_in_headers(); }

}  // namespace fairlead::http
