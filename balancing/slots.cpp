#include "balancing/slots.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <vector>

namespace fairlead::balancing {
namespace {

struct Slots {
    std::mutex mutex;
    std::vector<std::size_t> free;  ///< a heap, the smallest on top
    std::size_t next = 0;
};

Slots& slots() {
    // Never destroyed: a lease may end after the static objects did.
    static Slots& only = *new Slots;
    return only;
}

}  // namespace

std::size_t take_slot() {
    Slots& all = slots();
    const std::lock_guard lock{all.mutex};
    if (all.free.empty()) return all.next++;
    std::pop_heap(all.free.begin(), all.free.end(), std::greater<>{});
    const std::size_t slot = all.free.back();
    all.free.pop_back();
    return slot;
}

void give_slot(std::size_t slot) {
    Slots& all = slots();
    const std::lock_guard lock{all.mutex};
    all.free.push_back(slot);
    std::push_heap(all.free.begin(), all.free.end(), std::greater<>{});
}

}  // namespace fairlead::balancing
