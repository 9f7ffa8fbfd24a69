#include "linux/cdi_files.hpp"

#include "linux/file_tree.hpp"

#include <cerrno>
#include <unistd.h>

namespace berth::os {

Result<void> CdiFiles::write(const std::string& name, const std::string& text) {
    const auto folder = make_directories(folder_);
    return folder ? replace_file_at(folder->get(), name, text, 0644) : Result<void>{folder.error()};
}

Result<void> CdiFiles::remove(const std::string& name) {
    const std::string path = folder_ + "/" + name;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
        return system_error("remove " + path, errno);
    }
    return {};
}

} // namespace berth::os
