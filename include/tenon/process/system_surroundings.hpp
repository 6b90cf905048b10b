#ifndef TENON_PROCESS_SYSTEM_SURROUNDINGS_HPP
#define TENON_PROCESS_SYSTEM_SURROUNDINGS_HPP

// What a program with a host needs of its process, and does not always get. The shell script, container or service manager
// that starts it may have closed its standard streams, may stop reading what it prints, or may have blocked the signals
// that end it. Called first in main(), before anything is opened and any thread is made:
//
//     int main() {
//         tenon::mend_surroundings();

#include <tenon/transport/system_streams.hpp>

#include <initializer_list>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace tenon {

/// Streams that are closed become /dev/null, a write that is not read fails instead of ending the process, and `signals`
/// arrive. What they do is not changed.
inline void mend_surroundings(std::initializer_list<int> signals = {SIGINT, SIGTERM, SIGHUP}) noexcept {
    // What is opened first would get the number of a stream that is closed, and what is printed.
    int number = -1;
    do number = ::open("/dev/null", O_RDWR);
    while (number >= 0 && number <= STDERR_FILENO);
    if (number >= 0) ::close(number);
    detail::survive_closed_pipes();
    sigset_t ours;
    ::sigemptyset(&ours);
    for (const int signal : signals) ::sigaddset(&ours, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
}

} // namespace tenon

#endif
