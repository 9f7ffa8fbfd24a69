#pragma once

#include "base/unique_fd.hpp"
#include "support/scratch_folder.hpp"

#include <sys/mount.h>
#include <sys/resource.h>

#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>

/// Things that a program needs and does not get.
namespace berth::test {

/// For as long as it lives this process can open `left` descriptors more, and then gets EMFILE.
class FewDescriptors {
  public:
    explicit FewDescriptors(unsigned left) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const UniqueFd lowest{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(lowest.get()) + left;
        if (!lowest || ::setrlimit(RLIMIT_NOFILE, &few) != 0) {
            throw std::runtime_error{"setrlimit(RLIMIT_NOFILE)"};
        }
    }

    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

/// A disk of 64 KiB, all of which a file takes.
class FullDisk {
  public:
    FullDisk() {
        mounted_ = ::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=64k") == 0;
        fill();
    }

    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

    ~FullDisk() {
        if (mounted_) {
            ::umount2(folder_.path().c_str(), MNT_DETACH);
        }
    }

    /// False where no file system may be mounted.
    [[nodiscard]] bool is_there() const { return mounted_; }

    [[nodiscard]] const std::string& path() const { return folder_.path(); }

    void fill() const {
        const UniqueFd file{
            ::open((path() + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR)};
        const std::string page(4096, 'x');
        while (mounted_ && ::write(file.get(), page.data(), page.size()) > 0) {
        }
    }

    void make_room() const { std::filesystem::remove(path() + "/filler"); }

  private:
    ScratchFolder folder_;
    bool mounted_{false};
};

} // namespace berth::test
