#include "base/unique_fd.hpp"
#include "bus/client_self_fixture.hpp"
#include "bus/command.hpp"
#include "bus/lease_options.hpp"
#include "support/pass_descriptors.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace berth::testing {

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What an Open* was answered with.
struct Opened {
    bool is_there{false};
    UniqueFd descriptor;
    std::string error;
};

class ClientSelfOpens : public ClientSelfFixture {
  protected:
    static int on_reply(sd_bus_message* message, void* userdata, sd_bus_error*) {
        auto& opened = *static_cast<Opened*>(userdata);
        opened.is_there = true;
        int fd = -1;
        if (sd_bus_message_is_method_error(message, nullptr) > 0) {
            opened.error = sd_bus_message_get_error(message)->name;
        } else if (sd_bus_message_read(message, "h", &fd) > 0) {
            opened.descriptor.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 3)); // the message's own goes with it
        }
        return 0;
    }

    Opened open(TestClient& client, const char* member) {
        Opened opened;
        sd_bus_call_method_async(client.raw(), nullptr, "org.berth.Berth1", object, interface, member, on_reply,
                                 &opened, nullptr);
        client.rearm();
        EXPECT_TRUE(run_until(io, [&] { return opened.is_there; })) << member;
        return opened;
    }

    /// Every Open* is answered at once, with /dev/null.
    void answers_with_null() {
        policy = [this](const model::Called& call) {
            server.hand_over(call.token, UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)});
            server.reply(model::Reply{call.token, std::monostate{}});
        };
    }

    static std::size_t descriptors() {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : fs::directory_iterator{"/proc/self/fd"}) {
            ++count;
        }
        return count;
    }
};

TEST_F(ClientSelfOpens, EachMethodAsksForWhatItIsNamedAfter) {
    answers_with_null();
    TestClient client{io, address_of(chrome)};
    const std::vector<std::pair<const char*, model::SelfOpen>> all{
        {"OpenRenderNode", model::SelfOpen::render_node},
        {"OpenDisplay", model::SelfOpen::display},
        {"OpenSound", model::SelfOpen::sound},
        {"OpenIpcNamespace", model::SelfOpen::ipc_namespace}};
    for (const auto& [member, what] : all) {
        const Opened opened = open(client, member);
        ASSERT_TRUE(opened.descriptor) << member << " " << opened.error;
        EXPECT_EQ(calls.back().request, model::Request(model::OpenRequest{chrome.id, what}));
        EXPECT_EQ(calls.back().caller.self, chrome.id);

        struct stat passed {};

        struct stat null {};

        ASSERT_EQ(::fstat(opened.descriptor.get(), &passed), 0);
        ASSERT_EQ(::stat("/dev/null", &null), 0);
        EXPECT_EQ(passed.st_rdev, null.st_rdev);
    }
}

TEST_F(ClientSelfOpens, ARefusalPassesNothingThoughItWasOpen) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK), 0);
    const UniqueFd reads{pipe[0]};
    UniqueFd writes{pipe[1]};
    policy = [&](const model::Called& call) {
        server.hand_over(call.token, std::move(writes));
        server.reply(model::Reply{call.token, model::Refused{model::Refusal::grant_denied, "taken meanwhile"}});
    };
    TestClient client{io, address_of(chrome)};
    const Opened opened = open(client, "OpenDisplay");
    EXPECT_FALSE(opened.descriptor);
    EXPECT_EQ(opened.error, "org.berth.Berth1.Error.GrantDenied");
    char byte = 0;
    EXPECT_EQ(::read(reads.get(), &byte, 1), 0) << "the other end is still open somewhere";
}

TEST_F(ClientSelfOpens, AYesWithoutADescriptorIsAFailure) {
    policy = [&](const model::Called& call) { server.reply(model::Reply{call.token, std::monostate{}}); };
    TestClient client{io, address_of(chrome)};
    EXPECT_EQ(open(client, "OpenSound").error, "org.berth.Berth1.Error.Failed");
}

TEST_F(ClientSelfOpens, WhoHungUpGetsNothingAndLeavesNothing) {
    {
        TestClient client{io, address_of(chrome)};
        auto answer = std::make_shared<Answer>();
        client.start_call(object, interface, "OpenDisplay", nullptr, answer);
        ASSERT_TRUE(asked(1));
    }
    const std::size_t before = descriptors();
    server.hand_over(calls[0].token, UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)});
    EXPECT_TRUE(reply(0, std::monostate{}));
    EXPECT_LE(descriptors(), before);
}

