#include "linux/cdi_files.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace berth::os {
namespace {

using testing::HasSubstr;

TEST(CdiFilesTest, AFileIsReplacedReadableForAllAndRemovedTwice) {
    const test::ScratchFolder scratch;
    const std::string folder = scratch.path() + "/run/cdi";
    CdiFiles files{folder};
    ASSERT_TRUE(files.write("berth.org-seat0.json", "one"));
    ASSERT_TRUE(files.write("berth.org-seat0.json", "two"));
    EXPECT_EQ(test::read_file(folder + "/berth.org-seat0.json"), "two");
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(folder + "/berth.org-seat0.json").permissions(),
              perms::owner_read | perms::owner_write | perms::group_read | perms::others_read);
    EXPECT_TRUE(files.remove("berth.org-seat0.json"));
    EXPECT_TRUE(files.remove("berth.org-seat0.json")) << "nothing is there";
    EXPECT_FALSE(std::filesystem::exists(folder + "/berth.org-seat0.json"));
}

TEST(CdiFilesTest, WhatCannotBeWrittenIsNamed) {
    const test::ScratchFolder scratch;
    test::write_file(scratch.path() + "/file", "no folder");
    CdiFiles files{scratch.path() + "/file"};
    const auto written = files.write("berth.org-seat0.json", "text");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, HasSubstr(scratch.path() + "/file"));
    EXPECT_TRUE(files.remove("berth.org-seat0.json")) << "there is none";
}

} // namespace
} // namespace berth::os
