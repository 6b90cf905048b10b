#ifndef TENON_HOST_COMPLETION_IPP
#define TENON_HOST_COMPLETION_IPP

// The bodies of host/completion.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/host/completion.hpp>
#include <tenon/host/contain.hpp>

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

TENON_COMPILED_ONCE way_back::way_back(std::shared_ptr<const home> from, std::shared_ptr<cancel_point> point,
                                       road to)
    : home_(std::move(from)), point_(std::move(point)), elsewhere_(std::make_unique<road>(std::move(to))) {}

TENON_COMPILED_ONCE way_back::way_back(way_back&& other) noexcept = default;
TENON_COMPILED_ONCE way_back::~way_back() = default;

TENON_COMPILED_ONCE void way_back::go(void* what, void (*tell)(void* what), function (*take)(void* what)) {
    const auto kept = std::move(home_);
    const auto elsewhere = std::move(elsewhere_);
    const auto work = std::move(work_);
    point_.reset();
    contain(kept->where(), [&] {
        if (elsewhere) (*elsewhere)(take(what));
        else if (kept->here()) tell(what);
        else run_on(kept->where(), take(what)); // a host that ends after its loop
    });
}

} // namespace tenon::detail

#endif