TEST_F(ClientSelfOpens, AThousandLeaveNoDescriptorBehindOnEitherSide) {
    server.close(chrome.id);
    bus::SelfLimits generous;
    generous.burst = generous.calls_a_second = 1e9;
    bus::ClientSelfServer unlimited{io, "1",
                                    [&](model::Happening what) {
                                        const model::CallToken token = std::get<model::Called>(what).token;
                                        unlimited.hand_over(token, UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)});
                                        unlimited.reply(model::Reply{token, std::monostate{}});
                                    },
                                    trusting(), generous};
    ASSERT_TRUE(unlimited.listen(chrome, path_of(chrome)));
    TestClient client{io, address_of(chrome)};
    ASSERT_TRUE(open(client, "OpenDisplay").descriptor);
    const std::size_t before = descriptors();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(open(client, "OpenDisplay").descriptor);
    }
    EXPECT_EQ(descriptors(), before);
}

TEST_F(ClientSelfOpens, AConnectionWithoutDescriptorsIsToldSoAndNothingIsOpened) {
    if (!have_program("dbus-send")) {
        GTEST_SKIP() << "dbus-send is not installed";
    }
    answers_with_null();
    sd_bus* bus = nullptr;
    ASSERT_GE(sd_bus_new(&bus), 0);
    ASSERT_GE(sd_bus_set_address(bus, address_of(chrome).c_str()), 0);
    ASSERT_GE(sd_bus_negotiate_fds(bus, 0), 0);
    ASSERT_GE(sd_bus_start(bus), 0);
    Opened opened;
    sd_bus_call_method_async(bus, nullptr, "org.berth.Berth1", object, interface, "OpenDisplay", on_reply, &opened,
                             nullptr);
    {
        bus::AsioBus loop{io, source_of(bus), [](const std::string&) {}};
        loop.rearm();
        EXPECT_TRUE(run_until(io, [&] { return opened.is_there; }));
    }
    sd_bus_unref(bus);
    EXPECT_EQ(opened.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(calls, IsEmpty());
}

/// A client that sends descriptors, whole messages or not, could use up all that berthd may have.
TEST_F(ClientSelfOpens, WhoSendsDescriptorsIsHungUpOnAndNoneIsKept) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_of(chrome).c_str(), sizeof address.sun_path - 1);
    const UniqueFd raw{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    ASSERT_EQ(::connect(raw.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const char greeting[] = "\0AUTH ANONYMOUS 62\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
    ASSERT_EQ(::write(raw.get(), greeting, sizeof greeting - 1), static_cast<ssize_t>(sizeof greeting - 1));
    std::string heard;
    ASSERT_TRUE(run_until(io, [&] {
        std::array<char, 256> buffer{};
        const ssize_t got = ::read(raw.get(), buffer.data(), buffer.size());
        heard.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        return heard.find("AGREE_UNIX_FD") != std::string::npos;
    }));
    const std::size_t before = descriptors();
    std::vector<int> many(200, STDIN_FILENO);
    char byte = 'l'; // a message begins, and does not go on
    ASSERT_EQ(test::pass_descriptors(raw.get(), std::string(1, byte), many), 1);
    EXPECT_TRUE(run_until(io, [&] { return ::read(raw.get(), &byte, 1) == 0; })) << "it was not hung up on";
    EXPECT_LT(descriptors(), before) << "its connection is gone, and all that it sent";
}

TEST_F(ClientSelfOpens, WhoIsNoProcessOfTheContainerIsRefusedAndNeverReachesThePolicy) {
    server.close(chrome.id);
    chrome.container = "c0ffee";
    std::vector<std::string> asked_about;
    Result<void> verdict = Error{ErrorCode::failed, "the process that connected has ended"};
    bool can_be_found = true;
    bus::ClientSelfServer strict{io,
                                 "1",
                                 [&](model::Happening what) { calls.push_back(std::get<model::Called>(what)); },
                                 {[&](int) {
                                      return can_be_found
                                                 ? Result<UniqueFd>{UniqueFd{}}
                                                 : Result<UniqueFd>{Error{ErrorCode::failed, "nobody is there"}};
                                  },
                                  [&](const UniqueFd&, const std::string& container) {
                                      asked_about.push_back(container);
                                      return verdict;
                                  }}};
    ASSERT_TRUE(strict.listen(chrome, path_of(chrome)));
    {
        TestClient client{io, address_of(chrome)};
        const Answer refused = client.call(object, interface, "Request", asking({"gpu"}));
        EXPECT_EQ(refused.error, "org.berth.Berth1.Error.NotAuthorized");
        EXPECT_THAT(refused.text, HasSubstr("has ended"));
        EXPECT_EQ(client.call(object, interface, "Release", releasing({"gpu"})).error,
                  "org.berth.Berth1.Error.NotAuthorized");
        EXPECT_EQ(open(client, "OpenDisplay").error, "org.berth.Berth1.Error.NotAuthorized");
        EXPECT_EQ(client.call(object, interface, "Describe").error, "") << "what it is it may know";
    }
    EXPECT_EQ(asked_about, (std::vector<std::string>(3, "c0ffee")));
    can_be_found = false;
    {
        TestClient client{io, address_of(chrome)};
        EXPECT_THAT(client.call(object, interface, "Request", asking({"gpu"})).text, HasSubstr("nobody is there"));
    }
    EXPECT_THAT(asked_about, SizeIs(3)) << "a failed look-up is a no";
    EXPECT_THAT(calls, IsEmpty());
    can_be_found = true;
    verdict = {};
    TestClient client{io, address_of(chrome)};
    start_request(client, {"gpu"});
    EXPECT_TRUE(asked(1));
}

TEST_F(ClientSelfOpens, ARequestSaysWhenItsLeasesEnd) {
    TestClient client{io, address_of(chrome)};
    auto answer = std::make_shared<Answer>();
    const model::Microseconds before = bus::boot_time();
    client.start_call(
        object, interface, "Request",
        [](sd_bus_message* m) {
            append_list(m, {"gpu"});
            sd_bus_message_append(m, "a{sv}", 2, "time-limit", "u", 600U, "with-connection", "b", 1);
        },
        answer);
    ASSERT_TRUE(asked(1));
    const auto& request = std::get<model::GrantRequest>(calls[0].request);
    EXPECT_TRUE(request.with_connection);
    EXPECT_GE(request.until, before + 600'000'000);
    EXPECT_LE(request.until, bus::boot_time() + 600'000'000);
}

TEST_F(ClientSelfOpens, AnEndThatIsNoneIsRefusedByItsName) {
    TestClient client{io, address_of(chrome)};
    const auto with = [&](const char* name, const char* type, unsigned value) {
        return client.call(object, interface, "Request", [&](sd_bus_message* m) {
            append_list(m, {"gpu"});
            sd_bus_message_append(m, "a{sv}", 1, name, type, value);
        });
    };
    for (const auto& [name, type, value] :
         {std::tuple{"time-limit", "u", 0U}, std::tuple{"time-limit", "u", 400U * 86400U},
          std::tuple{"time-limit", "i", 5U}, std::tuple{"with-connection", "u", 1U}}) {
        const Answer refused = with(name, type, value);
        EXPECT_EQ(refused.error, "org.berth.Berth1.Error.InvalidArgument") << name;
        EXPECT_THAT(refused.text, HasSubstr(name));
    }
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(ClientSelfOpens, AConnectionThatIsWatchedIsToldOfWhenItEnds) {
    int gone = 0;
    {
        TestClient client{io, address_of(chrome)};
        start_request(client, {"gpu"});
        ASSERT_TRUE(asked(1));
        ASSERT_TRUE(server.watch(calls[0].caller.bus_name, [&] { ++gone; }));
        EXPECT_EQ(client.call(object, interface, "Describe").error, "");
        EXPECT_EQ(gone, 0);
    }
    EXPECT_TRUE(run_until(io, [&] { return gone == 1; }));
    ASSERT_TRUE(server.watch(calls[0].caller.bus_name, [&] { ++gone; })) << "it has ended before";
    EXPECT_EQ(gone, 1) << "never from inside";
    EXPECT_TRUE(run_until(io, [&] { return gone == 2; }));
    EXPECT_FALSE(server.watch(":1.42", [&] { ++gone; })) << "the host bus's";
}

TEST_F(ClientSelfOpens, DescribeSaysHowLongItsLeasesLast) {
    chrome.ends = {{"display", {bus::boot_time() + 90'500'000, "", false}}, {"sound", {0, ":1.7", false}}};
    server.update(chrome);
    TestClient client{io, address_of(chrome)};
    EXPECT_THAT(client.call(object, interface, "Describe").text, HasSubstr("grant-ends: display=90 sound=connection,"));
}

} // namespace

} // namespace berth::testing
