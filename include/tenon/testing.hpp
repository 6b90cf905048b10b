#ifndef TENON_TESTING_HPP
#define TENON_TESTING_HPP

// Everything for tests of plugins and of programs that speak the wire: docs/testing.md. It may include what the
// plugin side may not, so it is for tests only.

#include <tenon/testing/host_of.hpp>
#include <tenon/testing/pair.hpp>
#include <tenon/testing/scripted_peer.hpp>

#endif
