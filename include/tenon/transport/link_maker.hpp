#ifndef TENON_TRANSPORT_LINK_MAKER_HPP
#define TENON_TRANSPORT_LINK_MAKER_HPP

// Names a way to make a link (transport/link.hpp), for those who only hand it on.

#include <functional>
#include <memory>

namespace tenon::detail {

class link;
class link_owner;

/// Makes the connection to one instance of a plugin; null where the instance could not be made.
using link_maker = std::function<std::shared_ptr<link>(link_owner& owner)>;

} // namespace tenon::detail

#endif
