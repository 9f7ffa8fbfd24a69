#include "bus/command.hpp"
#include "recording/text.hpp"
#include "recordings/testbed.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>

/// The program "berth record-docks" on a sysfs and udev of the test's own.
namespace berth::test {
namespace {

using recording::Device;
using recording::Event;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RunningCommand;
using ::testing::SizeIs;

Device stick(const std::string& serial) {
    return {.path = "/devices/pci0/usb1/1-2",
            .properties = {{"DEVTYPE", "usb_device"}, {"SUBSYSTEM", "usb"}},
            .attributes = {{"idVendor", "17ef"}, {"serial", serial}}};
}

class RecordDocksProgram : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!Testbed::is_possible()) {
            GTEST_SKIP() << "runs only under umockdev-wrapper";
        }
        testbed = std::make_unique<Testbed>();
        write_file(folder.path() + "/control", ""); // berth looks whether it is there; libudev talks to umockdev
    }

    [[nodiscard]] std::vector<std::string> argv(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {BERTH_PROGRAM, "record-docks", "--udev-dir", folder.path()});
        return arguments;
    }

    CommandResult record(std::vector<std::string> arguments) {
        return testing::run_command(io, argv(std::move(arguments)));
    }

    [[nodiscard]] std::string file() const { return folder.path() + "/desk.docks"; }

    ScratchFolder folder;
    boost::asio::io_context io;
    std::unique_ptr<Testbed> testbed;
};

TEST_F(RecordDocksProgram, ItWritesWhatIsThereAndWhatHappensUntilItIsInterrupted) {
    testbed->put({stick("1")});
    RunningCommand berth{io, argv({"-"})};
    ASSERT_TRUE(berth.printed("A: serial=1\n\n")) << berth.err();
    testbed->apply(Event{.action = "change", .path = stick("2").path, .devices = {stick("2")}});
    ASSERT_TRUE(berth.printed("A: serial=2\n\n")) << berth.out() << berth.err();
    testbed->apply(Event{.action = "remove", .path = stick("2").path});
    ASSERT_TRUE(berth.printed(" remove /devices/pci0/usb1/1-2\n")) << berth.out() << berth.err();
    berth.signal(SIGINT);
    const CommandResult ended = berth.wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    const auto recording = recording::parse(ended.out, "out");
    ASSERT_TRUE(recording.has_value()) << recording.error().message;
    EXPECT_EQ(recording->begin, std::vector{stick("1")});
    ASSERT_THAT(recording->events, SizeIs(2));
    EXPECT_EQ(recording->events[0].devices, std::vector{stick("2")});
    EXPECT_EQ(recording->events[1].action, "remove");
    EXPECT_LE(recording->events[0].at_ms, recording->events[1].at_ms);
    EXPECT_EQ(recording->torn_line, 0);
}

TEST_F(RecordDocksProgram, ItEndsByItselfAfterItsTime) {
    testbed->put({stick("1")});
    const CommandResult ended = record({file(), "--for", "1"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("recording to " + file()));
    EXPECT_THAT(ended.out, HasSubstr("devices at the beginning: 1, messages of udev since then: 0\n"));
    const auto recording = recording::parse(read_file(file()), "file");
    ASSERT_TRUE(recording.has_value()) << recording.error().message;
    EXPECT_EQ(recording->begin, std::vector{stick("1")});
}

TEST_F(RecordDocksProgram, AFileThatIsThereIsReplacedOnlyByForce) {
    write_file(file(), "a letter\n");
    const CommandResult refused = record({file(), "--for", "1"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.err, "berth: InvalidArgument: " + file() + " is there already; --force replaces it\n");
    EXPECT_EQ(read_file(file()), "a letter\n");
    EXPECT_EQ(record({file(), "--for", "1", "--force"}).status, 0);
    EXPECT_EQ(read_file(file()), recording::begin_text());
}

TEST_F(RecordDocksProgram, WithoutSerialsNoneIsWritten) {
    testbed->put({stick("S3CR3T-99")});
    RunningCommand berth{io, argv({"-", "--no-serials"})};
    ASSERT_TRUE(berth.printed("A: serial=serial1\n\n")) << berth.out() << berth.err();
    testbed->apply(Event{.action = "change", .path = stick("").path, .devices = {stick("S3CR3T-99")}});
    ASSERT_TRUE(berth.printed(" change /devices/pci0/usb1/1-2\n")) << berth.out() << berth.err();
    berth.signal(SIGTERM);
    const CommandResult ended = berth.wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_THAT(ended.out, Not(HasSubstr("S3CR3T")));
}

TEST_F(RecordDocksProgram, WhatCannotBeWrittenIsNamed) {
    const CommandResult nowhere = record({folder.path() + "/none/desk.docks"});
    EXPECT_EQ(nowhere.status, 1);
    EXPECT_EQ(nowhere.err,
              "berth: Failed: cannot write " + folder.path() + "/none/desk.docks: No such file or directory\n");
    const CommandResult full = record({"/dev/full", "--force"});
    EXPECT_EQ(full.status, 1);
    EXPECT_EQ(full.err, "berth: Failed: cannot write /dev/full: No space left on device\n");
}

TEST_F(RecordDocksProgram, WithoutUdevNothingIsRecordedAndNoFileIsLeft) {
    std::filesystem::remove(folder.path() + "/control");
    const CommandResult ended = record({file()});
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("udev does not run here"));
    EXPECT_THAT(ended.err, HasSubstr(folder.path() + "/control is missing"));
    EXPECT_EQ(read_file(file()), "");
}

TEST_F(RecordDocksProgram, ItsHelpSaysWhatIsInARecording) {
    const CommandResult help = record({"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, HasSubstr("--no-serials"));
    EXPECT_THAT(help.out, HasSubstr("serial1"));
    EXPECT_EQ(record({}).status, 2);
    EXPECT_EQ(record({file(), "--for", "0"}).status, 2);
}

} // namespace
} // namespace berth::test
