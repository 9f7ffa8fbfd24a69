#include "store/whole_file.hpp"

#include "base/unique_fd.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace berth::store {

Result<std::string> read_whole_file(const std::string& path, std::size_t largest) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};

    struct stat status {};

    if (!file || ::fstat(file.get(), &status) != 0) {
        return system_error(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorCode::failed, path + ": expected a regular file"};
    }
    std::string text;
    for (;;) {
        constexpr std::size_t piece = std::size_t{64} * 1024;
        const std::size_t have = text.size();
        text.resize(have + piece);
        const ssize_t got = ::read(file.get(), text.data() + have, piece);
        const int number = errno;
        text.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got < 0 && number != EINTR) {
            return system_error(path, number);
        }
        if (text.size() > largest) {
            return Error{ErrorCode::failed, path + ": expected at most " + std::to_string(largest) + " bytes"};
        }
        if (got == 0) {
            return text;
        }
    }
}

} // namespace berth::store
