// One of two translation units of one program that include the single header: a function in it that is not inline is
// defined twice and does not link. Each has a plugin of its own and asks it to describe itself.

#include <tenon.hpp>

#include <string>

namespace {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};

class first_plugin {
public:
    static constexpr tenon::about about{.name = "first", .version = "1.0.0"};
    using receives = tenon::list<message>;

    tenon::flow receive(const message& m) {
        return m.content.empty() ? tenon::stop("empty") : tenon::proceed();
    }
};

} // namespace

int describe_second(int argc, char** argv);

int main() {
    char program[] = "odr";
    char describe[] = "--describe";
    char* arguments[] = {program, describe, nullptr};
    return tenon::serve<first_plugin>(2, arguments) == 0 && describe_second(2, arguments) == 0 ? 0 : 1;
}
