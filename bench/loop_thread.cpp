#include "bench/loop_thread.h"

#include <future>

#include "proxy/net/wakeup.h"

namespace fairlead::bench {

struct LoopThread::Inside {
    net::Loop loop;
    net::Wakeup wakeup{loop};
};

LoopThread::LoopThread() {
    std::promise<Inside*> ready;
    auto made = ready.get_future();
    thread_ = std::thread([&ready] {
        Inside inside;
        ready.set_value(&inside);  // `ready` is not touched after this
        inside.loop.run();
    });
    inside_ = made.get();
}

LoopThread::~LoopThread() {
    // The wakeup may be gone as soon as the loop has stopped, so nobody waits for an answer here.
    Inside* inside = inside_;
    inside->wakeup.post([inside] { inside->loop.stop(); });
    thread_.join();
}

void LoopThread::call(const std::function<void(net::Loop&)>& work) {
    // Shared: the waiting side may leave while set_value() is still on its way out.
    auto done = std::make_shared<std::promise<void>>();
    auto finished = done->get_future();
    Inside* inside = inside_;
    inside_->wakeup.post([inside, done, &work] {
        work(inside->loop);
        done->set_value();
    });
    finished.wait();
}

}  // namespace fairlead::bench
