#include "guard/folder.hpp"

#include <sys/syscall.h>

#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace berth::guard {
namespace {

/// linux_dirent64, getdents64(2): inode (8), offset (8), record length (2), type (1), name.
constexpr std::size_t length_at = 16;
constexpr std::size_t name_at = 19;

bool is_dots(const char* name) {
    return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

} // namespace

Folder::Folder(int parent, const char* name)
    : fd_{::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)} {}

Folder::~Folder() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

const char* Folder::next() {
    for (;;) {
        if (at_ >= filled_) {
            const long got = fd_ < 0 ? 0 : ::syscall(SYS_getdents64, fd_, buffer_, sizeof buffer_);
            if (got <= 0) {
                return nullptr;
            }
            at_ = 0;
            filled_ = static_cast<std::size_t>(got);
        }
        const char* const record = buffer_ + at_;
        unsigned short length = 0;
        std::memcpy(&length, record + length_at, sizeof length);
        at_ += length;
        if (!is_dots(record + name_at)) {
            return record + name_at;
        }
    }
}

bool read_file(int parent, const char* name, char* buffer, std::size_t size) {
    const int fd = ::openat(parent, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    std::size_t used = 0;
    ssize_t got = 0;
    while (used < size - 1 && (got = ::read(fd, buffer + used, size - 1 - used)) > 0) {
        used += static_cast<std::size_t>(got);
    }
    ::close(fd);
    buffer[used] = '\0';
    if (used > 0 && buffer[used - 1] == '\n') {
        buffer[used - 1] = '\0';
    }
    return got >= 0;
}

bool write_file(int parent, const char* name, const char* text) {
    const int fd = ::openat(parent, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const std::size_t size = std::strlen(text);
    const bool written = ::write(fd, text, size) == static_cast<ssize_t>(size);
    ::close(fd);
    return written;
}

bool read_number(const char* text, unsigned long long& number) {
    constexpr unsigned long long most = ~0ULL / 10 - 1;
    if (*text < '0' || *text > '9') {
        return false;
    }
    number = 0;
    for (; *text >= '0' && *text <= '9'; ++text) {
        if (number > most) {
            return false;
        }
        number = number * 10 + static_cast<unsigned>(*text - '0');
    }
    return true;
}

} // namespace berth::guard
