#include "bus/bus_fixture.hpp"
#include "bus/command.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BusCallsTest : public BusFixture {
  protected:
    Answer up(const std::string& desktop, const std::vector<std::pair<std::string, std::string>>& options) {
        return client.call(seat0_path, seat_interface, "Up", [&](sd_bus_message* m) {
            sd_bus_message_append(m, "s", desktop.c_str());
            sd_bus_message_open_container(m, 'a', "{sv}");
            for (const auto& [name, value] : options) {
                sd_bus_message_append(m, "{sv}", name.c_str(), "s", value.c_str());
            }
            sd_bus_message_close_container(m);
        });
    }

    /// busctl or gdbus as another user.
    CommandResult as_nobody(std::vector<std::string> argv) {
        argv.insert(argv.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
        return run_command(io, argv);
    }

    CommandResult busctl(std::vector<std::string> argv) {
        argv.insert(argv.begin(), {"busctl", "--address=" + bus.address()});
        return run_command(io, argv);
    }
};

TEST_F(BusCallsTest, UpPostsWhatWasAskedAndWhoAsked) {
    answer = model::JobId{9};
    const Answer reply = up("gnome", {{"mode", "headless"}, {"image", "localhost/x"}});
    EXPECT_EQ(reply.error, "");
    EXPECT_EQ(reply.text, "/org/berth/Berth1/jobs/9");
    ASSERT_EQ(posted.size(), 1U);
    const auto& request = std::get<model::UpRequest>(posted[0].request);
    EXPECT_EQ(request.seat, seat.name);
    EXPECT_EQ(request.desktop, "gnome");
    EXPECT_EQ(request.mode, model::SeatMode::headless);
    EXPECT_EQ(request.image, "localhost/x");
    EXPECT_EQ(posted[0].caller.bus_name, client.unique_name());
    EXPECT_EQ(posted[0].caller.uid, ::getuid());
}

TEST_F(BusCallsTest, AnUnknownOptionIsRefusedBeforeThePolicySeesIt) {
    const Answer reply = up("gnome", {{"colour", "blue"}});
    EXPECT_EQ(reply.error, error("InvalidArgument"));
    EXPECT_THAT(reply.text, HasSubstr("colour"));
    EXPECT_THAT(reply.text, HasSubstr("mode, image"));
    EXPECT_THAT(posted, IsEmpty());
}

TEST_F(BusCallsTest, AnUnknownModeIsRefusedWithTheModesThereAre) {
    const Answer reply = up("gnome", {{"mode", "sideways"}});
    EXPECT_EQ(reply.error, error("InvalidArgument"));
    EXPECT_THAT(reply.text, HasSubstr("auto, headless, vt and logind"));
}

TEST_F(BusCallsTest, AnEmptyDesktopOrImageIsRefused) {
    EXPECT_EQ(up("", {}).error, error("InvalidArgument"));
    EXPECT_EQ(up("gnome", {{"image", ""}}).error, error("InvalidArgument"));
    EXPECT_THAT(posted, IsEmpty());
}

TEST_F(BusCallsTest, AnOptionOfTheWrongTypeIsRefused) {
    const Answer reply = client.call(seat0_path, seat_interface, "Down", [](sd_bus_message* m) {
        sd_bus_message_append(m, "a{sv}", 1, "now", "s", "yes");
    });
    EXPECT_EQ(reply.error, error("InvalidArgument"));
    EXPECT_THAT(reply.text, HasSubstr("boolean"));
}

TEST_F(BusCallsTest, AnArgumentOfTheWrongTypeNeverReachesThePolicy) {
    const Answer reply =
        client.call(seat0_path, seat_interface, "Reseat", [](sd_bus_message* m) { sd_bus_message_append(m, "u", 5U); });
    EXPECT_EQ(reply.error, "org.freedesktop.DBus.Error.InvalidArgs");
    EXPECT_THAT(posted, IsEmpty());
}

TEST_F(BusCallsTest, DownAsksForTheKillOnlyWhenTold) {
    answer = model::JobId{1};
    const auto down = [&](int count) {
        return client.call(seat0_path, seat_interface, "Down", [&](sd_bus_message* m) {
            count == 0 ? sd_bus_message_append(m, "a{sv}", 0) : sd_bus_message_append(m, "a{sv}", 1, "now", "b", 1);
        });
    };
    EXPECT_EQ(down(0).error, "");
    EXPECT_EQ(down(1).error, "");
    ASSERT_EQ(posted.size(), 2U);
    EXPECT_FALSE(std::get<model::DownRequest>(posted[0].request).now);
    EXPECT_TRUE(std::get<model::DownRequest>(posted[1].request).now);
}

