#ifndef TENON_PLUGIN_WORKERS_HPP
#define TENON_PLUGIN_WORKERS_HPP

// The threads of a plugin that says `static constexpr int threads = 4`: each takes the next job that the reader
// left, until the connection is over. Not compiled for plugins of one thread.

#include <tenon/plugin/engine.hpp>

namespace tenon::detail {

inline void engine::start_workers() {
    // Where threads cannot be had the reader runs the handlers, as it does for a plugin of one thread.
    for (int started = 0; started < hooks_.threads; ++started) {
        retain();
        ++workers_;
        if (start_thread(&worker_main, this)) continue;
        --workers_;
        release();
        break;
    }
}

inline void* engine::worker_main(void* self) {
    auto& owner = *static_cast<engine*>(self);
    {
        held lock(owner);
        while (!owner.over_)
            if (!owner.run_next_job()) owner.changed_.wait(owner.mutex_, never);
        --owner.workers_;
        owner.changed_.wake_all();
    }
    owner.release();
    return nullptr;
}

} // namespace tenon::detail

#endif
