#include "linux/spawn.hpp"

#include "guard/child.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace berth::os {
namespace {

/// posix_spawn(3)'s attributes, freed when they are destroyed.
class Attributes {
  public:
    Attributes() {
        sigset_t none{};
        sigset_t all{};
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    }

    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

/// posix_spawn(3)'s file actions, freed when they are destroyed.
class FileActions {
  public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }

    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

    void put(int source, int target) {
        if (source < 0) {
            ::posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", O_RDWR, 0);
        } else {
            ::posix_spawn_file_actions_adddup2(&actions_, source, target);
        }
    }

    void close_from(int first) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, first); }

    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

} // namespace

Result<Spawned> spawn(const std::vector<std::string>& argv, const std::vector<int>& descriptors) {
    const int count = static_cast<int>(descriptors.size());
    FileActions files;
    std::vector<UniqueFd> copies; // above the targets, so that none is overwritten before it is used
    for (int target = 0; target < count; ++target) {
        int source = descriptors[static_cast<std::size_t>(target)];
        if (source >= 0) {
            copies.emplace_back(::fcntl(source, F_DUPFD_CLOEXEC, count));
            if (!copies.back()) {
                return system_error("start " + argv.front(), errno);
            }
            source = copies.back().get();
        }
        files.put(source, target);
    }
    files.close_from(count);
    std::vector<char*> words;
    for (const std::string& word : argv) {
        words.push_back(const_cast<char*>(word.c_str())); // posix_spawn does not write to them
    }
    words.push_back(nullptr);
    char* no_environment = nullptr;
    const Attributes attributes;
    Spawned child;
    const int error =
        ::posix_spawn(&child.pid, words.front(), files.get(), attributes.get(), words.data(), &no_environment);
    if (error != 0) {
        return system_error("start " + argv.front(), error);
    }
    child.pidfd.reset(guard::open_pidfd(child.pid)); // our unreaped child: it is this one
    if (!child.pidfd) {
        const int number = errno;
        ::kill(child.pid, SIGKILL);
        ::waitpid(child.pid, nullptr, WNOHANG);
        return system_error("pidfd_open of " + argv.front(), number);
    }
    return child;
}

void kill_at_once(int pidfd) noexcept {
    ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
}

} // namespace berth::os
