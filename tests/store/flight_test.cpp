#include "store/flight_reader.hpp"
#include "store/flight_recorder.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <unistd.h>

namespace berth::store {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::write_file;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const model::SeatName seat0{"seat0"};

model::Event event_at(model::Microseconds at) {
    return {at, model::TimerFired{seat0, model::StepSerial{static_cast<std::uint64_t>(at)}}};
}

std::vector<model::Effect> some_effects() {
    return {model::ClearTimer{seat0}, model::PrintOnTty{seat0, 1, "a \"text\"\nof two lines, ü"}, model::Exit{}};
}

model::World world_after(std::uint64_t jobs) {
    model::World world;
    world.host.virtual_terminals = true;
    world.host.groups = {{"video", 44}};
    world.seats[seat0].name = seat0;
    world.last_job = jobs;
    return world;
}

class FlightTest : public ::testing::Test {
  protected:
    test::ScratchFolder scratch;
    std::string file = scratch.path() + "/flight.jsonl";
};

TEST_F(FlightTest, WhatWasRecordedIsReadBack) {
    FlightRecorder recorder{file, world_after(7)};
    recorder.record(event_at(1), some_effects(), world_after(8));
    recorder.record({2, model::DevicesChanged{seat0, {"/dev/input/event3"}}}, {}, world_after(9));
    const auto flight = read_flight(file);
    ASSERT_TRUE(flight.has_value()) << flight.error().message;
    EXPECT_EQ(flight->world, world_after(7));
    ASSERT_EQ(flight->entries.size(), 2U);
    EXPECT_EQ(flight->entries[0], (FlightEntry{2, event_at(1), some_effects()}));
    EXPECT_EQ(flight->entries[1], (FlightEntry{3, {2, model::DevicesChanged{seat0, {"/dev/input/event3"}}}, {}}));
    EXPECT_EQ(flight->torn_line, 0);
}

TEST_F(FlightTest, OnlyTheOwnerMayReadARecording) {
    const mode_t old = ::umask(0);
    FlightRecorder recorder{file};
    recorder.record(event_at(1), {}, {});
    ::umask(old);

    struct stat status {};

    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(FlightTest, NothingIsWrittenBeforeTheFirstEvent) {
    const FlightRecorder recorder{file};
    EXPECT_FALSE(fs::exists(file));
}

TEST_F(FlightTest, TheRecordingOfAnEarlierDaemonIsKeptAside) {
    write_file(file, "earlier");
    write_file(file + ".1", "much earlier");
    FlightRecorder recorder{file};
    recorder.record(event_at(1), {}, {});
    EXPECT_EQ(read_file(file + ".1"), "earlier");
    EXPECT_EQ(read_flight(file)->entries.size(), 1U);
}

TEST_F(FlightTest, AFullFileIsKeptAsideAndTheNextOneBeginsWithTheWorldOfThatMoment) {
    FlightRecorder recorder{file, {}, 4096};
    std::uint64_t last = 0;
    while (!fs::exists(file + ".1") && last < 1000) {
        ++last;
        recorder.record(event_at(static_cast<model::Microseconds>(last)), some_effects(), world_after(last));
    }
    const auto full = read_flight(file + ".1");
    ASSERT_TRUE(full.has_value()) << full.error().message;
    EXPECT_EQ(full->world, model::World{});
    EXPECT_EQ(full->entries.size(), last);
    EXPECT_GE(fs::file_size(file + ".1"), 4096U);
    EXPECT_LT(fs::file_size(file + ".1"), 8192U);
    const auto next = read_flight(file);
    ASSERT_TRUE(next.has_value()) << next.error().message;
    EXPECT_EQ(next->world, world_after(last));
    EXPECT_TRUE(next->entries.empty());
    recorder.record(event_at(77), {}, world_after(last + 1));
    EXPECT_EQ(read_flight(file)->entries.at(0).event, event_at(77));
}

TEST_F(FlightTest, NoMoreThanTwoFilesAreEverThere) {
    FlightRecorder recorder{file, {}, 2048};
    for (model::Microseconds at = 1; at <= 200; ++at) {
        recorder.record(event_at(at), some_effects(), world_after(1));
    }
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{scratch.path()}) {
        names.push_back(entry.path().filename());
        EXPECT_LT(entry.file_size(), 4096U) << entry.path();
    }
    EXPECT_THAT(names, ::testing::UnorderedElementsAre("flight.jsonl", "flight.jsonl.1"));
}

TEST_F(FlightTest, BytesThatAreNoUtf8DoNotStopTheRecorder) {
    FlightRecorder recorder{file};
    recorder.record({1, model::Called{model::CallToken{1}, {}, model::ReseatRequest{seat0, "\xff\xfe"}}}, {}, {});
    const auto flight = read_flight(file);
    ASSERT_TRUE(flight.has_value()) << flight.error().message;
    EXPECT_EQ(flight->entries.size(), 1U);
}

TEST_F(FlightTest, AFolderThatIsNotThereHarmsNobodyAndRecordingBeginsWhenItComes) {
    const std::string folder = scratch.path() + "/later";
    FlightRecorder recorder{folder + "/flight.jsonl"};
    recorder.record(event_at(1), {}, world_after(1));
    recorder.record(event_at(2), {}, world_after(2));
    fs::create_directories(folder);
    recorder.record(event_at(3), {}, world_after(3));
    recorder.record(event_at(4), {}, world_after(4));
    const auto flight = read_flight(folder + "/flight.jsonl");
    ASSERT_TRUE(flight.has_value()) << flight.error().message;
    EXPECT_EQ(flight->world, world_after(3)) << "a recording with a gap begins behind the gap";
    ASSERT_EQ(flight->entries.size(), 1U);
    EXPECT_EQ(flight->entries[0].event, event_at(4));
}

/// A file system of 64 KiB.
class FullDiskTest : public FlightTest {
  protected:
    void SetUp() override {
        fs::create_directories(disk);
        if (::mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
            GTEST_SKIP() << "cannot mount a small tmpfs (needs root)";
        }
        mounted = true;
    }

