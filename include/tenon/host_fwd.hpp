#ifndef TENON_HOST_FWD_HPP
#define TENON_HOST_FWD_HPP

// Names of the host's side, for headers that only mention them: `#include <tenon/host_fwd.hpp>`. It costs nothing.

namespace tenon {

class host;
class host_base;
struct call_options;
struct decide_options;
struct host_options;
struct host_status;
struct log_record;
struct plugin_options;
struct plugin_status;
struct state_change;
template <class Event>
class decision;
template <class Item>
class watch;

namespace http {

class client;
class exchange;
class router;
class server;

} // namespace http

} // namespace tenon

#endif
