#pragma once

#include "base/unique_fd.hpp"
#include "support/scratch_folder.hpp"

#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace berth::test {

/// A file whose file system never answers an open: whoever opens it and is killed is in uninterruptible sleep, like one
/// whose graphics driver hangs, until this object ends (fs/fuse/dev.c, request_wait_answer: a request that was handed
/// out is waited for). Spoken by hand on /dev/fuse; needs root and no library.
///
/// Whoever may be stuck must outlive it: declare that first, since it is reaped only after the file's end.
class StalledFile {
  public:
    StalledFile() {
        write_file(path(), "");
        UniqueFd fuse{::open("/dev/fuse", O_RDWR | O_CLOEXEC)};
        const std::string options =
            "fd=" + std::to_string(fuse.get()) + ",rootmode=100444,user_id=0,group_id=0,allow_other";
        int ends[2] = {-1, -1};
        if (!fuse || ::mount("stalled", path().c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0 ||
            ::pipe2(ends, O_CLOEXEC) != 0) {
            trouble_ = std::string{"no file system can be served here: /dev/fuse: "} + std::strerror(errno);
            return;
        }
        notices_.reset(ends[0]);
        server_ = ::fork();
        if (server_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(fuse.get(), ends[1]);
        }
        ::close(ends[1]);
    }

    StalledFile(const StalledFile&) = delete;
    StalledFile& operator=(const StalledFile&) = delete;

    ~StalledFile() {
        if (server_ > 0) { // its end ends the connection, and every request with it
            ::kill(server_, SIGKILL);
            ::waitpid(server_, nullptr, 0);
        }
        ::umount2(path().c_str(), MNT_DETACH);
    }

    /// Why there is none; "" when there is.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    [[nodiscard]] std::string path() const { return folder_.path() + "/stalled"; }

    /// Waits until somebody's open was handed out.
    [[nodiscard]] bool has_caught() const {
        pollfd waiting{notices_.get(), POLLIN, 0};
        return ::poll(&waiting, 1, 10'000) == 1;
    }

  private:
    [[noreturn]] static void serve(int fuse, int notices) {
        alignas(fuse_in_header) std::array<char, std::size_t{256} * 1024> request{};
        for (;;) {
            if (::read(fuse, request.data(), request.size()) < static_cast<ssize_t>(sizeof(fuse_in_header))) {
                ::_exit(0);
            }
            fuse_in_header asked{};
            std::memcpy(&asked, request.data(), sizeof asked);
            if (asked.opcode == FUSE_OPEN) {
                [[maybe_unused]] const auto told = ::write(notices, "!", 1);
            } else if (asked.opcode != FUSE_INTERRUPT && asked.opcode != FUSE_FORGET) {
                answer(fuse, asked);
            }
        }
    }

    /// FUSE_INIT and FUSE_GETATTR; nothing else is known.
    static void answer(int fuse, const fuse_in_header& asked) {
        struct {
            fuse_out_header head;

            union {
                fuse_init_out init;
                fuse_attr_out attributes;
            } body;
        } reply{};

        std::size_t size = sizeof reply.head;
        reply.head.unique = asked.unique;
        if (asked.opcode == FUSE_INIT) {
            reply.body.init.major = FUSE_KERNEL_VERSION;
            reply.body.init.minor = FUSE_KERNEL_MINOR_VERSION;
            reply.body.init.max_write = 4096;
            size += sizeof reply.body.init;
        } else if (asked.opcode == FUSE_GETATTR) {
            reply.body.attributes.attr.ino = FUSE_ROOT_ID;
            reply.body.attributes.attr.mode = S_IFREG | S_IRUSR;
            reply.body.attributes.attr.nlink = 1;
            size += sizeof reply.body.attributes;
        } else {
            reply.head.error = -ENOSYS;
        }
        reply.head.len = static_cast<unsigned>(size);
        [[maybe_unused]] const auto written = ::write(fuse, &reply, size);
    }

    ScratchFolder folder_;
    UniqueFd notices_;
    pid_t server_{-1};
    std::string trouble_;
};

/// The kernel's letter for what a process is at (proc(5), /proc/PID/stat field 3): 'D' is uninterruptible sleep.
inline char state_letter_of(pid_t pid) {
    const std::string line = read_file("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t end = line.rfind(") ");
    return end == std::string::npos ? '?' : line[end + 2];
}

} // namespace berth::test
