// Works out what begins with "=": a message "= 6 * (3 + 4)" becomes "6 * (3 + 4) = 42". What it reads is written by
// strangers, so the reference host runs it as WebAssembly (examples/wasm), where a mistake in it reaches nothing.

#include "tenon.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

struct message { // an event that may be changed
    static constexpr auto event = "message.incoming";
    std::string content;
    std::optional<std::string> from_uid, to_uid; // nothing here, but what goes back is the whole message
};

struct evaluate { // a command
    static constexpr auto command = "calc";
    static constexpr auto description = "Works out a sum: + - * / ^ and parentheses";
    std::string sum;
};

// sum = product {(+|-) product}   product = power {(*|/) power}   power = value [^ power]   value = number | (sum) | -value
class calculation {
public:
    explicit calculation(std::string_view text) : text_(text) {}

    std::optional<double> result() {
        const double value = sum();
        skip_blanks();
        return good_ && at_ == text_.size() && std::isfinite(value) ? std::optional(value) : std::nullopt;
    }

private:
    double sum() {
        double value = product();
        while (good_)
            if (take('+')) value += product();
            else if (take('-')) value -= product();
            else break;
        return value;
    }

    double product() {
        double value = power();
        while (good_)
            if (take('*')) value *= power();
            else if (take('/')) value /= power();
            else break;
        return value;
    }

    double power() {
        if (depth_ == 100) return give_up(); // each level takes some of the stack
        ++depth_;
        const double base = value();
        const double found = take('^') ? std::pow(base, power()) : base;
        --depth_;
        return found;
    }

    double value() {
        if (take('-')) return -power();
        if (!take('(')) return number();
        const double found = sum();
        return take(')') ? found : give_up();
    }

    double number() {
        skip_blanks();
        const auto size = text_.find_first_not_of("0123456789.", at_) - at_;
        const std::string digits(text_.substr(at_, size));
        char* end = nullptr;
        const double found = std::strtod(digits.c_str(), &end);
        if (digits.empty() || *end != '\0') return give_up();
        at_ += digits.size();
        return found;
    }

    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }

    bool take(char wanted) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }

    double give_up() {
        good_ = false;
        return 0;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool good_ = true;
};

class calc {
public:
    static constexpr tenon::about about{.name = "calc", .version = "1.0.0"};
    using receives = tenon::list<message, evaluate>;

    tenon::rewrite<message> receive(const message& m) const {
        if (m.content.empty() || m.content.front() != '=') return tenon::proceed();
        const auto begin = m.content.find_first_not_of("= ");
        const std::string sum = begin == std::string::npos ? "" : m.content.substr(begin);
        const auto result = calculation(sum).result();
        if (!result) return tenon::proceed(); // no sum, just a message
        message answered = m;
        answered.content = sum + " = " + written(*result);
        return answered;
    }

    tenon::result<double> receive(const evaluate& e) const {
        const auto result = calculation(e.sum).result();
        if (!result) return tenon::fault{tenon::codes::invalid_params, "sum: expected one like 6 * (3 + 4)"};
        return *result;
    }

private:
    static std::string written(double value) {
        char text[32];
        const int size = std::snprintf(text, sizeof text, "%.10g", value);
        return {text, static_cast<std::size_t>(size)};
    }
};

int main(int argc, char** argv) { return tenon::serve<calc>(argc, argv); }
