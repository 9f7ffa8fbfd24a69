#include "bus/client_self_fixture.hpp"
#include "bus/command.hpp"
#include "bus/self_grants.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ClientSelf : public ClientSelfFixture {};

TEST_F(ClientSelf, TellsAClientWhatItIs) {
    TestClient client{io, address_of(chrome)};
    EXPECT_EQ(
        client.call(object, interface, "Describe").text,
        "{app: chrome, client: chrome-1, grant-ends: , grants: display sound, may-ask: gpu usb:046d:c52b, seat: seat0, "
        "version: 1.2.3}");
    EXPECT_EQ(client.call(object, interface, "Environment").text, "{WAYLAND_DISPLAY: /run/berth/wayland-0}");
}

TEST_F(ClientSelf, TellsWhatItIsNowAfterAnUpdate) {
    TestClient client{io, address_of(chrome)};
    chrome.grants = {{model::GrantKind::gpu, {}}};
    chrome.door->parts = {{"gpu", {{}, {{"BERTH_GPU", "/run/berth/dri"}}, {}}}};
    server.update(chrome);
    EXPECT_THAT(client.call(object, interface, "Describe").text, HasSubstr("grants: gpu,"));
    EXPECT_EQ(client.call(object, interface, "Environment").text, "{BERTH_GPU: /run/berth/dri}");
    TestClient other{io, address_of(vlc)};
    EXPECT_THAT(other.call(object, interface, "Describe").text, HasSubstr("grants: display sound,"));
    server.update(client_named("nobody-listens"));
}

TEST_F(ClientSelf, ARequestBecomesACallOfTheClientItself) {
    TestClient client{io, address_of(chrome)};
    const auto answer = start_request(client, {"gpu", "usb:046d:c52b"});
    ASSERT_TRUE(asked(1));
    EXPECT_EQ(calls[0].caller, (model::Caller{.bus_name = "client chrome-1 connection 1",
                                              .uid = ::geteuid(),
                                              .self = model::ClientId{"chrome-1"}}));
    EXPECT_EQ(calls[0].request, model::Request(model::GrantRequest{
                                    chrome.id, {{model::GrantKind::gpu, {}}, {model::GrantKind::usb, "046d:c52b"}}}));
    EXPECT_FALSE(is_answered(answer));
    EXPECT_TRUE(reply(0, Environment{{"A", "1"}, {"B", "two words"}}));
    ASSERT_TRUE(answered(answer));
    EXPECT_EQ(answer->error, "") << answer->text;
    EXPECT_EQ(answer->text, "{environment: {A: 1, B: two words}}");
}

TEST_F(ClientSelf, AReleaseIsAnsweredWithNothing) {
    TestClient client{io, address_of(chrome)};
    auto answer = std::make_shared<Answer>(Answer{"none yet", ""});
    client.start_call(object, interface, "Release", releasing({"sound"}), answer);
    ASSERT_TRUE(asked(1));
    EXPECT_EQ(calls[0].request, model::Request(model::RevokeRequest{chrome.id, {{model::GrantKind::sound, {}}}}));
    EXPECT_TRUE(reply(0, Environment{{"A", "1"}}));
    ASSERT_TRUE(answered(answer));
    EXPECT_EQ(*answer, (Answer{"", ""}));
}

TEST_F(ClientSelf, ARunIsACallOfTheClientToo) {
    TestClient client{io, address_of(chrome)};
    auto answer = std::make_shared<Answer>(Answer{"none yet", ""});
    client.start_call(
        object, interface, "Run",
        [](sd_bus_message* m) {
            sd_bus_message_append(m, "s", "vlc");
            append_list(m, {});
            sd_bus_message_append(m, "a{sv}", 0);
        },
        answer);
    ASSERT_TRUE(asked(1));
    EXPECT_EQ(calls[0].caller.self, chrome.id) << "which is why the policy refuses it";
    EXPECT_TRUE(std::holds_alternative<model::RunRequest>(calls[0].request));
}

