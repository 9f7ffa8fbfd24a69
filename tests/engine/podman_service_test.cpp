// The service that berthd runs for itself, played by small shell programs, so that it can fail in every way.

#include "engine/await.hpp"
#include "engine/podman_service.hpp"
#include "engine/scripted_server.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <optional>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using engine::PodmanService;
using engine::PodmanServiceOptions;
using testing::HasSubstr;

class PodmanServiceTest : public testing::Test {
  protected:
    /// A program that stands for podman.
    void podman_is(const std::string& script) {
        options.program = folder.path() + "/podman";
        write_file(options.program, "#!/bin/sh\n" + script);
        std::filesystem::permissions(options.program, std::filesystem::perms::owner_all);
        options.socket = folder.path() + "/foreign.sock";
        options.runtime_dir = folder.path() + "/run";
    }

    Result<std::string> socket_of(PodmanService& service) {
        return await<std::string>(io, [&](const Done<std::string>& done) {
            boost::asio::co_spawn(io, service.socket(),
                                  [done](std::exception_ptr, Result<std::string> path) { done(std::move(path)); });
        });
    }

    ScratchFolder folder;
    boost::asio::io_context io;
    PodmanServiceOptions options;
};

TEST_F(PodmanServiceTest, ASocketThatSomebodyServesIsTakenAndNothingIsStarted) {
    podman_is("exit 1\n");
    const ScriptedServer foreign{io, options.socket};
    PodmanService service{io, options};
    const auto path = socket_of(service);
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_EQ(*path, options.socket);
    EXPECT_EQ(service.pid(), 0);
    ports::EngineFacts facts;
    service.complete(facts);
    EXPECT_TRUE(facts.mended.empty()) << "nothing of somebody else's service was mended";
}

TEST_F(PodmanServiceTest, AServiceThatEndsAtOnceIsToldWithItsLastLine) {
    podman_is("echo first; echo 'Error: no room left' >&2; exit 125\n");
    PodmanService service{io, options};
    const auto path = socket_of(service);
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(path.error().message, HasSubstr("Error: no room left"));
}

TEST_F(PodmanServiceTest, AServiceThatNeverListensIsTimedOutAndEnded) {
    podman_is("exec sleep 600\n");
    options.start_limit = 200ms;
    PodmanService service{io, options};
    const auto path = socket_of(service);
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::timed_out);
    EXPECT_EQ(service.pid(), 0);
}

TEST_F(PodmanServiceTest, PodmanThatIsNotInstalledIsSaidSo) {
    podman_is("");
    options.program = "berth-no-such-podman";
    PodmanService service{io, options};
    const auto path = socket_of(service);
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().code, ErrorCode::engine_unavailable);
    EXPECT_THAT(path.error().message, HasSubstr("berth-no-such-podman"));
}

/// Serves the socket that is its last argument, as podman does, until it is ended. It also keeps its arguments.
constexpr const char* serving =
    "echo \"$@\" > \"$(dirname \"$0\")/arguments\"\n"
    "exec python3 -c '\n"
    "import signal, socket, sys\n"
    "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1][len(\"unix://\"):]); s.listen(); signal.pause()\n"
    "' \"$(eval echo \\${$#})\"\n";

TEST_F(PodmanServiceTest, ItIsStartedOnceForAllWhoAskAndAgainAfterItDied) {
    podman_is(serving);
    options.arguments = {"--root", folder.path() + "/storage"};
    PodmanService service{io, options};
    std::optional<Result<std::string>> other;
    boost::asio::co_spawn(io, service.socket(),
                          [&other](std::exception_ptr, Result<std::string> path) { other = std::move(path); });
    const auto path = socket_of(service);
    ASSERT_TRUE(path) << path.error().message;
    ASSERT_TRUE(turn_until(io, [&other] { return other.has_value(); }));
    EXPECT_EQ(**other, *path);
    EXPECT_EQ(*path, engine::podman_socket(options.runtime_dir));
    EXPECT_EQ(read_file(folder.path() + "/arguments"),
              "--root " + folder.path() + "/storage system service --time=0 unix://" + *path + "\n");
    const pid_t first = service.pid();
    ASSERT_GT(first, 1);
    ::kill(first, SIGKILL);
    ASSERT_TRUE(turn_until(io, [&service] { return service.pid() == 0; })) << "its death was not noticed";
    const auto again = socket_of(service);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_NE(service.pid(), first);
    EXPECT_GT(service.pid(), 1);
}

TEST_F(PodmanServiceTest, WhatAnEarlierBerthdsServiceDoesAsItEndsIsAtAnotherPath) {
    podman_is(serving);
    std::filesystem::create_directories(options.runtime_dir);
    const std::string earlier = options.runtime_dir + "/podman-1.sock";
    test::write_file(earlier, "");
    PodmanService service{io, options};
    const auto path = socket_of(service);
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_NE(*path, earlier);
    EXPECT_FALSE(std::filesystem::exists(earlier)) << "nobody is left to remove it";
}

TEST_F(PodmanServiceTest, ClosingEndsItAndRefusesWhatComesAfter) {
    podman_is(serving);
    auto service = std::make_unique<PodmanService>(io, options);
    ASSERT_TRUE(socket_of(*service));
    const pid_t pid = service->pid();
    service->close();
    EXPECT_EQ(::kill(pid, 0), -1) << "it is gone";
    EXPECT_EQ(socket_of(*service).error().code, ErrorCode::cancelled);
    EXPECT_FALSE(std::filesystem::exists(engine::podman_socket(options.runtime_dir)));
}

} // namespace
} // namespace berth::test
