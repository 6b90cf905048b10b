#ifndef TENON_HPP
#define TENON_HPP

// Everything that a plugin's author needs, and nothing but the standard library.

#include <tenon/core/version.hpp>
#include <tenon/json/schema.hpp>
#include <tenon/plugin/lambdas.hpp>
#include <tenon/plugin/serve.hpp>

#endif
