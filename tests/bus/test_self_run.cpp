#include "bus/self_fixture.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <unistd.h>

namespace berth::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SelfRun : public SelfFixture {
  protected:
    SelfRun() {
        model::Seat known;
        known.name = seat;
        known.container = "c0ffee";
        server.update(known);
    }

    static TestClient::Fill running(const std::string& app, const std::vector<std::string>& argv) {
        return [=](sd_bus_message* m) {
            begin(m, app, argv);
            sd_bus_message_append(m, "a{sv}", 0);
        };
    }

    static void begin(sd_bus_message* m, const std::string& app, const std::vector<std::string>& argv) {
        sd_bus_message_append(m, "s", app.c_str());
        append_list(m, argv);
    }

    std::shared_ptr<Answer> start(TestClient& from, const TestClient::Fill& fill) {
        auto answer = std::make_shared<Answer>(Answer{"none yet", ""});
        from.start_call(self_path, self_interface, "Run", fill, answer);
        return answer;
    }

    bool answered(const std::shared_ptr<Answer>& answer) {
        return run_until(io, [&] { return answer->error != "none yet"; });
    }
};

TEST_F(SelfRun, BecomesACallOfTheDesktopItselfAndIsAnsweredWithTheClientsName) {
    TestClient client{io, address()};
    const auto answer = start(client, [](sd_bus_message* m) {
        begin(m, "browser", {"firefox", "https://example.org"});
        sd_bus_message_append(m, "a{sv}", 2, "name", "s", "work", "keep", "b", 1);
    });
    ASSERT_TRUE(run_until(io, [&] { return !calls.empty(); }));
    EXPECT_EQ(calls[0].caller,
              (model::Caller{.bus_name = "seat seat0 connection 1", .uid = ::geteuid(), .self = {}, .desktop = seat}));
    model::RunRequest run;
    run.app = "browser";
    run.argv = {"firefox", "https://example.org"};
    run.name = "work";
    run.keep = true;
    run.seat = "seat0";
    EXPECT_EQ(calls[0].request, model::Request{run});
    EXPECT_THAT(checked, ElementsAre("c0ffee"));
    EXPECT_EQ(answer->error, "none yet") << "not before the policy has said something";
    EXPECT_TRUE(server.reply(model::Reply{calls[0].token, model::ClientId{"work"}}));
    ASSERT_TRUE(answered(answer));
    EXPECT_EQ(*answer, (Answer{"", "work"}));
}

TEST_F(SelfRun, ThatIsRefusedOrFailsIsToldByItsName) {
    TestClient client{io, address()};
    const auto denied = start(client, running("vlc", {}));
    const auto failed = start(client, running("browser", {}));
    ASSERT_TRUE(run_until(io, [&] { return calls.size() == 2; }));
    server.reply(model::Reply{calls[0].token, model::Refused{model::Refusal::grant_denied, "its profile's may-run"}});
    server.reply(
        model::Reply{calls[1].token, model::Failure{model::Step::create, ErrorCode::image_not_found, "no image"}});
    ASSERT_TRUE(answered(denied));
    ASSERT_TRUE(answered(failed));
    EXPECT_EQ(denied->error, "org.berth.Berth1.Error.GrantDenied");
    EXPECT_EQ(failed->error, "org.berth.Berth1.Error.ImageNotFound");
}

TEST_F(SelfRun, OfWhoIsNoProcessOfTheDesktopIsRefused) {
    membership = Error{ErrorCode::failed, "it is another container's"};
    TestClient client{io, address()};
    const Answer answer = client.call(self_path, self_interface, "Run", running("browser", {}));
    EXPECT_EQ(answer.error, "org.berth.Berth1.Error.NotAuthorized");
    EXPECT_THAT(answer.text, HasSubstr("another container's"));
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(SelfRun, TakesNoOptionThatItDoesNotKnowAndNoneOfAnotherType) {
    TestClient client{io, address()};
    const auto with = [](const char* name, const char* type, const char* value) {
        return [=](sd_bus_message* m) {
            begin(m, "browser", {});
            sd_bus_message_append(m, "a{sv}", 1, name, type, value);
        };
    };
    const Answer unknown = client.call(self_path, self_interface, "Run", with("network", "s", "host"));
    EXPECT_EQ(unknown.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(unknown.text, HasSubstr("unknown option \"network\"; Run knows name and keep"));
    const Answer typed = client.call(self_path, self_interface, "Run", with("keep", "s", "yes"));
    EXPECT_THAT(typed.text, HasSubstr("\"keep\" must be a boolean"));
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(SelfRun, TakesNoMoreArgumentsThanItSays) {
    TestClient client{io, address()};
    const Answer many =
        client.call(self_path, self_interface, "Run", running("browser", std::vector<std::string>(257, "x")));
    EXPECT_THAT(many.text, HasSubstr("more than 256 arguments"));
    const Answer large = client.call(self_path, self_interface, "Run", running("browser", {std::string(70'000, 'x')}));
    EXPECT_THAT(large.text, HasSubstr("more than 65536 bytes of arguments"));
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(SelfRun, MoreCallsThanMayWaitAreToldSo) {
    TestClient client{io, address()};
    std::vector<std::shared_ptr<Answer>> waiting;
    for (int call = 0; call < 17; ++call) {
        waiting.push_back(start(client, running("browser", {})));
    }
    ASSERT_TRUE(answered(waiting.back()));
    EXPECT_EQ(waiting.back()->error, "org.freedesktop.DBus.Error.LimitsExceeded");
    EXPECT_THAT(calls, SizeIs(16));
}

TEST_F(SelfRun, IsAllThatADesktopMayAskFor) {
    TestClient client{io, address()};
    const Answer release = client.call(self_path, self_interface, "Release",
                                       [](sd_bus_message* m) { sd_bus_message_append(m, "as", 1, "gpu"); });
    EXPECT_EQ(release.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(SelfRun, AnswersOfOthersAreNotItsOwn) {
    EXPECT_FALSE(server.reply(model::Reply{model::CallToken{7}, std::monostate{}}));
    EXPECT_FALSE(server.reply(model::Reply{model::CallToken{bus::self_call_bit | 7U}, std::monostate{}}));
    EXPECT_TRUE(server.reply(model::Reply{model::CallToken{bus::desktop_call_bit | 7U}, std::monostate{}}))
        << "of a caller that has hung up";
}

TEST_F(SelfRun, ASocketThatIsClosedForgetsWhoAsked) {
    TestClient client{io, address()};
    start(client, running("browser", {}));
    ASSERT_TRUE(run_until(io, [&] { return !calls.empty(); }));
    server.close(seat);
    EXPECT_TRUE(server.reply(model::Reply{calls[0].token, model::ClientId{"browser-1"}}));
}

} // namespace

} // namespace berth::testing
