#include "edid/made_edid.hpp"

#include <gtest/gtest.h>

namespace berth::edid {
namespace {

TEST(Edid, AScreenSaysWhoItIs) {
    std::string block = made_edid();
    put_text(block, 1, 0xff, "7MT0187I");
    put_text(block, 3, 0xfc, "DELL U2720Q");
    EXPECT_EQ(read_identity(block), (Identity{"DEL", 0xa0b1, "7MT0187I", "DELL U2720Q"}));
}

TEST(Edid, WithoutATextItsNumberIsItsSerialNumberAndNoneIsNone) {
    EXPECT_EQ(read_identity(made_edid(4'000'000'001U)), (Identity{"DEL", 0xa0b1, "4000000001", ""}));
    EXPECT_EQ(read_identity(made_edid(0)), (Identity{"DEL", 0xa0b1, "", ""}));
}

TEST(Edid, ATextOfThirteenBytesHasNoEndOfItsOwn) {
    std::string block = made_edid();
    put_text(block, 2, 0xfc, "THIRTEENBYTES");
    EXPECT_EQ(read_identity(block)->name, "THIRTEENBYTES");
}

TEST(Edid, TheFirstTextOfAKindCountsAndATimingIsNoText) {
    std::string block = made_edid();
    put_text(block, 1, 0xfc, "first");
    put_text(block, 2, 0xfc, "second");
    EXPECT_EQ(read_identity(block)->name, "first");
    std::string timing = made_edid();
    timing[54 + 3] = static_cast<char>(0xfc); // of the first descriptor, which does not begin with zeros
    mend_sum(timing);
    EXPECT_EQ(read_identity(timing)->name, "");
}

TEST(Edid, ExtensionsAreOfNoInterest) {
    EXPECT_EQ(read_identity(made_edid() + std::string(block_size, 'x')), read_identity(made_edid()));
}

TEST(Edid, WhatIsNoneIsNone) {
    EXPECT_FALSE(read_identity(""));
    EXPECT_FALSE(read_identity(made_edid().substr(0, block_size - 1)));
    EXPECT_FALSE(read_identity(std::string(block_size, '\0')));
    for (const std::size_t at : {std::size_t{0}, std::size_t{3}, std::size_t{20}, std::size_t{127}}) {
        std::string damaged = made_edid();
        damaged[at] = static_cast<char>(damaged[at] + 1);
        EXPECT_FALSE(read_identity(damaged)) << at;
    }
}

TEST(Edid, AMakerThatIsNoLettersIsStillThreeCharacters) {
    std::string block = made_edid();
    block[8] = '\x7f';
    block[9] = '\x1f';
    mend_sum(block);
    EXPECT_EQ(read_identity(block)->maker, "?X?");
}

} // namespace
} // namespace berth::edid