TEST_F(ClientSelf, APolicyThatAnswersAtOnceIsHeardAtOnce) {
    policy = [this](const model::Called& call) { server.reply(model::Reply{call.token, std::monostate{}}); };
    TestClient client{io, address_of(chrome)};
    EXPECT_EQ(client.call(object, interface, "Request", asking({"gpu"})), (Answer{"", "{environment: {}}"}));
    EXPECT_EQ(client.call(object, interface, "Release", releasing({"gpu"})), (Answer{"", ""}));
}

TEST_F(ClientSelf, RefusalsAndFailuresAreToldByTheirNames) {
    std::vector<decltype(model::Reply::answer)> answers{
        model::Refused{model::Refusal::grant_denied, "not in its profile"},
        model::Failure{model::Step::give, ErrorCode::failed, "a name that was cut: \xC3"}, model::JobId{7}};
    policy = [&](const model::Called& call) {
        server.reply(model::Reply{call.token, answers.front()});
        answers.erase(answers.begin());
    };
    TestClient client{io, address_of(chrome)};
    EXPECT_EQ(client.call(object, interface, "Request", asking({"gpu"})),
              (Answer{"org.berth.Berth1.Error.GrantDenied", "not in its profile"}));
    EXPECT_EQ(client.call(object, interface, "Release", releasing({"gpu"})),
              (Answer{"org.berth.Berth1.Error.Failed", "a name that was cut: ?"}));
    EXPECT_EQ(client.call(object, interface, "Request", asking({"gpu"})).error, "org.berth.Berth1.Error.Failed");
}

TEST_F(ClientSelf, WhoAsksIsWhereTheCallCameIn) {
    TestClient one{io, address_of(chrome)};
    TestClient two{io, address_of(vlc)};
    const auto of_two = start_request(two, {"gpu"});
    ASSERT_TRUE(asked(1));
    const auto of_one = start_request(one, {"gpu"});
    ASSERT_TRUE(asked(2));
    EXPECT_EQ(calls[0].caller.self, vlc.id);
    EXPECT_EQ(std::get<model::GrantRequest>(calls[0].request).client, vlc.id);
    EXPECT_EQ(calls[1].caller.self, chrome.id);
    EXPECT_NE(calls[0].token, calls[1].token);
    reply(1, Environment{{"WHO", "chrome"}});
    ASSERT_TRUE(answered(of_one));
    EXPECT_EQ(of_one->text, "{environment: {WHO: chrome}}");
    EXPECT_FALSE(is_answered(of_two));
}

TEST_F(ClientSelf, LateAnswersReachTheirCallsInAnyOrder) {
    TestClient client{io, address_of(chrome)};
    std::vector<std::shared_ptr<Answer>> answers;
    for (int i = 0; i < 5; ++i) {
        answers.push_back(start_request(client, {"gpu"}));
    }
    ASSERT_TRUE(asked(5));
    EXPECT_EQ(client.call(object, interface, "Describe").error, "") << "calls that wait hold up others";
    for (const std::size_t call : {3U, 0U, 4U, 2U, 1U}) {
        reply(call, Environment{{"CALL", std::to_string(call)}});
        ASSERT_TRUE(answered(answers[call]));
        EXPECT_EQ(answers[call]->text, "{environment: {CALL: " + std::to_string(call) + "}}");
    }
}

