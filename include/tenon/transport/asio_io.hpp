#ifndef TENON_TRANSPORT_ASIO_IO_HPP
#define TENON_TRANSPORT_ASIO_IO_HPP

// Asio's descriptors and sockets.

#include <tenon/transport/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/write.hpp>

#endif
