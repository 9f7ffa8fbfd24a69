#pragma once

#include "linux/client_doors.hpp"
#include "support/mount_namespace.hpp"
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>

namespace berth::test {

/// A Unix socket that listens at `path`; the file goes with it.
class Listener {
  public:
    explicit Listener(std::string path)
        : path_{std::move(path)}, socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
        if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(socket_.get(), 64) != 0 || ::chmod(path_.c_str(), 0666) != 0) {
            throw std::runtime_error{"listen at " + path_};
        }
    }

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    ~Listener() { ::unlink(path_.c_str()); }

  private:
    std::string path_;
    UniqueFd socket_;
};

/// The errno of connecting to the socket at `path`; 0: connected.
inline int connect_error(const std::string& path) {
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

/// The errno of opening `path`; 0: opened.
inline int open_error(const std::string& path, int flags) {
    const UniqueFd file{::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600)};
    return file ? 0 : errno;
}

inline model::DoorItem item(const std::string& name, model::DoorItem::Kind kind, const std::string& root,
                            const std::string& path = "") {
    model::DoorItem made;
    made.name = name;
    made.kind = kind;
    made.root = root;
    made.path = path;
    return made;
}

/// Client doors in a scratch folder, with a folder `desktop` that stands for what a container may write.
class DoorTest : public ::testing::Test {
  protected:
    using Kind = model::DoorItem::Kind;

    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "mounting needs root";
        }
        std::filesystem::create_directories(desktop);
    }

    void TearDown() override {
        for (const model::ClientId& client : os::ClientDoors{runtime}.left()) {
            EXPECT_TRUE(os::ClientDoors{runtime}.close(client).has_value());
        }
        EXPECT_EQ(mounts(), 0) << "mounts are left";
    }

    /// How many mounts there are in the scratch folder.
    [[nodiscard]] int mounts() const {
        int count = 0;
        std::ifstream lines{"/proc/self/mountinfo"};
        for (std::string line; std::getline(lines, line);) {
            count += line.find(" " + scratch.path() + "/") != std::string::npos ? 1 : 0;
        }
        return count;
    }

    /// As a container has it: the door bound read-only and as a slave at a place of its own, in a mount namespace of
    /// its own. Questions are "connect NAME", "open NAME", "write NAME", "enter NAME", "read NAME CONTENT", "is NAME".
    [[nodiscard]] MountNamespace container() const {
        const std::string inside = scratch.path() + "/inside";
        std::filesystem::create_directories(inside);
        return MountNamespace{[inside](const std::string& question) { return answer(inside + "/", question); },
                              [inside, this] {
                                  const char* at = inside.c_str();
                                  return ::mount(door.c_str(), at, nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
                                         ::mount(nullptr, at, nullptr, MS_SLAVE | MS_REC, nullptr) == 0 &&
                                         ::mount(nullptr, at, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
                              }};
    }

    static bool answer(const std::string& inside, const std::string& question) {
        std::istringstream words{question};
        std::string verb;
        std::string name;
        std::string content;
        words >> verb >> name >> content;
        const std::string path = inside + name;
        if (verb == "connect") {
            return connect_error(path) == 0;
        }
        if (verb == "open") {
            return open_error(path, O_RDWR) == 0;
        }
        if (verb == "write") {
            return open_error(path, O_WRONLY | O_CREAT) == 0;
        }
        if (verb == "enter") {
            return ::chdir(path.c_str()) == 0;
        }
        if (verb == "read") {
            return read_file(path) == content;
        }
        return verb == "is" && std::filesystem::exists(std::filesystem::symlink_status(path));
    }

    test::ScratchFolder scratch;
    std::string runtime = scratch.path() + "/run";
    std::string desktop = scratch.path() + "/desktop";
    const model::ClientId app{"app"};
    std::string door = runtime + "/clients/app/door";
    os::ClientDoors doors{runtime};
};

} // namespace berth::test
