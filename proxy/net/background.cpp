#include "proxy/net/background.h"

#include <uv.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "proxy/net/handle.h"

namespace fairlead::net {

struct Background::State {
    explicit State(Loop& of, std::size_t most) : loop(of), jobs_max(most) {}
    Loop& loop;
    const std::size_t jobs_max;
    std::vector<Job*> jobs;  // each owned by libuv until its callback
};

/// Lives from uv_queue_work to its callback.
struct Background::Job {
    static void on_work(uv_work_t* uv) noexcept { static_cast<Job*>(uv->data)->work(); }
    static void on_done(uv_work_t* uv, int status) noexcept;

    uv_work_t uv{};
    State* owner = nullptr;  // null once the owner is gone
    std::function<void()> work;
    std::function<void()> completion;
};

void Background::Job::on_done(uv_work_t* uv, int status) noexcept {
    const std::unique_ptr<Job> job{static_cast<Job*>(uv->data)};
    if (job->owner == nullptr) return;
    std::vector<Job*>& jobs = job->owner->jobs;
    jobs.erase(std::find(jobs.begin(), jobs.end(), job.get()));
    if (status == 0) job->completion();  // last: it may destroy the owner
}

Background::Background(Loop& loop, std::size_t jobs_max)
    : state_(std::make_unique<State>(loop, jobs_max)) {}

Background::~Background() {
    state_->loop.assert_on_loop();
    for (Job* job : state_->jobs) {
        job->owner = nullptr;
        uv_cancel(reinterpret_cast<uv_req_t*>(&job->uv));  // refused when it runs already
    }
}

bool Background::run(std::function<void()> work, std::function<void()> on_done) {
    state_->loop.assert_on_loop();
    if (state_->jobs.size() >= state_->jobs_max) return false;
    auto job = std::make_unique<Job>();
    job->uv.data = job.get();
    job->owner = state_.get();
    job->work = std::move(work);
    job->completion = std::move(on_done);
    must(uv_queue_work(state_->loop.raw(), &job->uv, &Job::on_work, &Job::on_done),
         "cannot start work in the background");
    state_->jobs.push_back(job.release());
    return true;
}

std::size_t Background::jobs() const { return state_->jobs.size(); }

}  // namespace fairlead::net
