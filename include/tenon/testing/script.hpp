#ifndef TENON_TESTING_SCRIPT_HPP
#define TENON_TESTING_SCRIPT_HPP

// What the other side is expected to ask, and what it is answered. A script is a list of them, in order:
//
//     using tenon::testing::expect;
//     std::vector<tenon::testing::expected_call> script = {
//         expect("users/kick").with(kick{"ada"}).replies(true),
//         expect("users/find").fails({404, "no such user"}).after(std::chrono::seconds(2)),
//         expect("host/saveConfig").never_answers(),
//     };
//
// Where a request is not the one that comes next it is answered -32601 and kept as a surprise; the script waits.

#include <tenon/json/value.hpp>
#include <tenon/testing/same_json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::testing {

/// What a request is answered, and when.
struct scripted_answer {
    result<std::string> outcome = std::string("null"); // JSON text
    milliseconds after{0};
    bool never = false;
};

class expected_call {
public:
    explicit expected_call(std::string_view method) : method_(method) {}

    /// The params must be this value; without it they may be any.
    template <class Params>
    expected_call with(const Params& params) && {
        params_ = to_json(params);
        return std::move(*this);
    }
    expected_call with_json(std::string_view params) && {
        params_ = params;
        return std::move(*this);
    }
    template <class Result>
    expected_call replies(const Result& result) && {
        answer_.outcome = to_json(result);
        return std::move(*this);
    }
    expected_call replies_json(std::string_view result) && {
        answer_.outcome = std::string(result);
        return std::move(*this);
    }
    expected_call fails(fault error) && {
        answer_.outcome = std::move(error);
        return std::move(*this);
    }
    expected_call after(milliseconds wait) && {
        answer_.after = wait;
        return std::move(*this);
    }
    expected_call never_answers() && {
        answer_.never = true;
        return std::move(*this);
    }

    const std::string& method() const noexcept { return method_; }
    const scripted_answer& answer() const noexcept { return answer_; }
    bool fits(std::string_view method, std::string_view params) const {
        if (method != method_) return false;
        return params_.empty() || same_json(params_, params.empty() ? "null" : params);
    }
    std::string text() const { return method_ + (params_.empty() ? "" : " " + params_); }

private:
    std::string method_;
    std::string params_;
    scripted_answer answer_;
};

inline expected_call expect(std::string_view method) { return expected_call(method); }

class script {
public:
    script() = default;
    script(std::vector<expected_call> steps) : steps_(std::move(steps)) {}

    bool finished() const noexcept { return next_ == steps_.size(); }
    const std::vector<std::string>& surprises() const noexcept { return surprises_; }
    /// Whether this is what comes next.
    bool awaits(std::string_view method, std::string_view params) const {
        return !finished() && steps_[next_].fits(method, params);
    }

    scripted_answer answer(std::string_view method, std::string_view params) {
        if (awaits(method, params)) return steps_[next_++].answer();
        std::string asked = std::string(method) + (params.empty() ? "" : " " + std::string(params));
        surprises_.push_back(
            "asked " + asked +
            (finished() ? ", and the script is over" : ", expected was " + steps_[next_].text()));
        return {.outcome =
                    fault{codes::method_not_found, "the script says nothing about " + std::string(method)}};
    }

private:
    std::vector<expected_call> steps_;
    std::size_t next_ = 0;
    std::vector<std::string> surprises_;
};

} // namespace tenon::testing

#endif
