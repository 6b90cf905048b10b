#ifndef TENON_PACKAGES_STORE_SYSTEM_SEALED_IMAGE_HPP
#define TENON_PACKAGES_STORE_SYSTEM_SEALED_IMAGE_HPP

// A verified program in memory that nobody can change any more, neither this process nor another one: a memfd with all its
// seals. It is copied while it is hashed, so what was hashed is what is run, whatever becomes of the file.
//
// An image is memory that nobody else shares, not a page of the file: so there is a limit to one, and to all of a host.
// It has no folder: what a program loads from beside itself it does not find.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/process/system_child_setup.hpp>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tenon {

inline constexpr std::uint64_t largest_image = std::uint64_t{32} << 20,
                               most_image_bytes = std::uint64_t{256} << 20;

/// Puts one image together from bytes that come in pieces. A fault is the end of it.
class image_maker {
public:
    /// `name` is what the system shows of it: /memfd:NAME.
    static result<image_maker> begin(std::string name) {
        constexpr unsigned executable =
            0x10; // MFD_EXEC, since Linux 6.3: without it vm.memfd_noexec=1 takes the x away
        constexpr std::size_t longest = 200;
        if (name.size() > longest) name.resize(longest);
        const auto make = [&](unsigned more) {
            return detail::descriptor(static_cast<int>(
                ::syscall(SYS_memfd_create, name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | more)));
        };
        detail::descriptor file = make(executable);
        if (!file && errno == EINVAL) file = make(0);
        if (!file && errno == EACCES) return failed("no image can be made, as vm.memfd_noexec is 2 here");
        if (!file || !detail::lift(file)) return failed("no image can be made");
        if (::fchmod(file.get(), 0500) != 0) return failed("an image cannot be made executable");
        return image_maker(std::move(file));
    }

    result<void> add(std::string_view bytes) {
        if (!detail::wrote_all(file_.get(), bytes)) return failed("its image has no room");
        return {};
    }

    /// Once: nothing is added after it.
    result<std::shared_ptr<const program_image>> seal() {
        constexpr int executable = 0x20; // F_SEAL_EXEC, since Linux 6.3
        constexpr int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        if (::fcntl(file_.get(), F_ADD_SEALS, all | executable) != 0 &&
            ::fcntl(file_.get(), F_ADD_SEALS, all) != 0)
            return failed("its image cannot be sealed");
        // One that was opened for reading alone. Where /proc is missing it is the sealed one, which is as good.
        detail::descriptor reading(
            ::open(detail::path_of_open_file(file_.get()).c_str(), O_RDONLY | O_CLOEXEC));
        if (reading && detail::lift(reading)) file_ = std::move(reading);
        return std::make_shared<const program_image>(std::move(file_));
    }

private:
    explicit image_maker(detail::descriptor file) noexcept : file_(std::move(file)) {}
    static fault failed(std::string_view what) {
        return {codes::unavailable, detail::join({what, ": ", std::system_category().message(errno)})};
    }

    detail::descriptor file_;
};

} // namespace tenon

#endif
