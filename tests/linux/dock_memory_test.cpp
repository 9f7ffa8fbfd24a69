#include "linux/dock_memory.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <fstream>

namespace berth::os {
namespace {

using model::DeviceKind;
using model::Dock;
using model::KnownDock;
using model::SeatName;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const SeatName docks_seat{"seat0"};

Dock known_as(const std::string& id, const std::vector<DeviceKind>& has = {}) {
    return {.id = id, .name = "Dock " + id, .path = "/devices/usb1/1-2", .has = has};
}

std::vector<std::string> ids_in(const DockMemory& memory) {
    std::vector<std::string> ids;
    for (const KnownDock& dock : memory.known()) {
        ids.push_back(dock.id);
    }
    return ids;
}

class DockMemoryTest : public ::testing::Test {
  protected:
    [[nodiscard]] std::string folder() const { return scratch.path() + "/state"; }

    [[nodiscard]] std::string file() const { return folder() + "/docks.json"; }

    test::ScratchFolder scratch;
};

TEST_F(DockMemoryTest, WhatWasSeenIsKnownToTheNextOneWithTheTime) {
    using namespace std::chrono;
    const auto before = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    {
        DockMemory memory{folder()};
        EXPECT_THAT(memory.known(), IsEmpty());
        memory.remember(docks_seat, known_as("usb:1:2", {DeviceKind::keyboard}));
        memory.remember(SeatName{"seat1"}, known_as("usb:3:4"));
    }
    const DockMemory next{folder()};
    ASSERT_THAT(ids_in(next), ElementsAre("usb:3:4", "usb:1:2")) << "the one that was seen last first";
    const KnownDock& first = next.known()[1];
    EXPECT_EQ(first, (KnownDock{"usb:1:2", "Dock usb:1:2", docks_seat, {DeviceKind::keyboard}, first.seen}));
    EXPECT_GE(first.seen, before);
    EXPECT_LE(first.seen, duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
    EXPECT_EQ(next.known()[0].seat, SeatName{"seat1"});

    struct stat facts {};

    ASSERT_EQ(::stat(file().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0644U);
}

TEST_F(DockMemoryTest, ADockIsKnownOnceWithAllThatWasEverBehindIt) {
    DockMemory memory{folder()};
    memory.remember(docks_seat, known_as("usb:1:2", {DeviceKind::keyboard, DeviceKind::network}));
    memory.remember(docks_seat, known_as("usb:3:4"));
    memory.remember(docks_seat, known_as("usb:1:2", {DeviceKind::sound}));
    ASSERT_THAT(ids_in(memory), ElementsAre("usb:1:2", "usb:3:4"));
    EXPECT_THAT(memory.known()[0].has, ElementsAre(DeviceKind::keyboard, DeviceKind::sound, DeviceKind::network));
}

TEST_F(DockMemoryTest, OnlySoManyAreKept) {
    DockMemory memory{folder()};
    for (std::size_t i = 0; i <= model::most_known_docks; ++i) {
        memory.remember(docks_seat, known_as(std::to_string(i)));
    }
    EXPECT_EQ(memory.known().size(), model::most_known_docks);
    EXPECT_EQ(memory.known().back().id, "1") << "the oldest was forgotten";
    EXPECT_EQ(ids_in(DockMemory{folder()}), ids_in(memory));
}

TEST_F(DockMemoryTest, ADamagedFileIsNotBelievedAndStaysUntilADockIsSeen) {
    ASSERT_EQ(::mkdir(folder().c_str(), 0755), 0);
    test::write_file(file(), "{\"berth-docks\":1,\"docks\":[{\"id\":");
    DockMemory memory{folder()};
    EXPECT_THAT(memory.known(), IsEmpty());
    std::ifstream still{file()};
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>{still}, {}), "{\"berth-docks\":1,\"docks\":[{\"id\":");
    memory.remember(docks_seat, known_as("usb:1:2"));
    EXPECT_THAT(ids_in(DockMemory{folder()}), ElementsAre("usb:1:2"));
}

TEST_F(DockMemoryTest, WhereNothingCanBeWrittenItIsKnownUntilItEnds) {
    test::write_file(folder(), "a file where the folder should be");
    DockMemory memory{folder()};
    memory.remember(docks_seat, known_as("usb:1:2"));
    EXPECT_THAT(ids_in(memory), ElementsAre("usb:1:2"));
}

TEST(DockMemoryFile, WhatIsWrongIsNamed) {
    EXPECT_THAT(DockMemory::parse("").error().message, HasSubstr("parse error"));
    EXPECT_THAT(DockMemory::parse("[]").error().message, HasSubstr("type_error"));
    EXPECT_THAT(DockMemory::parse(R"({"docks":[]})").error().message, HasSubstr("berth-docks"));
    EXPECT_EQ(DockMemory::parse(R"({"berth-docks":2,"docks":[]})").error().message,
              "it is of version 2, and this berthd knows 1");
    EXPECT_THAT(DockMemory::parse(R"({"berth-docks":1,"docks":[{"id":7}]})").error().message, HasSubstr("string"));
    EXPECT_EQ(DockMemory::parse(std::string(DockMemory::largest + 1, ' ')).error().message,
              "it is larger than 262144 bytes");
    EXPECT_THAT(*DockMemory::parse(R"({"berth-docks":1,"docks":[]})"), IsEmpty());
}

} // namespace
} // namespace berth::os