    void TearDown() override {
        if (mounted) {
            EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
        }
    }

    std::string disk = scratch.path() + "/disk";
    std::string recording = disk + "/flight.jsonl";
    bool mounted{false};
};

TEST_F(FullDiskTest, AFullDiskLosesDecisionsButNeverTearsARecording) {
    FlightRecorder recorder{recording, {}, 1'000'000};
    for (model::Microseconds at = 1; at <= 2000; ++at) {
        recorder.record(event_at(at), some_effects(), world_after(static_cast<std::uint64_t>(at)));
    }
    const auto full = read_flight(recording);
    ASSERT_TRUE(full.has_value()) << full.error().message;
    EXPECT_EQ(full->torn_line, 0) << "a line was left half written";
    ASSERT_FALSE(full->entries.empty());
    EXPECT_LT(full->entries.size(), 2000U);
    // Room again: the recording goes on with a World of its own.
    fs::remove(recording);
    recorder.record(event_at(3000), {}, world_after(3000));
    recorder.record(event_at(3001), {}, world_after(3001));
    const auto again = read_flight(recording);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(again->world, world_after(3000));
    EXPECT_EQ(again->entries.size(), 1U);
}

TEST_F(FullDiskTest, ADiskThatIsFullFromTheStartIsSurvived) {
    const std::string filler = disk + "/filler";
    write_file(filler, std::string(64 * 1024, 'x'));
    FlightRecorder recorder{recording};
    recorder.record(event_at(1), some_effects(), world_after(1));
    EXPECT_FALSE(read_flight(recording).has_value());
    fs::remove(filler);
    recorder.record(event_at(2), {}, world_after(2));
    EXPECT_EQ(read_flight(recording)->world, world_after(2));
}

const std::string header = "{\"berth-flight\":1,\"world\":{}}\n";
const std::string entry =
    "{\"at\":5,\"event\":{\"at\":5,\"what\":{\"ShutdownRequested\":{}}},\"effects\":[{\"Exit\":{}}]}\n";

TEST(FlightReaderTest, ATornLastLineIsLeftOutAndNamed) {
    const std::string whole = header + entry + entry;
    const auto intact = parse_flight(whole, "f");
    ASSERT_TRUE(intact.has_value()) << intact.error().message;
    for (std::size_t size = header.size() + entry.size() + 1; size < whole.size(); ++size) {
        const auto flight = parse_flight(std::string_view{whole}.substr(0, size), "f");
        ASSERT_TRUE(flight.has_value()) << flight.error().message;
        EXPECT_EQ(flight->torn_line, 3);
        EXPECT_EQ(flight->entries.size(), 1U);
    }
}

/// A damaged recording and the sentence that it deserves.
struct Damaged {
    std::string name;
    std::string text;
    std::string message;
};

class DamagedFlightTest : public ::testing::TestWithParam<Damaged> {};

TEST_P(DamagedFlightTest, IsRefusedWithItsLine) {
    const auto flight = parse_flight(GetParam().text, "f");
    ASSERT_FALSE(flight.has_value());
    EXPECT_EQ(flight.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(flight.error().message, StartsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, DamagedFlightTest,
    ::testing::Values(
        Damaged{"Empty", "", "f:1: not a flight recording of berthd"},
        Damaged{"Garbage",
                "\x7f"
                "ELF\x02\n",
                "f:1: not a flight recording of berthd"},
        Damaged{"TornHeader", header.substr(0, 12), "f:1: not a flight recording of berthd"},
        Damaged{"AnotherKindOfJson", "{\"a\":1}\n", "f:1: not a flight recording of berthd"},
        Damaged{"AList", "[1]\n", "f:1: not a flight recording of berthd"},
        Damaged{"NoHeader", entry, "f:1: not a flight recording of berthd"},
        Damaged{"Newer", "{\"berth-flight\":2,\"world\":{}}\n", "f:1: recording version 2, this berth reads version 1"},
        Damaged{"VersionAText", "{\"berth-flight\":\"1\",\"world\":{}}\n", "f:1: not a flight recording of berthd"},
        Damaged{"NoWorld", "{\"berth-flight\":1}\n", "f:1: the key \"world\" is missing"},
        Damaged{"WorldAList", "{\"berth-flight\":1,\"world\":[]}\n", "f:1: world: "},
        Damaged{"WorldOfWrongType", "{\"berth-flight\":1,\"world\":{\"last_job\":\"x\"}}\n", "f:1: world: "},
        Damaged{"GarbageInTheMiddle", header + "nonsense\n" + entry, "f:2: not a JSON object"},
        Damaged{"EmptyLine", header + entry + "\n" + entry, "f:3: not a JSON object"},
        Damaged{"NoEvent", header + "{\"at\":1,\"effects\":[]}\n", "f:2: the key \"event\" is missing"},
        Damaged{"NoEffects", header + "{\"at\":1,\"event\":{}}\n", "f:2: the key \"effects\" is missing"},
        Damaged{"EffectsNoList", header + "{\"at\":1,\"event\":{\"what\":{\"ShutdownRequested\":{}}},\"effects\":7}\n",
                "f:2: effects: expected a list"},
        Damaged{"UnknownEvent", header + "{\"at\":1,\"event\":{\"what\":{\"Nonsense\":{}}},\"effects\":[]}\n", "f:2: "},
        Damaged{"UnknownEffect",
                header + entry +
                    "{\"at\":1,\"event\":{\"what\":{\"ShutdownRequested\":{}}},\"effects\":[{\"Nonsense\":{}}]}\n",
                "f:3: "},
        Damaged{"TimeAText", header + "{\"at\":\"1\",\"event\":{\"what\":{\"ShutdownRequested\":{}}},\"effects\":[]}\n",
                "f:2: "}),
    [](const auto& row) { return row.param.name; });

TEST(FlightReaderTest, AFileThatIsNotThereIsNamed) {
    const auto flight = read_flight("/nonexistent/flight.jsonl");
    ASSERT_FALSE(flight.has_value());
    EXPECT_EQ(flight.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(flight.error().message, "/nonexistent/flight.jsonl: No such file or directory");
}

} // namespace
} // namespace berth::store
