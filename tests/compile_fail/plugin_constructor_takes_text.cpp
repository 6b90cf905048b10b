// expect: tenon: a plugin's constructor takes nothing or a tenon::host_link; one that was made otherwise is served by tenon::serve(plugin, argc, argv)

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    explicit wrong(std::string greeting) : greeting_(std::move(greeting)) {}

    std::string receive(const greet& g) { return greeting_ + g.who; }

private:
    std::string greeting_;
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
