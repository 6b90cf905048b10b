#ifndef TENON_WIRE_FRAMING_HPP
#define TENON_WIRE_FRAMING_HPP

// Messages in a stream of bytes, in both directions.

#include <tenon/wire/frame_reader.hpp>
#include <tenon/wire/frame_writer.hpp>

#endif
