#include "base/unique_fd.hpp"
#include "bus/client_self_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <unistd.h>

namespace berth::testing {

namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

/// A process of its own that puts requests to a client's socket as fast as it can, and waits for no answer.
class Flood {
  public:
    Flood(const std::string& address, int requests) : pid_{::fork()} {
        if (pid_ == 0) {
            ::_exit(send(address, requests) ? 0 : 1);
        }
    }

    ~Flood() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

    /// Its exit status, once it has ended.
    std::optional<int> status() {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) {
            return std::nullopt;
        }
        pid_ = -1;
        return status;
    }

  private:
    static bool send(const std::string& address, int requests) {
        sd_bus* bus = nullptr;
        if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, address.c_str()) < 0 || sd_bus_start(bus) < 0) {
            return false;
        }
        constexpr const char* path = "/org/berth/Berth1/self";
        constexpr const char* interface = "org.berth.Berth1.Self";
        bool sent = true;
        for (int i = 0; i < requests && sent; ++i) {
            sd_bus_message* call = nullptr;
            sent = sd_bus_message_new_method_call(bus, &call, "org.berth.Berth1", path, interface, "Request") >= 0 &&
                   sd_bus_message_append(call, "asa{sv}", 1, "gpu", 0) >= 0 &&
                   sd_bus_message_set_expect_reply(call, 0) >= 0 && sd_bus_send(bus, call, nullptr) >= 0 &&
                   (i % 100 != 0 || sd_bus_flush(bus) >= 0);
            sd_bus_message_unref(call);
        }
        // What follows on the connection is answered when all of that was read.
        return sent &&
               sd_bus_call_method(bus, "org.berth.Berth1", path, interface, "Describe", nullptr, nullptr, nullptr) >= 0;
    }

    pid_t pid_;
};

class ClientSelfLimits : public ClientSelfFixture {
  protected:
    /// Limits of the test's own, on the same sockets.
    void limit(bus::SelfLimits limits) {
        server.close(chrome.id);
        server.close(vlc.id);
        limited.emplace(
            io, "1", [this](model::Happening what) { calls.push_back(std::get<model::Called>(std::move(what))); },
            trusting(), limits);
        listen(*limited);
    }

    std::optional<bus::ClientSelfServer> limited;
};

TEST_F(ClientSelfLimits, OneCallMoreThanMayWaitIsRefusedUntilOneIsAnswered) {
    TestClient client{io, address_of(chrome)};
    const std::size_t most = bus::SelfLimits{}.waiting;
    std::vector<std::shared_ptr<Answer>> waiting;
    for (std::size_t i = 0; i < most; ++i) {
        waiting.push_back(start_request(client, {"gpu"}));
    }
    EXPECT_EQ(client.call(object, interface, "Request", asking({"gpu"})).error, limits_exceeded);
    EXPECT_EQ(client.call(object, interface, "Release", releasing({"gpu"})).error, limits_exceeded);
    EXPECT_EQ(client.call(object, interface, "Describe").error, "");
    EXPECT_THAT(calls, SizeIs(most));

    reply(3, std::monostate{});
    ASSERT_TRUE(answered(waiting[3]));
    start_request(client, {"gpu"});
    EXPECT_TRUE(asked(most + 1));
}

TEST_F(ClientSelfLimits, ACallThatWantsNoAnswerCountsAsOneThatWaits) {
    limit({.waiting = 1});
    TestClient client{io, address_of(chrome)};
    sd_bus_message* call = nullptr;
    ASSERT_GE(sd_bus_message_new_method_call(client.raw(), &call, "org.berth.Berth1", object, interface, "Request"), 0);
    asking({"gpu"})(call);
    sd_bus_message_set_expect_reply(call, 0);
    EXPECT_GE(sd_bus_send(client.raw(), call, nullptr), 0);
    sd_bus_message_unref(call);
    client.rearm();
    ASSERT_TRUE(asked(1));
    EXPECT_EQ(client.call(object, interface, "Request", asking({"gpu"})).error, limits_exceeded);
    EXPECT_TRUE(limited->reply(model::Reply{calls[0].token, std::monostate{}}));
    const auto next = start_request(client, {"gpu"});
    ASSERT_TRUE(asked(2));
    EXPECT_FALSE(is_answered(next));
}

TEST_F(ClientSelfLimits, CallsOfThoseWhoHungUpCountUntilThePolicyHasAnswered) {
    limit({.waiting = 4, .unanswered = 6});
    for (int round = 0; round < 2; ++round) {
        TestClient client{io, address_of(chrome)};
        for (int i = 0; i < 3; ++i) {
            start_request(client, {"gpu"});
        }
        ASSERT_TRUE(asked(static_cast<std::size_t>(3 * (round + 1))));
    }
    TestClient next{io, address_of(chrome)};
    EXPECT_EQ(next.call(object, interface, "Request", asking({"gpu"})).error, limits_exceeded);
    TestClient other{io, address_of(vlc)};
    start_request(other, {"gpu"});
    ASSERT_TRUE(asked(7)) << "another client is held up";

    EXPECT_TRUE(limited->reply(model::Reply{calls[0].token, Environment{}}));
    start_request(next, {"gpu"});
    EXPECT_TRUE(asked(8));
}

