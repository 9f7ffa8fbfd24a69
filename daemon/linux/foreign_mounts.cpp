#include "linux/foreign_mounts.hpp"

#include "base/unique_fd.hpp"
#include "guard/child.hpp"
#include "linux/helper_process.hpp"

#include <boost/asio/post.hpp>

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <sstream>
#include <utility>

namespace berth::os {
namespace {

/// A container, pinned: both are of one process, whatever its number means later.
struct Container {
    UniqueFd pidfd;
    UniqueFd root;
};

bool shares_our_mounts(const std::string& proc) {
    struct stat own {};

    struct stat other {};

    return ::stat("/proc/self/ns/mnt", &own) == 0 && ::stat((proc + "/ns/mnt").c_str(), &other) == 0 &&
           own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

Result<Container> open_container(pid_t init) {
    const std::string proc = "/proc/" + std::to_string(init);
    Container container{UniqueFd{guard::open_pidfd(init)},
                        UniqueFd{::open((proc + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)}};
    const bool shared = shares_our_mounts(proc);
    // The paths were of that process if it lives still.
    if (!container.root || guard::has_ended(container.pidfd.get())) {
        return Error{ErrorCode::failed, "the container's process " + std::to_string(init) + " is gone"};
    }
    if (shared) {
        return Error{ErrorCode::invalid_argument, "the container has the host's mount namespace: it sees all of it"};
    }
    return container;
}

/// A detached copy of `source` and all mounted below it, that follows it: read-only at the top, as a door is.
Result<UniqueFd> slave_of(const std::string& source) {
    UniqueFd tree{::open_tree(AT_FDCWD, source.c_str(),
                              OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW)};
    mount_attr follow{};
    follow.propagation = MS_SLAVE;
    mount_attr closed{};
    closed.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    if (!tree || ::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &follow, sizeof follow) != 0 ||
        ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &closed, sizeof closed) != 0) {
        return system_error("copy the mount " + source, errno);
    }
    return tree;
}

Result<std::vector<model::ForeignMount>> read_mounts(const std::string& printed) {
    std::vector<model::ForeignMount> mounts;
    std::istringstream lines{printed};
    model::ForeignMount mount;
    while (lines >> mount.path >> mount.number >> mount.made) {
        mounts.push_back(mount);
    }
    return mounts;
}

std::string without_line_break(std::string text) {
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

} // namespace

ForeignMounts::ForeignMounts(boost::asio::io_context& io, std::string program)
    : io_{io}, program_{std::move(program)} {}

void ForeignMounts::mount(pid_t init, const std::vector<Wanted>& wanted, Done<std::vector<model::ForeignMount>> done) {
    const auto fail = [this, &done](const Error& error) {
        boost::asio::post(io_, [done = std::move(done), error] { done(error); });
    };
    const auto container = open_container(init);
    if (!container) {
        fail(container.error());
        return;
    }
    std::vector<std::string> arguments{"mount"};
    std::vector<int> descriptors{container->pidfd.get(), container->root.get()};
    std::vector<UniqueFd> trees;
    for (const Wanted& one : wanted) {
        auto tree = slave_of(one.source);
        if (!tree) {
            fail(tree.error());
            return;
        }
        arguments.push_back((one.if_empty ? "?" : "") + one.target);
        descriptors.push_back(tree->get());
        trees.push_back(std::move(*tree));
    }
    run(arguments, descriptors, [done = std::move(done)](const Result<std::string>& printed) {
        done(printed ? read_mounts(*printed) : Result<std::vector<model::ForeignMount>>{printed.error()});
    });
}

void ForeignMounts::unmount(pid_t init, const std::vector<model::ForeignMount>& mounts, Done<void> done) {
    const auto container = open_container(init);
    if (!container || mounts.empty()) { // its mounts went with it
        boost::asio::post(io_, [done = std::move(done)] { done({}); });
        return;
    }
    std::vector<std::string> arguments{"unmount"};
    for (const model::ForeignMount& mount : mounts) {
        arguments.insert(arguments.end(), {mount.path, std::to_string(mount.number), std::to_string(mount.made)});
    }
    run(arguments, {container->pidfd.get(), container->root.get()},
        [done = std::move(done)](const Result<std::string>& printed) {
            done(printed ? Result<void>{} : Result<void>{printed.error()});
        });
}

void ForeignMounts::run(const std::vector<std::string>& arguments, const std::vector<int>& descriptors,
                        Done<std::string> done) {
    std::vector<std::string> argv{program_};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    run_helper(
        io_, argv, limit,
        [done = std::move(done)](const Result<HelperOutcome>& ended) {
            if (!ended || ended->exit_code == 0) {
                done(ended ? ended->output : Result<std::string>{ended.error()});
                return;
            }
            const std::string said = without_line_break(ended->output);
            done(Error{ErrorCode::failed, said.empty() ? "berth-exec failed in the container" : said});
        },
        descriptors);
}

} // namespace berth::os