TEST_F(BusCallsTest, EveryOtherMethodPostsItsRequest) {
    answer = std::monostate{};
    EXPECT_EQ(client.call(seat0_path, seat_interface, "Freeze").error, "");
    EXPECT_EQ(client.call(seat0_path, seat_interface, "Thaw").error, "");
    EXPECT_EQ(client.call(seat0_path, seat_interface, "RestoreTty").error, "");
    answer = model::JobId{2};
    const auto text = [](const char* value) {
        return [value](sd_bus_message* m) { sd_bus_message_append(m, "s", value); };
    };
    EXPECT_EQ(client.call(seat0_path, seat_interface, "Reseat", text("new dock")).error, "");
    EXPECT_EQ(client.call(seat0_path, seat_interface, "Snapshot", text("local/x:1")).error, "");
    ASSERT_EQ(posted.size(), 5U);
    EXPECT_EQ(posted[0].request, model::Request{model::FreezeRequest{seat.name}});
    EXPECT_EQ(posted[1].request, model::Request{model::ThawRequest{seat.name}});
    EXPECT_EQ(posted[2].request, model::Request{model::RestoreTtyRequest{seat.name}});
    EXPECT_EQ(posted[3].request, (model::Request{model::ReseatRequest{seat.name, "new dock"}}));
    EXPECT_EQ(posted[4].request, (model::Request{model::SnapshotRequest{seat.name, "local/x:1"}}));
}

TEST_F(BusCallsTest, CancelNamesItsJob) {
    model::Job job;
    job.id = model::JobId{12};
    job.seat = seat.name;
    server.job_changed(job);
    answer = std::monostate{};
    EXPECT_EQ(client.call("/org/berth/Berth1/jobs/12", job_interface, "Cancel").error, "");
    ASSERT_EQ(posted.size(), 1U);
    EXPECT_EQ(posted[0].request, model::Request{model::CancelRequest{job.id}});
}

TEST_F(BusCallsTest, ARefusalIsItsNamedErrorWithItsSentence) {
    answer = model::Refused{model::Refusal::seat_taken, "seat0 already has the desktop gnome; berth down ends it"};
    const Answer reply = up("gnome", {});
    EXPECT_EQ(reply.error, error("SeatBusy"));
    EXPECT_EQ(reply.text, "seat0 already has the desktop gnome; berth down ends it");
}

TEST_F(BusCallsTest, CallsAreAnsweredByTokenInAnyOrder) {
    const auto first = std::make_shared<Answer>(Answer{"none", ""});
    const auto second = std::make_shared<Answer>(Answer{"none", ""});
    client.start_call(seat0_path, seat_interface, "Freeze", nullptr, first);
    client.start_call(seat0_path, seat_interface, "Thaw", nullptr, second);
    ASSERT_TRUE(run_until(io, [&] { return posted.size() == 2; }));
    EXPECT_NE(posted[0].token, posted[1].token);
    server.reply(model::Reply{posted[1].token, std::monostate{}});
    ASSERT_TRUE(run_until(io, [&] { return second->error.empty(); }));
    EXPECT_EQ(first->error, "none");
    server.reply(model::Reply{posted[0].token, model::Refused{model::Refusal::seat_empty, "nothing to freeze"}});
    ASSERT_TRUE(run_until(io, [&] { return first->error != "none"; }));
    EXPECT_EQ(first->error, error("InvalidArgument"));
}

TEST_F(BusCallsTest, AReplyToAnUnknownOrAnsweredTokenIsIgnored) {
    answer = std::monostate{};
    EXPECT_EQ(client.call(seat0_path, seat_interface, "Freeze").error, "");
    server.reply(model::Reply{posted[0].token, std::monostate{}});
    server.reply(model::Reply{model::CallToken{999}, std::monostate{}});
    EXPECT_EQ(client.call(seat0_path, seat_interface, "Thaw").error, "");
}

TEST_F(BusCallsTest, ACallThatShouldHaveAJobAndHasNoneIsAnError) {
    answer = std::monostate{};
    EXPECT_EQ(up("gnome", {}).error, error("Failed"));
}

TEST_F(BusCallsTest, RestoreAsksForEverySeatAndAnswersOnce) {
    model::Seat other;
    other.name = model::SeatName{"seat1"};
    server.seat_added(other);
    answer = std::monostate{};
    EXPECT_EQ(client.call(manager_path, manager_interface, "Restore").error, "");
    ASSERT_EQ(posted.size(), 2U);
    EXPECT_EQ(posted[0].request, model::Request{model::RestoreTtyRequest{seat.name}});
    EXPECT_EQ(posted[1].request, model::Request{model::RestoreTtyRequest{other.name}});
    answer = model::Refused{model::Refusal::not_authorized, "no"};
    EXPECT_EQ(client.call(manager_path, manager_interface, "Restore").error, error("NotAuthorized"));
}

TEST_F(BusCallsTest, RootReloadsAndIsToldOfAMistake) {
    if (::getuid() != 0) {
        GTEST_SKIP() << "needs root: Reload is root's";
    }
    EXPECT_EQ(client.call(manager_path, manager_interface, "Reload").error, "");
    reloaded = Error{ErrorCode::bad_profile, "gnome.json:3: mode: expected auto, headless or vt"};
    const Answer reply = client.call(manager_path, manager_interface, "Reload");
    EXPECT_EQ(reply.error, error("BadProfile"));
    EXPECT_EQ(reply.text, "gnome.json:3: mode: expected auto, headless or vt");
}

