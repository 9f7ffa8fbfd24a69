#include "bus/private_bus.hpp"

#include "base/unique_fd.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace berth::testing {

namespace {

std::string make_folder() {
    std::string name = "/tmp/berth-bus-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"mkdtemp failed"};
    }
    ::chmod(name.c_str(), 0755); // other uids connect too
    return name;
}

std::string read_line(int fd) {
    std::string line;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1 && byte != '\n') {
        line += byte;
    }
    return line;
}

} // namespace

PrivateBus::PrivateBus(const std::string& policy) : folder_{make_folder()} {
    const std::string config = folder_ + "/bus.conf";
    std::ofstream{config} << R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd"><busconfig>
<listen>unix:path=)" << folder_
                          << "/socket</listen><auth>EXTERNAL</auth>" << policy << "</busconfig>";
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) {
        throw std::runtime_error{"pipe2 failed"};
    }
    const UniqueFd out{ends[0]};
    UniqueFd in{ends[1]};
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(in.get(), STDOUT_FILENO);
        const std::string option = "--config-file=" + config;
        ::execlp("dbus-daemon", "dbus-daemon", option.c_str(), "--nofork", "--nopidfile", "--nosyslog",
                 "--print-address=1", nullptr);
        ::_exit(127);
    }
    in.reset();
    const std::string announced = read_line(out.get());
    if (announced.empty()) {
        throw std::runtime_error{"dbus-daemon did not start"};
    }
    address_ = "unix:path=" + folder_ + "/socket";
}

PrivateBus::~PrivateBus() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PrivateBus::stop_reading() noexcept {
    ::kill(pid_, SIGSTOP);
}

void PrivateBus::kill() noexcept {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

} // namespace berth::testing
