#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_COMPILER_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_COMPILER_HPP

// Builds source plugins beside the host's loop, one after the other:
//
//     compiler.compile("/opt/plugins/rooms",
//                      [weak](log_level level, std::string line) { ... },    // "[build] rooms: ..."
//                      [weak](result<build_report> outcome) { ... });
//
// It has a thread of its own. The store's worker would do nothing else for the minutes that a compiler takes; and the
// loop cannot do it, because inputs and outputs are copied and hashed. One at a time: a compiler takes all of a machine.

#include <tenon/core/result.hpp>
#include <tenon/host/home.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/operations/package_worker.hpp>
#include <tenon/packages/operations/source_build.hpp>
#include <tenon/packages/operations/system_build_folder.hpp>
#include <tenon/packages/operations/system_source_folder.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

class package_compiler {
public:
    package_compiler(std::shared_ptr<const detail::home> back, build_options options)
        : options_(std::make_shared<const build_options>(std::move(options))), worker_(std::move(back)) {}

    /// Lines come while it builds, and `then` once it has ended, unless the compiler is gone before; all on the executor.
    /// They must not assume that anything is still there. False: this folder is being built, and nothing is called.
    template <class Line, class Then>
    bool compile(const std::string& folder, Line line, Then then) {
        const auto stopped = std::make_shared<std::atomic<bool>>(false);
        if (!building_->emplace(folder, stopped).second) return false;
        build_watch watch;
        watch.stopped = [this, stopped] { return *stopped || worker_.stopping(); };
        watch.line = [this, line = std::move(line)](log_level level, std::string text) {
            worker_.tell([line, level, text = std::move(text)]() mutable { line(level, std::move(text)); });
        };
        worker_.run(
            [folder, options = options_, watch = std::move(watch)] {
                return build_source(folder, *options, watch);
            },
            [folder, building = building_, then = std::move(then)](result<build_report> outcome) mutable {
                building->erase(folder);
                then(std::move(outcome));
            });
        return true;
    }
    /// What builds in the folders of these directories have left whose host was killed.
    void clean_up(std::vector<std::string> directories) {
        worker_.post([this, directories = std::move(directories)] {
            for (const std::string& directory : directories) {
                const auto folders = detail::folders_in(directory, most_discovered);
                if (!folders) continue; // discovery says why
                for (const std::string& name : folders->names) {
                    if (worker_.stopping()) return;
                    // What cannot be erased is said by the next build.
                    static_cast<void>(detail::build_folder::clean_up(detail::join({directory, "/", name})));
                }
            }
        });
    }
    /// Of this folder: a build that runs is killed, one that waits does not begin.
    void stop(const std::string& folder) {
        if (const auto found = building_->find(folder); found != building_->end()) *found->second = true;
    }
    void stop_all() {
        for (const auto& [folder, stopped] : *building_) *stopped = true;
    }
    bool is_building(const std::string& folder) const { return building_->contains(folder); }

private:
    using under_way = std::map<std::string, std::shared_ptr<std::atomic<bool>>>;

    std::shared_ptr<const build_options> options_;
    std::shared_ptr<under_way> building_ = std::make_shared<under_way>(); // the executor's
    detail::package_worker worker_;
};

} // namespace tenon

#endif
