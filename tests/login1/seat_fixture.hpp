#pragma once

#include "base/unique_fd.hpp"
#include "bus/command.hpp"
#include "bus/private_bus.hpp"
#include "bus/waiting.hpp"
#include "login1/fake_logind.hpp"
#include "login1/own_session.hpp"
#include "login1_bus/end.hpp"
#include "support/pam_folder.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace berth::testing {

/// The service manager's end of sd_notify(3): keeps every message.
class NotifySocket {
  public:
    NotifySocket(boost::asio::io_context& io, const std::string& path) : socket_{io} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        socket_.assign(fd);
        wait();
    }

    [[nodiscard]] bool has(const std::string& line) const {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    }

    std::vector<std::string> lines;

  private:
    void wait() {
        socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                           [this](const boost::system::error_code& error) {
                               if (!error) {
                                   read_all();
                                   wait();
                               }
                           });
    }

    void read_all() {
        std::array<char, 4096> text{};
        for (ssize_t size = 0; (size = ::read(socket_.native_handle(), text.data(), text.size())) > 0;) {
            std::istringstream message{std::string{text.data(), static_cast<std::size_t>(size)}};
            for (std::string line; std::getline(message, line);) {
                lines.push_back(line);
            }
        }
    }

    boost::asio::posix::stream_descriptor socket_;
};

/// The built berth-seat on a private host bus with a fake logind and a PAM service of the test's.
class SeatTest : public ::testing::Test {
  protected:
    SeatTest() { pam.serve_session("3"); }

    [[nodiscard]] std::vector<std::string> arguments() const {
        return {BERTH_SEAT_PROGRAM, "seat0",    "--user",          "root",      "--vt",       "7",
                "--state",          state_path, "--container-bus", socket_path, "--host-bus", host_bus.address(),
                "--pam-confdir",    pam.path()};
    }

    void start() { start(arguments()); }

    void start(const std::vector<std::string>& argv, std::map<std::string, std::string> environment = {}) {
        environment["NOTIFY_SOCKET"] = folder.path() + "/notify";
        program = std::make_unique<RunningCommand>(io, argv, environment);
    }

    void start_until_ready() {
        start();
        ASSERT_TRUE(run_until(io, [&] { return notified.has("READY=1"); })) << program->err();
    }

    void start_container_bus() {
        container_bus = std::make_unique<PrivateBus>();
        std::filesystem::rename(container_bus->folder() + "/socket", socket_path);
    }

    bool shows(const std::string& status) {
        return run_until(io, [&] { return notified.has("STATUS=" + status); });
    }

    [[nodiscard]] nlohmann::json state() const { return nlohmann::json::parse(test::read_file(state_path)); }

    /// Runs until the program has ended; its exit status.
    login1::End end() {
        result = program->wait();
        return static_cast<login1::End>(result.status);
    }

    boost::asio::io_context io;
    PrivateBus host_bus;
    FakeLogind logind{io, host_bus.address()};
    test::PamFolder pam;
    test::ScratchFolder folder;
    test::ScratchFolder door; ///< what the container sees as its /run/dbus
    std::string socket_path{door.path() + "/system_bus_socket"};
    std::string state_path{folder.path() + "/session.json"};
    NotifySocket notified{io, folder.path() + "/notify"};
    std::unique_ptr<PrivateBus> container_bus;
    std::unique_ptr<RunningCommand> program;
    CommandResult result;
};

} // namespace berth::testing
