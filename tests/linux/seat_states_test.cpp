#include "linux/seat_states.hpp"
#include "model/json.hpp"
#include "support/filled.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using model::Seat;
using model::SeatName;
using test::read_file;
using test::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A seat with no field at its default.
Seat full_seat(const std::string& name = "seat0") {
    Seat seat = test::filled_world().seats.begin()->second;
    seat.name = SeatName{name};
    return seat;
}

class SeatStatesTest : public ::testing::Test {
  protected:
    [[nodiscard]] std::string file(const std::string& seat = "seat0") const { return folder + "/" + seat + ".json"; }

    /// What the next berthd of this boot reads.
    [[nodiscard]] std::vector<Seat> read() const { return SeatStates{folder}.kept(); }

    /// What is wrong with the file's text, by the reader.
    static std::string fault(const std::string& text, const std::string& boot) {
        const auto parsed = SeatStates::parse(SeatName{"seat0"}, text, boot);
        return parsed ? std::string{} : parsed.error().message;
    }

    /// The boot that the file was written in.
    [[nodiscard]] std::string boot() const {
        const std::string text = read_file(file());
        constexpr std::string_view key{"\"boot\":\""};
        return text.substr(text.find(key) + key.size(), 32);
    }

    test::ScratchFolder scratch;
    std::string folder = scratch.path() + "/run/state";
    SeatStates states{folder};
};

TEST_F(SeatStatesTest, WhatIsKeptIsReadByTheNextWithEveryField) {
    states.keep(full_seat());
    states.keep(full_seat("seat-kitchen"));
    const std::vector<Seat> kept = read();
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_THAT(kept, ::testing::UnorderedElementsAre(full_seat(), full_seat("seat-kitchen")));
}

TEST_F(SeatStatesTest, ThereIsNothingBeforeTheFirstBerthd) {
    EXPECT_TRUE(read().empty());
}

TEST_F(SeatStatesTest, TheFilesAreRootsAlone) {
    states.keep(full_seat());

    struct stat status {};

    ASSERT_EQ(::stat(folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SeatStatesTest, ASeatIsWrittenAnewWhenItChangedAndOnlyThen) {
    Seat seat = full_seat();
    states.keep(seat);
    const auto inode = [&] {
        struct stat status {};

        return ::stat(file().c_str(), &status) == 0 ? status.st_ino : 0;
    };
    const ino_t first = inode();
    const int holds_the_inode = ::open(file().c_str(), O_RDONLY | O_CLOEXEC);
    states.keep(seat);
    EXPECT_EQ(inode(), first);
    seat.paused = !seat.paused;
    states.keep(seat);
    EXPECT_NE(inode(), first) << "replaced as a whole";
    EXPECT_THAT(read(), ElementsAre(seat));
    ::close(holds_the_inode);
}

TEST_F(SeatStatesTest, AForgottenSeatIsNotReadAndCanBeKeptAgain) {
    states.keep(full_seat());
    states.forget(SeatName{"seat0"});
    states.forget(SeatName{"seat-never"});
    EXPECT_TRUE(read().empty());
    states.keep(full_seat());
    EXPECT_EQ(read().size(), 1U);
}

TEST_F(SeatStatesTest, AFileOfAnotherBootSaysNothing) {
    states.keep(full_seat());
    const auto other = SeatStates::parse(SeatName{"seat0"}, read_file(file()), "0123456789abcdef0123456789abcdef");
    ASSERT_TRUE(other);
    EXPECT_FALSE(*other);
}

TEST_F(SeatStatesTest, EveryTornFileIsRefused) {
    states.keep(full_seat());
    const std::string whole = read_file(file());
    ASSERT_EQ(fault(whole, boot()), "");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        ASSERT_NE(fault(whole.substr(0, length), boot()), "") << "cut after " << length << " bytes";
    }
}

TEST_F(SeatStatesTest, EveryFlippedBitIsNoticed) {
    states.keep(full_seat());
    const std::string whole = read_file(file());
    const auto expected = SeatStates::parse(SeatName{"seat0"}, whole, boot());
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x04);
        const auto parsed = SeatStates::parse(SeatName{"seat0"}, changed, boot());
        // One in the boot's id makes it another boot's; one in the header's spelling may leave it unharmed.
        ASSERT_TRUE(!parsed || !*parsed || **parsed == **expected) << "byte " << at;
    }
}

TEST_F(SeatStatesTest, FaultsAreNamed) {
    states.keep(full_seat());
    const std::string whole = read_file(file());
    const std::string id = boot();
    const std::size_t body = whole.find('\n') + 1;
    EXPECT_THAT(fault("", id), HasSubstr("two lines"));
    EXPECT_THAT(fault("{}\n" + whole.substr(body), id), HasSubstr("berth-seat"));
    EXPECT_THAT(fault("{\"berth-seat\":2}\n" + whole.substr(body), id), HasSubstr("version 1, not 2"));
    EXPECT_THAT(fault("no json\n" + whole.substr(body), id), ::testing::Not(::testing::IsEmpty()));
    EXPECT_THAT(fault(whole.substr(0, body) + "{}\n", id), HasSubstr("checksum"));
    EXPECT_THAT(fault(whole + std::string(SeatStates::largest, 'x') + "\n", id), HasSubstr("bytes"));
}

TEST_F(SeatStatesTest, AFileUnderAnotherSeatsNameIsRefused) {
    states.keep(full_seat("seat1"));
    fs::rename(file("seat1"), file("seat0"));
    EXPECT_THAT(fault(read_file(file()), boot()), HasSubstr("it is seat1's"));
    EXPECT_TRUE(read().empty());
}

TEST_F(SeatStatesTest, ADamagedFileHidesNoOther) {
    states.keep(full_seat());
    states.keep(full_seat("seat1"));
    write_file(file("seat1"), "torn");
    write_file(folder + "/.seat1.json.tmp", "what an interrupted write left");
    EXPECT_THAT(read(), ElementsAre(full_seat()));
}

TEST_F(SeatStatesTest, ALinkInPlaceOfAFileIsNotFollowed) {
    states.keep(full_seat());
    fs::rename(file(), scratch.path() + "/elsewhere");
    fs::create_symlink(scratch.path() + "/elsewhere", file());
    EXPECT_TRUE(read().empty());
}

TEST_F(SeatStatesTest, ANameThatIsNoSeatsIsNotMadeAPath) {
    states.keep(full_seat("../climbs"));
    states.forget(SeatName{"../climbs"});
    EXPECT_FALSE(fs::exists(scratch.path() + "/run/climbs.json"));
    EXPECT_TRUE(read().empty());
}

TEST_F(SeatStatesTest, AFolderThatIsMovedOrRemovedIsMadeAgain) {
    Seat seat = full_seat();
    states.keep(seat);
    fs::rename(folder, folder + "-moved");
    seat.session_ready = !seat.session_ready;
    states.keep(seat);
    EXPECT_THAT(read(), ElementsAre(seat));
    fs::remove_all(folder);
    seat.session_ready = !seat.session_ready;
    states.keep(seat);
    EXPECT_THAT(read(), ElementsAre(seat));
}

TEST_F(SeatStatesTest, WhatCannotBeWrittenIsLostAndTheNextIsKeptAgain) {
    write_file(scratch.path() + "/run", "in the way");
    states.keep(full_seat());
    EXPECT_TRUE(read().empty());
    fs::remove(scratch.path() + "/run");
    states.keep(full_seat());
    EXPECT_EQ(read().size(), 1U);
}

} // namespace
} // namespace berth::os