TEST_F(ClientSelf, WhatIsNoGrantNeverReachesThePolicy) {
    TestClient client{io, address_of(chrome)};
    const auto request = [&](const std::vector<std::string>& grants) {
        return client.call(object, interface, "Request", asking(grants));
    };
    EXPECT_EQ(request({"gpu", "no-such"}).error, "org.berth.Berth1.Error.UnknownGrant");
    EXPECT_EQ(request({"usb:xyz"}).error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_EQ(request(std::vector<std::string>(65, "gpu")).error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_EQ(request({"session-bus:" + std::string(bus::max_grant_bytes, 'x')}).error,
              "org.berth.Berth1.Error.InvalidArgument");
    const Answer cut = request({"usb:" + std::string(295, 'x') + "\xC3\xA4"});
    EXPECT_EQ(cut.error, "org.berth.Berth1.Error.InvalidArgument") << "cut within a character, and told all the same";
    EXPECT_EQ(client.call(object, interface, "Release", releasing({""})).error, "org.berth.Berth1.Error.UnknownGrant");
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(ClientSelf, AsManyGrantsAsThereMayBeReachThePolicy) {
    TestClient client{io, address_of(chrome)};
    start_request(client, std::vector<std::string>(64, "gpu"));
    ASSERT_TRUE(asked(1));
    EXPECT_THAT(std::get<model::GrantRequest>(calls[0].request).grants, SizeIs(64));
}

TEST_F(ClientSelf, AnUnknownOptionIsRefusedByName) {
    TestClient client{io, address_of(chrome)};
    const Answer answer = client.call(object, interface, "Request", [](sd_bus_message* m) {
        append_list(m, {"gpu"});
        sd_bus_message_append(m, "a{sv}", 1, "for-ever", "b", 1);
    });
    EXPECT_EQ(answer.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(answer.text, HasSubstr("\"for-ever\""));
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(ClientSelf, AClientHasNoSessionToTellOf) {
    TestClient client{io, address_of(chrome)};
    const Answer answer =
        client.call(object, interface, "SessionReady", [](sd_bus_message* m) { sd_bus_message_append(m, "a{sv}", 0); });
    EXPECT_EQ(answer.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(answer.text, HasSubstr("chrome-1"));
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(ClientSelf, AnAnswerForTheHostsBusIsNotTaken) {
    EXPECT_FALSE(server.reply(model::Reply{model::CallToken{1}, std::monostate{}}));
    EXPECT_FALSE(server.reply(model::Reply{model::CallToken{bus::self_call_bit - 1}, std::monostate{}}));
    EXPECT_TRUE(server.reply(model::Reply{model::CallToken{bus::self_call_bit | 77U}, std::monostate{}}));
}

TEST_F(ClientSelf, BusctlAsksInsideAContainer) {
    if (!have_program("busctl")) {
        GTEST_SKIP() << "busctl is not installed";
    }
    policy = [this](const model::Called& call) { server.reply(model::Reply{call.token, Environment{{"A", "1"}}}); };
    const CommandResult called =
        run_command(io, {"busctl", "--address=" + address_of(chrome), "call", "org.berth.Berth1", object, interface,
                         "Request", "asa{sv}", "1", "gpu", "0"});
    EXPECT_EQ(called.status, 0) << called.err;
    EXPECT_EQ(called.out, "a{sv} 1 \"environment\" a{ss} 1 \"A\" \"1\"\n");
}

TEST_F(ClientSelf, GdbusAsksInsideAContainer) {
    if (!have_program("gdbus")) {
        GTEST_SKIP() << "gdbus is not installed";
    }
    policy = [this](const model::Called& call) { server.reply(model::Reply{call.token, Environment{{"A", "1"}}}); };
    const CommandResult called =
        run_command(io, {"gdbus", "call", "--address", address_of(chrome), "--dest", "org.berth.Berth1",
                         "--object-path", object, "--method", "org.berth.Berth1.Self.Request", "['gpu']", "@a{sv} {}"});
    EXPECT_EQ(called.status, 0) << called.err;
    EXPECT_EQ(called.out, "({'environment': <{'A': '1'}>},)\n");
}

TEST_F(ClientSelf, DbusSendOfLibdbusGivesBackInsideAContainer) {
    if (!have_program("dbus-send")) {
        GTEST_SKIP() << "dbus-send is not installed";
    }
    policy = [this](const model::Called& call) {
        server.reply(model::Reply{call.token, model::Refused{model::Refusal::client_state, "it ends"}});
    };
    const CommandResult called =
        run_command(io, {"dbus-send", "--bus=" + address_of(chrome), "--print-reply", "--dest=org.berth.Berth1", object,
                         "org.berth.Berth1.Self.Release", "array:string:gpu,sound"});
    EXPECT_EQ(called.status, 1);
    EXPECT_THAT(called.err, HasSubstr("org.berth.Berth1.Error.InvalidArgument: it ends"));
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_THAT(std::get<model::RevokeRequest>(calls[0].request).grants, SizeIs(2));
}

} // namespace

} // namespace berth::testing
