#ifndef TENON_CORE_ASSERT_HPP
#define TENON_CORE_ASSERT_HPP

// TENON_ASSERT guards against bugs of this library and of the code that uses it, never against what a peer
// sent: a peer's bytes are answered with a fault. It stays on in release builds, because the alternative to
// stopping here is reading memory that is not ours. Define it yourself to report it in another way.

#include <cstdlib>

#ifndef TENON_ASSERT
#define TENON_ASSERT(condition) ((condition) ? static_cast<void>(0) : std::abort())
#endif

#endif
