#include "proxy/net/next_turn.h"

#include <uv.h>

#include "proxy/net/handle.h"
#include "proxy/net/loop.h"

namespace fairlead::net {

// An idle handle, in libuv's odd words: it is called in each turn, and is the opposite of idle.
struct NextTurn::State {
    State(Loop& its_loop, void* its_owner, Callback its_callback)
        : loop(its_loop),
          owner(its_owner),
          on_turn(its_callback),
          handle(this, [&](uv_idle_t* uv) { return uv_idle_init(loop.raw(), uv); }) {}

    Loop& loop;
    void* owner;
    Callback on_turn;
    Handle<uv_idle_t> handle;
};

NextTurn::NextTurn(Loop& loop, void* owner, Callback on_turn)
    : state_(std::make_unique<State>(loop, owner, on_turn)) {}

NextTurn::~NextTurn() = default;

void NextTurn::ask() {
    uv_idle_start(state_->handle.get(), [](uv_idle_t* uv) {
        auto* const self = owner_of<State>(uv);
        if (self == nullptr) return;
        uv_idle_stop(uv);
        self->loop.note_progress();
        self->on_turn(self->owner);  // last: this may destroy us, or ask again
    });
}

}  // namespace fairlead::net
