#ifndef TENON_TESTS_REFERENCE_HOST_SETTINGS_FOLDER_HPP
#define TENON_TESTS_REFERENCE_HOST_SETTINGS_FOLDER_HPP

// A folder of mode 0700 that goes with all that is in it.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace reference::tests {

class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "tenon-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

} // namespace reference::tests

#endif
