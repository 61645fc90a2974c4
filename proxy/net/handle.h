/// How every libuv handle is owned here. libuv keeps a handle's address until its close callback
/// has run, and requests pending at that moment come back later with UV_ECANCELED. So the wrapper
/// may die at once, the libuv structure dies later, and a late callback finds no owner. The only
/// caller of uv_close. Private to proxy/net, because it shows libuv.
#pragma once

#include <uv.h>

#include <cstdio>
#include <cstdlib>

namespace fairlead::net {

/// Ends the process when libuv refuses what it only refuses without memory or descriptors at start.
inline void must(int status, const char* what) noexcept {
    if (status == 0) return;
    std::fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
    std::abort();
}

/// Owns one libuv handle. Destroying it is immediate for us, asynchronous for libuv. Holds nothing
/// but the address (`uv->data` is the owner): there is one of these per connection.
template <class Uv>
class Handle {
  public:
    /// @param init  called once with the `Uv*`, returns libuv's status. When that is not 0 the
    /// handle
    ///              is not open.
    template <class Init>
    Handle(void* owner, Init init) : uv_(new Uv) {
        if (init(uv_) == 0) {
            generic(uv_)->data = owner;
        } else {
            delete uv_;
            uv_ = nullptr;
        }
    }
    ~Handle() { close(); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    /// From here on callbacks find no owner. Descriptors libuv owns are closed before this returns.
    void close() noexcept {
        if (uv_ == nullptr) return;
        generic(uv_)->data = nullptr;
        uv_close(generic(uv_), [](uv_handle_t* closed) { delete reinterpret_cast<Uv*>(closed); });
        uv_ = nullptr;
    }

    bool is_open() const { return uv_ != nullptr; }
    /// Null when not open.
    Uv* get() const { return uv_; }
    uv_handle_t* generic() const { return generic(uv_); }

  private:
    static uv_handle_t* generic(Uv* uv) { return reinterpret_cast<uv_handle_t*>(uv); }

    Uv* uv_;  // deleted by the close callback, which is why this is no unique_ptr
};

/// Closes a handle that is a part of its owner, whose memory must stay until `on_closed` is called.
inline void close_part(uv_handle_t* uv, uv_close_cb on_closed) noexcept { uv_close(uv, on_closed); }

/// Whom a callback is for; null once the handle is closed.
template <class Owner, class Uv>
Owner* owner_of(const Uv* uv) noexcept {
    return static_cast<Owner*>(uv->data);
}

}  // namespace fairlead::net
