#ifndef TENON_HOST_COMPLETION_IPP
#define TENON_HOST_COMPLETION_IPP

#include <tenon/core/compiled.hpp>
#include <tenon/host/completion.hpp>

#include <memory>
#include <utility>

namespace tenon::detail {

TENON_COMPILED_ONCE std::shared_ptr<cancel_point> connect_slot(const executor& where,
                                                               asio::cancellation_slot slot) {
    if (!slot.is_connected()) return nullptr;
    auto point = std::make_shared<cancel_point>();
    slot.assign([where, weak = std::weak_ptr(point)](asio::cancellation_type type) {
        if (type == asio::cancellation_type::none) return;
        run_on(where, [weak] {
            if (const auto still = weak.lock()) still->fire();
        });
    });
    return point;
}

TENON_COMPILED_ONCE way_back::way_back(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point,
                                       const executor& to)
    : home_(std::move(from)), point_(std::move(point)) {
    if (to == home_->where()) work_ = home_->work();
    if (!work_)
        elsewhere_ = std::make_unique<road>(
            [where = executor(asio::prefer(to, asio::execution::outstanding_work.tracked))](function tell) {
                run_on(where, std::move(tell));
            });
}

} // namespace tenon::detail

#endif
