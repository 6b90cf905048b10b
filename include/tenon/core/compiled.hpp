#ifndef TENON_CORE_COMPILED_HPP
#define TENON_CORE_COMPILED_HPP

// The host's side is header-only, and can be compiled once: where TENON_COMPILED is defined for every file of a program,
// exactly one of them includes <tenon/host_source.hpp>. What is compiled there stands in .ipp files, behind functions
// that are marked TENON_COMPILED_ONCE.

#ifdef TENON_COMPILED
#define TENON_COMPILED_ONCE
#else
#define TENON_COMPILED_ONCE inline
#endif

#endif