TEST_F(BusCallsTest, AnExceptionBehindACallIsANamedErrorAndTheServerLives) {
    if (::getuid() != 0) {
        GTEST_SKIP() << "needs root: Reload is root's";
    }
    reload_throws = true;
    const Answer reply = client.call(manager_path, manager_interface, "Reload");
    EXPECT_EQ(reply.error, error("Failed"));
    EXPECT_EQ(reply.text, "a bug in reload");
    EXPECT_EQ(client.property(seat0_path, seat_interface, "State"), "vacant");
}

TEST_F(BusCallsTest, AnotherUserIsKnownByItsUidAndMayNotReload) {
    if (::getuid() != 0 || !have_program("setpriv") || !have_program("busctl")) {
        GTEST_SKIP() << "needs root, setpriv and busctl";
    }
    answer = model::Refused{model::Refusal::not_authorized, "ask the administrator for org.berth.reseat"};
    const std::vector<std::string> base{"busctl", "--address=" + bus.address(), "call", "org.berth.Berth1"};
    auto freeze = base;
    freeze.insert(freeze.end(), {seat0_path, seat_interface, "Freeze"});
    const CommandResult refused = as_nobody(freeze);
    EXPECT_NE(refused.status, 0);
    EXPECT_THAT(refused.err, HasSubstr("org.berth.reseat"));
    ASSERT_EQ(posted.size(), 1U);
    EXPECT_EQ(posted[0].caller.uid, 65534U);
    auto reload = base;
    reload.insert(reload.end(), {manager_path, manager_interface, "Reload"});
    EXPECT_THAT(as_nobody(reload).err, HasSubstr("only root may reload"));
}

TEST_F(BusCallsTest, BusctlCallsUpAndReadsProperties) {
    if (!have_program("busctl")) {
        GTEST_SKIP() << "busctl is not installed";
    }
    answer = model::JobId{5};
    const CommandResult called = busctl({"call", "org.berth.Berth1", seat0_path, seat_interface, "Up", "sa{sv}",
                                         "gnome", "1", "mode", "s", "headless"});
    EXPECT_EQ(called.out, "o \"/org/berth/Berth1/jobs/5\"\n") << called.err;
    const CommandResult read = busctl({"get-property", "org.berth.Berth1", seat0_path, seat_interface, "State"});
    EXPECT_EQ(read.out, "s \"vacant\"\n") << read.err;
    const CommandResult tree = busctl({"tree", "--list", "org.berth.Berth1"});
    EXPECT_THAT(tree.out, HasSubstr(seat0_path)) << tree.err;
}

TEST_F(BusCallsTest, WhatOneCallerAsksForIsToldInItsOrderThoughItsUidIsKnownMeanwhile) {
    answer = model::JobId{1};
    constexpr std::size_t many = 100; // a bus lets 128 wait for an answer
    std::vector<std::shared_ptr<Answer>> answers;
    for (std::size_t number = 0; number < many; ++number) {
        const std::string reason = std::to_string(number);
        answers.push_back(std::make_shared<Answer>());
        client.start_call(
            seat0_path, seat_interface, "Reseat",
            [&](sd_bus_message* m) { sd_bus_message_append(m, "s", reason.c_str()); }, answers.back());
    }
    ASSERT_TRUE(run_until(io, [&] { return !answers.back()->text.empty(); }));
    ASSERT_EQ(posted.size(), many);
    for (std::size_t number = 0; number < many; ++number) {
        EXPECT_EQ(posted[number].request, (model::Request{model::ReseatRequest{seat.name, std::to_string(number)}}));
        EXPECT_EQ(posted[number].caller, (model::Caller{.bus_name = client.unique_name(), .uid = ::getuid()}));
    }
}

TEST_F(BusCallsTest, EachCallerIsAskedAboutHoweverManyThereWere) {
    answer = model::JobId{1};
    constexpr int more_than_are_remembered = 300;
    for (int number = 0; number < more_than_are_remembered; ++number) {
        TestClient other{io, bus.address()};
        for (TestClient* const caller : {&other, &client}) {
            ASSERT_EQ(caller->call(seat0_path, seat_interface, "Freeze").error, "");
            ASSERT_EQ(posted.back().caller, (model::Caller{.bus_name = caller->unique_name(), .uid = ::getuid()}));
        }
    }
}

TEST_F(BusCallsTest, GdbusCallsUpAndSeesTheNamedError) {
    if (!have_program("gdbus")) {
        GTEST_SKIP() << "gdbus is not installed";
    }
    const auto gdbus = [&] {
        return run_command(io,
                           {"gdbus", "call", "--address", bus.address(), "--dest", "org.berth.Berth1", "--object-path",
                            seat0_path, "--method", "org.berth.Berth1.Seat.Up", "gnome", "{'mode': <'headless'>}"});
    };
    answer = model::JobId{6};
    EXPECT_THAT(gdbus().out, HasSubstr("/org/berth/Berth1/jobs/6"));
    answer = model::Refused{model::Refusal::seat_busy, "a job runs on seat0"};
    const CommandResult refused = gdbus();
    EXPECT_NE(refused.status, 0);
    EXPECT_THAT(refused.err, HasSubstr(error("SeatBusy")));
}

} // namespace

} // namespace berth::testing
