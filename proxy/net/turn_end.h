/// Calls its owner once at the end of a turn of the loop, however often that was asked for: for
/// output that many events of one turn add to. A member of the object it calls; lives on the
/// loop's thread.
#pragma once

#include "proxy/net/loop.h"

namespace fairlead::net {

class TurnEnd {
  public:
    using Callback = void (*)(void* owner) noexcept;

    TurnEnd(Loop& loop, void* owner, Callback callback)
        : loop_(loop), box_(new Box{owner, callback, false}) {}
    /// Nothing is called any more.
    ~TurnEnd() {
        if (box_->is_asked) {
            box_->owner = nullptr;  // the loop has it still
        } else {
            delete box_;
        }
    }
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;

    /// Calls `(owner.*method)()`, as `TurnEnd::of<&Connection::on_turn_end>(loop, *this)`.
    template <auto method, class Owner>
    static TurnEnd of(Loop& loop, Owner& owner) {
        return TurnEnd(loop, &owner,
                       [](void* self) noexcept { (static_cast<Owner*>(self)->*method)(); });
    }

    void ask() {
        if (box_->is_asked) return;
        box_->is_asked = true;
        loop_.retire_raw(box_, nullptr, [](void* object, void*) noexcept {
            auto* const box = static_cast<Box*>(object);
            if (box->owner == nullptr) {
                delete box;
                return;
            }
            box->is_asked = false;
            box->callback(box->owner);  // last: it may ask again, or end
        });
    }

  private:
    struct Box {
        void* owner;
        Callback callback;
        bool is_asked;
    };
    Loop& loop_;
    Box* box_;  // with the loop while it is asked, which is why this is no unique_ptr
};

}  // namespace fairlead::net
