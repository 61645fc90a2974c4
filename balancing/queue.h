/// Requests of one worker that wait for a lease, first come first served. Belongs to a Pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "balancing/picked.h"

namespace fairlead::balancing {

class Pool;
class Queue;

/// One waiting request; a base of who waits. Leaves the queue when destroyed.
class Waiter {
  public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// It has left the queue with: a lease; or NoBackend (nothing is usable any more); or
    /// ClientClosed (is_gone said so). Never `wait`. May destroy this, may pick and enqueue again.
    virtual void on_turn(Picked picked) noexcept = 0;
    /// The client has left: it is dropped first when the queue is full, and gets no turn.
    virtual bool is_gone() const noexcept = 0;

    bool is_waiting() const { return queue_ != nullptr; }

  protected:
    virtual ~Waiter();

  private:
    friend class Queue;
    friend class Pool;
    Queue* queue_ = nullptr;
    Waiter* before_ = nullptr;
    Waiter* behind_ = nullptr;
    std::uint64_t hash_key_ = 0;
    std::span<const Backend* const> tried_;
};

/// Intrusive list: no allocation, removal from anywhere.
class Queue {
  public:
    /// Each waiter in it is counted in `signals`: added by Pool, removed by unlink.
    Queue(Signals& signals, unsigned worker) : signals_(signals), worker_(worker) {}
    ~Queue();
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    bool is_empty() const { return first_ == nullptr; }
    std::size_t size() const { return size_; }

  private:
    friend class Waiter;
    friend class Pool;
    void push_back(Waiter& waiter);
    void unlink(Waiter& waiter);

    Signals& signals_;
    const unsigned worker_;
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
    Waiter* next_to_serve_ = nullptr;  ///< of a walk that calls out; unlink keeps it right
    std::size_t size_ = 0;
};

}  // namespace fairlead::balancing
