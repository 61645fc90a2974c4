/// A call in the loop's next turn, for work that is cut into pieces: events that are there are
/// looked at between two of them, and the loop does not wait meanwhile. Lives on its loop's thread.
#pragma once

#include <memory>

namespace fairlead::net {

class Loop;

class NextTurn {
  public:
    using Callback = void (*)(void* owner) noexcept;

    NextTurn(Loop& loop, void* owner, Callback on_turn);
    ~NextTurn();
    NextTurn(const NextTurn&) = delete;
    NextTurn& operator=(const NextTurn&) = delete;

    /// Calls `(owner.*method)()`, as `NextTurn::of<&Gate::on_turn>(loop, *this)`.
    template <auto method, class Owner>
    static NextTurn of(Loop& loop, Owner& owner) {
        return NextTurn(loop, &owner,
                        [](void* self) noexcept { (static_cast<Owner*>(self)->*method)(); });
    }

    /// Once, in the next turn; asked for already: nothing changes.
    void ask();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::net