TEST_F(ClientSelfLimits, MoreCallsThanTheRateAllowsAreRefused) {
    limit({.calls_a_second = 0, .burst = 3});
    for (int i = 0; i < 3; ++i) {
        TestClient client{io, address_of(chrome)};
        start_request(client, {"gpu"});
        ASSERT_TRUE(asked(static_cast<std::size_t>(i + 1)));
    }
    TestClient client{io, address_of(chrome)};
    EXPECT_EQ(client.call(object, interface, "Request", asking({"gpu"})).error, limits_exceeded);
    TestClient other{io, address_of(vlc)};
    start_request(other, {"gpu"});
    EXPECT_TRUE(asked(4)) << "the rate is each client's own";
}

TEST(SelfRate, FillsUpAgainAndNoFurther) {
    const bus::SelfRate::Time start{1h};
    bus::SelfRate rate{{.calls_a_second = 2, .burst = 3}, start};
    const auto admitted = [&](bus::SelfRate::Time now) {
        int count = 0;
        while (count < 100 && rate.admit(now)) {
            ++count;
        }
        return count;
    };
    EXPECT_EQ(admitted(start), 3);
    EXPECT_EQ(admitted(start + 499ms), 0);
    EXPECT_EQ(admitted(start + 1s), 2);
    EXPECT_EQ(admitted(start + 1h), 3);
}

TEST_F(ClientSelfLimits, AnAnswerToOneWhoHungUpHurtsNobody) {
    auto client = std::make_unique<TestClient>(io, address_of(chrome));
    start_request(*client, {"gpu"});
    ASSERT_TRUE(asked(1));
    client.reset();
    TestClient next{io, address_of(chrome)};
    EXPECT_EQ(next.call(object, interface, "Describe").error, "");
    EXPECT_TRUE(reply(0, Environment{{"A", "1"}}));
    EXPECT_TRUE(reply(0, Environment{{"A", "1"}})) << "answered twice";
    const auto answer = start_request(next, {"gpu"});
    ASSERT_TRUE(asked(2));
    EXPECT_TRUE(reply(1, Environment{{"A", "2"}}));
    ASSERT_TRUE(answered(answer));
    EXPECT_EQ(answer->text, "{environment: {A: 2}}");
}

TEST_F(ClientSelfLimits, ClosingHangsUpAndALateAnswerIsStillOurs) {
    TestClient client{io, address_of(chrome)};
    start_request(client, {"gpu"});
    ASSERT_TRUE(asked(1));
    server.close(chrome.id);
    EXPECT_TRUE(run_until(io, [&] { return client.lost(); }));
    EXPECT_FALSE(std::filesystem::exists(path_of(chrome)));
    EXPECT_TRUE(reply(0, Environment{}));
    server.close(chrome.id); // nothing there any more
}

TEST_F(ClientSelfLimits, AnAnswerForAnEarlierSocketDoesNotReachALaterOne) {
    auto early = std::make_unique<TestClient>(io, address_of(chrome));
    start_request(*early, {"gpu"});
    ASSERT_TRUE(asked(1));
    ASSERT_TRUE(server.listen(chrome, path_of(chrome)));
    TestClient late{io, address_of(chrome)};
    const auto answer = start_request(late, {"gpu"});
    ASSERT_TRUE(asked(2));
    EXPECT_TRUE(reply(0, Environment{{"FOR", "another"}}));
    EXPECT_TRUE(reply(1, Environment{{"FOR", "me"}}));
    ASSERT_TRUE(answered(answer));
    EXPECT_EQ(answer->text, "{environment: {FOR: me}}");
}

TEST_F(ClientSelfLimits, TwentyThousandCallsOfOneLeaveAnotherServed) {
    constexpr int requests = 20'000;
    TestClient other{io, address_of(vlc)};
    const auto begin = std::chrono::steady_clock::now();
    Flood flood{address_of(chrome), requests};
    std::vector<std::chrono::microseconds> times;
    std::optional<int> status;
    while (!status && std::chrono::steady_clock::now() < begin + patience) {
        const auto asked_at = std::chrono::steady_clock::now();
        ASSERT_EQ(other.call(object, interface, "Describe").error, "");
        times.push_back(
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - asked_at));
        status = flood.status();
    }
    ASSERT_TRUE(status) << "the flood did not end";
    EXPECT_EQ(*status, 0) << "the one who floods is refused, and not hung up on";
    EXPECT_GT(times.size(), 10U);
    EXPECT_LE(calls.size(), bus::SelfLimits{}.waiting) << "none of them was answered, so no more may wait";
    std::sort(times.begin(), times.end());
    RecordProperty("calls_of_the_other", static_cast<int>(times.size()));
    RecordProperty("p99_us", static_cast<int>(times[times.size() * 99 / 100].count()));
    RecordProperty("longest_us", static_cast<int>(times.back().count()));
}

} // namespace

} // namespace berth::testing
