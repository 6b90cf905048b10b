// expect: tenon: the parameters of a call are an object or an array: give it a struct

#include <tenon.hpp>

tenon::result<tenon::json> ask(const tenon::host_link& host) { return host.call("users/find", 1); }
