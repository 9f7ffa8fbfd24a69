#include "client/client_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::testing {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

/// What explain says of a berthd that answers, hangs or is not there.
class BerthExplains : public ClientFixture {
  protected:
    json explain(std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(), {"explain", "--json", "--runtime-dir", bus.folder()});
        const CommandResult result = berth(std::move(arguments));
        EXPECT_EQ(result.status, 0) << result.err;
        return json::parse(result.out, nullptr, false);
    }

    static std::string advice_of(const json& all) {
        std::string texts;
        for (const json& each : all["advice"]) {
            texts += each["what"].get<std::string>() + " -> " + each["next"].get<std::string>() + "\n";
        }
        return texts;
    }
};

TEST_F(BerthExplains, WhatBerthdSaysOfTheSeat) {
    become_seated();
    const json all = explain();
    EXPECT_EQ(all["berthd"]["presence"], "here");
    EXPECT_EQ(all["berthd"]["pid"], ::getpid());
    EXPECT_EQ(all["berthd"]["state"], "seated");
    EXPECT_EQ(all["berthd"]["desktop"], "gnome");
}

TEST_F(BerthExplains, AFrozenDesktopAndAHeldSeat) {
    become_seated();
    seat.state = model::SeatState::frozen;
    server->seat_changed(seat);
    EXPECT_THAT(advice_of(explain()), HasSubstr("the desktop gnome is frozen -> berth thaw"));
    seat.state = model::SeatState::held;
    seat.last_failure = model::Failure{model::Step::start, ErrorCode::timed_out, "too slow"};
    server->seat_changed(seat);
    EXPECT_THAT(advice_of(explain()), HasSubstr("why: start: TimedOut: too slow -> berth down, then berth up"));
}

TEST_F(BerthExplains, ASeatThatBerthdDoesNotHave) {
    const json all = explain({"--seat", "seat7"});
    EXPECT_EQ(all["berthd"]["presence"], "here");
    EXPECT_EQ(all["berthd"]["state"], nullptr);
    EXPECT_THAT(advice_of(all), HasSubstr("berthd has no seat of that name"));
}

TEST_F(BerthExplains, ABerthdThatHangsCostsTwoSeconds) {
    // The server answers only while its io_context runs, and popen(3) does not run it.
    const std::string command =
        std::string{BERTH_PROGRAM} + " --bus " + bus.address() + " explain --json --runtime-dir " + bus.folder();
    const auto begin = std::chrono::steady_clock::now();
    std::FILE* const pipe = ::popen(command.c_str(), "re");
    ASSERT_NE(pipe, nullptr);
    std::string out;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        out.append(buffer.data(), got);
    }
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{15});
    const json all = json::parse(out, nullptr, false);
    EXPECT_EQ(all["berthd"]["presence"], "silent");
    EXPECT_EQ(all["berthd"]["pid"], ::getpid()) << "the bus knows it still";
    EXPECT_EQ(all["berthd"]["trouble"], "no answer within 2 s");
    EXPECT_THAT(advice_of(all), HasSubstr("systemctl restart berthd"));
}

TEST_F(BerthExplains, ABusThatHangsCostsTwoSeconds) {
    PrivateBus other;
    other.stop_reading();
    const CommandResult result = run_command(io, {BERTH_PROGRAM, "--bus", other.address(), "explain", "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    const json all = json::parse(result.out, nullptr, false);
    EXPECT_EQ(all["berthd"]["presence"], "silent");
    EXPECT_EQ(all["berthd"]["trouble"], "the bus did not answer within 2 s");
}

TEST_F(BerthExplains, ABerthdThatIsNotThereIsSaid) {
    ASSERT_TRUE(connection.release("org.berth.Berth1"));
    const json all = explain();
    EXPECT_EQ(all["berthd"]["presence"], "absent");
    EXPECT_THAT(advice_of(all), HasSubstr("systemctl start berthd"));
}

TEST_F(BerthExplains, ABerthdThatTheBusWouldStartIsNotStarted) {
    const std::string started = bus.folder() + "/started";
    std::ofstream{bus.folder() + "/org.berth.Berth1.service"}
        << "[D-BUS Service]\nName=org.berth.Berth1\nExec=/bin/sh -c \"touch " << started << "; exit 3\"\n";
    const PrivateBus other{std::string{PrivateBus::allow_all} + "<servicedir>" + bus.folder() + "</servicedir>"};
    const auto ask = [&](const char* verb) {
        return run_command(io, {BERTH_PROGRAM, "--bus", other.address(), verb}).status;
    };
    EXPECT_EQ(ask("explain"), 0);
    EXPECT_FALSE(std::filesystem::exists(started));
    EXPECT_EQ(ask("status"), 1);
    EXPECT_TRUE(std::filesystem::exists(started)) << "as every other verb does";
}

} // namespace

} // namespace berth::testing
