// Archives for an engine: written here, and read by a real tar; and what is read of an engine's.

#include "engine/tar.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace berth::engine {
namespace {

using testing::HasSubstr;

/// Runs a command line; its exit status, 0 where it went well.
int shell(const std::string& line) {
    return std::system(line.c_str()); // NOLINT(concurrency-mt-unsafe,cert-env33-c): a test, one thread
}

class Archive : public testing::Test {
  protected:
    /// What a real tar makes of it, in a new folder.
    std::string unpacked(const std::vector<TarEntry>& entries) {
        const auto archive = write_tar(entries);
        EXPECT_TRUE(archive) << archive.error().message;
        const std::string to = folder_.path() + "/out";
        std::filesystem::create_directory(to);
        test::write_file(folder_.path() + "/in.tar", archive ? *archive : "");
        EXPECT_EQ(shell("tar --numeric-owner -C " + to + " -xpf " + folder_.path() + "/in.tar"), 0);
        return to;
    }

    /// The first entry of an archive that a real tar has made of `name` in `from`.
    Result<std::string> first_in_archive_of(const std::string& name) {
        const std::string file = folder_.path() + "/made.tar";
        EXPECT_EQ(shell("tar -C " + folder_.path() + " -cf " + file + " " + name), 0);
        return first_file_in_tar(test::read_file(file));
    }

    test::ScratchFolder folder_;
};

TEST_F(Archive, HasLinksAndFoldersAsARealTarReadsThem) {
    const std::string to =
        unpacked({{"home", "", 0, 0}, {"home/ann", "", 1234, 1235}, {"home/ann/.x", "/run/x", 1234, 1235}});
    EXPECT_EQ(std::filesystem::read_symlink(to + "/home/ann/.x"), "/run/x");

    struct stat status {};

    ASSERT_EQ(::stat((to + "/home/ann").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0755U);
    if (::geteuid() == 0) {
        EXPECT_EQ(status.st_uid, 1234U);
        EXPECT_EQ(status.st_gid, 1235U);
    }
}

TEST_F(Archive, KeepsLongPathsAndStrangeNames) {
    const std::string folder(90, 'f');
    const std::string name(95, 'n');
    const std::string odd = "a b'\"$\n\xC3\xA4";
    const std::string to = unpacked({{folder, ""}, {folder + "/" + name, "there"}, {odd, std::string(100, 't')}});
    EXPECT_EQ(std::filesystem::read_symlink(to + "/" + folder + "/" + name), "there");
    EXPECT_EQ(std::filesystem::read_symlink(to + "/" + odd), std::string(100, 't'));
}

TEST_F(Archive, IsWholeBlocksAndEndsWithTwoEmptyOnes) {
    const auto archive = write_tar({{"a", "b"}});
    ASSERT_TRUE(archive);
    EXPECT_EQ(archive->size(), 3U * 512U);
    EXPECT_EQ(archive->substr(512), std::string(1024, '\0'));
    EXPECT_EQ(write_tar({})->size(), 1024U);
}

TEST_F(Archive, RefusesWhatItHasNoRoomFor) {
    const std::vector<TarEntry> bad{{std::string(101, 'n'), "t"},
                                    {std::string(156, 'f') + "/n", "t"},
                                    {"f/" + std::string(101, 'n'), "t"},
                                    {"n", std::string(101, 't')},
                                    {std::string{"a\0b", 3}, "t"},
                                    {"n", std::string{"t\0u", 3}},
                                    {"", "t"},
                                    {"n", "t", 2097152, 0}};
    for (const TarEntry& entry : bad) {
        const auto archive = write_tar({{"fine", "t"}, entry});
        ASSERT_FALSE(archive) << entry.path << " -> " << entry.target;
        EXPECT_EQ(archive.error().code, ErrorCode::invalid_argument);
    }
}

TEST_F(Archive, OfAnEnginesIsReadTheFirstFile) {
    test::write_file(folder_.path() + "/passwd", "root:x:0:0::/root:/bin/sh\n");
    EXPECT_EQ(*first_in_archive_of("passwd"), "root:x:0:0::/root:/bin/sh\n");
}

TEST_F(Archive, WhoseFirstEntryIsNoFileIsEmpty) {
    std::filesystem::create_symlink("/etc/shadow", folder_.path() + "/link");
    EXPECT_EQ(*first_in_archive_of("link"), "");
    std::filesystem::create_directory(folder_.path() + "/folder");
    EXPECT_EQ(*first_in_archive_of("folder"), "");
}

TEST_F(Archive, ThatIsNoneIsAnEnginesFault) {
    test::write_file(folder_.path() + "/passwd", std::string(2000, 'p'));
    ASSERT_TRUE(first_in_archive_of("passwd"));
    const std::string whole = test::read_file(folder_.path() + "/made.tar");
    std::string no_size = whole;
    no_size.replace(124, 12, std::string(12, 'z'));
    for (const std::string& bytes : {std::string{}, std::string(511, 'x'), std::string(5000, 'x'), whole.substr(0, 600),
                                     whole.substr(0, 512 + 1999), no_size}) {
        const auto file = first_file_in_tar(bytes);
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().code, ErrorCode::engine_unavailable);
        EXPECT_THAT(file.error().message, HasSubstr("archive"));
    }
}

} // namespace
} // namespace berth::engine
