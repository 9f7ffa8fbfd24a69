#include "bus/command.hpp"
#include "model/json.hpp"
#include "policy/decide.hpp"
#include "store/flight_recorder.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace berth::testing {

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Recordings made by the policy and the recorder themselves.
class Recordings : public ::testing::Test {
  protected:
    Recordings() {
        char name[] = "/tmp/berth-replay-XXXXXX";
        folder = ::mkdtemp(name);
        file = folder + "/flight.jsonl";
    }

    ~Recordings() override { fs::remove_all(folder); }

    Recordings(const Recordings&) = delete;
    Recordings& operator=(const Recordings&) = delete;

    /// The first steps of a bring-up, as berthd would record them.
    void record() {
        store::FlightRecorder recorder{file};
        model::World world;
        model::DesktopProfile profile;
        profile.name = "gnome";
        profile.image = "localhost/berth/gnome:latest";
        const model::SeatName seat{std::string{"seat0"}};
        const model::CallToken token{1};
        const std::vector<model::Happening> story{
            model::Configured{{seat}, {}}, model::LeftoversFound{},
            model::Called{token, {":1.5", 0}, model::UpRequest{seat, "gnome", model::SeatMode::headless, {}}},
            model::Authorized{token, true, ""}, model::ProfileRead{token, profile, ""}};
        model::Microseconds at = 1000;
        for (const model::Happening& what : story) {
            const model::Event event{at += 1000, what};
            model::Decision decision = policy::decide(std::move(world), event);
            world = std::move(decision.world);
            recorder.record(event, decision.effects, world);
        }
    }

    CommandResult berth(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), BERTH_PROGRAM);
        return run_command(io, arguments);
    }

    boost::asio::io_context io;
    std::string folder;
    std::string file;
};

TEST_F(Recordings, ReplayComesToTheSameDecisions) {
    record();
    const CommandResult replay = berth({"replay", file});
    EXPECT_EQ(replay.status, 0) << replay.out << replay.err;
    EXPECT_THAT(replay.out, HasSubstr("5 decisions, 0 differ from the recording"));
    EXPECT_THAT(replay.out, HasSubstr("gnome"));
}

TEST_F(Recordings, ReplayShowsADecisionThatDiffers) {
    record();
    // The last line without its effects: what is decided now is missing from the recording.
    std::ifstream in{file};
    std::string line;
    std::vector<std::string> all;
    while (std::getline(in, line)) {
        all.push_back(line);
    }
    auto last = nlohmann::json::parse(all.back());
    last["effects"] = nlohmann::json::array();
    all.back() = last.dump();
    std::ofstream out{file};
    for (const std::string& each : all) {
        out << each << "\n";
    }
    out.close();
    const CommandResult replay = berth({"replay", file});
    EXPECT_EQ(replay.status, 1);
    EXPECT_THAT(replay.out, HasSubstr("5 decisions, 1 differ from the recording"));
    EXPECT_THAT(replay.out, HasSubstr("  + "));
    const CommandResult json = berth({"replay", file, "--json"});
    EXPECT_EQ(json.status, 1);
    EXPECT_THAT(json.out, HasSubstr("\"same\":false"));
    EXPECT_THAT(json.out, HasSubstr("\"recorded\":[]"));
}

TEST_F(Recordings, AnalyzeTellsStepsAndTotal) {
    record();
    const CommandResult analyze = berth({"analyze", file});
    EXPECT_EQ(analyze.status, 0) << analyze.err;
    EXPECT_THAT(analyze.out, HasSubstr("seat0: gnome, preparing after 0.002 s"));
    EXPECT_THAT(analyze.out, HasSubstr("check-image"));
    const auto json = nlohmann::json::parse(berth({"analyze", file, "--json"}).out);
    EXPECT_EQ(json["total_us"], 2000);
    EXPECT_EQ(json["seat"], "seat0");
    EXPECT_EQ(json["steps"][0]["step"], "check-image");
    EXPECT_EQ(json["steps"][0]["open"], true);
}

TEST_F(Recordings, AnalyzePlotWritesAnSvg) {
    record();
    const std::string svg = folder + "/up.svg";
    const CommandResult plot = berth({"analyze", "plot", file, "-o", svg});
    EXPECT_EQ(plot.status, 0) << plot.err;
    EXPECT_EQ(plot.out, "wrote " + svg + "\n");
    std::ifstream in{svg};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_THAT(text, HasSubstr("check-image"));
    EXPECT_THAT(berth({"analyze", "plot", file, "-o", "-"}).out, HasSubstr("</svg>"));
    EXPECT_EQ(berth({"analyze", "plot", file, "-o", "/nonexistent/x.svg"}).status, 1);
}

TEST_F(Recordings, WhatIsNoRecordingIsNamedWithItsLine) {
    EXPECT_EQ(berth({"replay", folder + "/none"}).status, 1);
    std::ofstream{file} << "{\"hello\":1}\n";
    const CommandResult replay = berth({"replay", file});
    EXPECT_EQ(replay.status, 1);
    EXPECT_THAT(replay.err, HasSubstr("berth: InvalidArgument: "));
    EXPECT_THAT(replay.err, HasSubstr(file));
    EXPECT_EQ(berth({"analyze", file}).status, 1);
}

TEST_F(Recordings, ARecordingWithoutABringUpSaysSo) {
    store::FlightRecorder recorder{file};
    recorder.record(model::Event{5, model::ShutdownRequested{}}, {}, {});
    const CommandResult analyze = berth({"analyze", file});
    EXPECT_EQ(analyze.status, 1);
    EXPECT_THAT(analyze.err, HasSubstr("holds no bring-up"));
}

} // namespace

} // namespace berth::testing
