#include "bus/waiting.hpp"
#include "linux/file_mirror.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

using namespace berth;
namespace fs = std::filesystem;

namespace {

/// On real folders and a real inotify. Files come as logind makes them: written aside, then renamed.
class FileMirrorTest : public ::testing::Test {
  protected:
    FileMirrorTest() { fs::create_directories(from); }

    void put(const std::string& name, const std::string& text) const {
        std::ofstream{from + "/.#" + name} << text;
        fs::rename(from + "/.#" + name, from + "/" + name);
    }

    os::FileMirror::File file(const std::string& name) {
        return {from + "/" + name, to + "/" + name, [this](std::string_view text) {
                    ++filtered;
                    return "[" + std::string{text} + "]";
                }};
    }

    void start(std::vector<std::string> names) {
        std::vector<os::FileMirror::File> files;
        files.reserve(names.size());
        for (const std::string& name : names) {
            files.push_back(file(name));
        }
        mirror.emplace(io, std::move(files));
    }

    [[nodiscard]] std::optional<std::string> copy_of(const std::string& name) const {
        if (!fs::exists(to + "/" + name)) {
            return std::nullopt;
        }
        return test::read_file(to + "/" + name);
    }

    /// Runs until the copy is that.
    bool becomes(const std::string& name, const std::optional<std::string>& text) {
        return berth::testing::run_until(io, [&] { return copy_of(name) == text; });
    }

    boost::asio::io_context io;
    test::ScratchFolder scratch;
    std::string from{scratch.path() + "/from"};
    std::string to{scratch.path() + "/to/deeper"};
    int filtered{0};
    std::optional<os::FileMirror> mirror;
};

} // namespace

TEST_F(FileMirrorTest, TheCopiesAreThereWhenItHasBegun) {
    put("3", "active");
    start({"3"});
    EXPECT_EQ(copy_of("3"), "[active]");

    struct stat status {};

    ASSERT_EQ(::stat((to + "/3").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0644U);
}

TEST_F(FileMirrorTest, AFileThatIsReplacedIsCopiedAnew) {
    put("3", "active");
    start({"3"});
    put("3", "online");
    EXPECT_TRUE(becomes("3", "[online]"));
    put("3", "");
    EXPECT_TRUE(becomes("3", "[]"));
}

TEST_F(FileMirrorTest, AFileThatComesLaterIsCopiedThen) {
    start({"3"});
    EXPECT_EQ(copy_of("3"), std::nullopt);
    put("3", "active");
    EXPECT_TRUE(becomes("3", "[active]"));
}

TEST_F(FileMirrorTest, AFileThatGoesTakesItsCopyAlong) {
    put("3", "active");
    put("4", "active");
    start({"3", "4"});
    fs::remove(from + "/3");
    EXPECT_TRUE(becomes("3", std::nullopt));
    fs::rename(from + "/4", scratch.path() + "/4");
    EXPECT_TRUE(becomes("4", std::nullopt));
    put("3", "again");
    EXPECT_TRUE(becomes("3", "[again]"));
}

TEST_F(FileMirrorTest, OtherFilesAreNeitherReadNorCopied) {
    put("3", "active");
    start({"3"});
    put("4", "somebody else's");
    put("33", "somebody else's");
    put("3", "online"); // after them in the same queue
    ASSERT_TRUE(becomes("3", "[online]"));
    EXPECT_EQ(filtered, 2);
    EXPECT_EQ(std::distance(fs::directory_iterator{to}, fs::directory_iterator{}), 1);
}

TEST_F(FileMirrorTest, FilesOfSeveralFoldersKeepApart) {
    fs::create_directories(scratch.path() + "/users");
    std::ofstream{scratch.path() + "/users/3"} << "user";
    put("3", "session");
    std::vector<os::FileMirror::File> files{file("3"), file("3")};
    files[1].source = scratch.path() + "/users/3";
    files[1].target = scratch.path() + "/to/users/3";
    mirror.emplace(io, files);
    put("3", "session, changed");
    ASSERT_TRUE(becomes("3", "[session, changed]"));
    EXPECT_EQ(test::read_file(scratch.path() + "/to/users/3"), "[user]");
    EXPECT_EQ(filtered, 3) << "the other one is not read again";
}

TEST_F(FileMirrorTest, WhenItEndsTheCopiesGoAndTheSourcesStay) {
    put("3", "active");
    start({"3"});
    mirror.reset();
    EXPECT_EQ(copy_of("3"), std::nullopt);
    EXPECT_EQ(test::read_file(from + "/3"), "active");
}

TEST_F(FileMirrorTest, ALinkIsNotFollowed) {
    std::ofstream{scratch.path() + "/secret"} << "secret";
    fs::create_symlink(scratch.path() + "/secret", from + "/3");
    start({"3"});
    EXPECT_EQ(copy_of("3"), std::nullopt);
}

TEST_F(FileMirrorTest, ACopyThatCannotBeWrittenLaterGoes) {
    put("3", "active");
    start({"3"});
    fs::remove_all(scratch.path() + "/to");
    put("3", "online");
    put("4", "a file that is not copied");
    EXPECT_TRUE(berth::testing::run_until(io, [&] { return filtered == 2; })) << "it goes on";
    EXPECT_EQ(copy_of("3"), std::nullopt);
}

TEST_F(FileMirrorTest, AFolderThatIsNotThereIsNamed) {
    fs::remove_all(from);
    try {
        start({"3"});
        FAIL() << "nothing was said";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr(from));
    }
}
