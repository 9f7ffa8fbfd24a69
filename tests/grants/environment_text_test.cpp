// /run/berth/env is read by a shell in the container: a real one reads it here.

#include "grants/offer.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace berth::grants {
namespace {

/// What /bin/sh has in `name` after it has read `text`, and whatever else it says.
std::string read_by_a_shell(const std::string& text, const std::string& name) {
    const test::ScratchFolder folder;
    test::write_file(folder.path() + "/env", text);
    const std::string command = "/bin/sh -c '. " + folder.path() + "/env; printf %s \"$" + name + "\"' 2>&1";
    std::string output;
    if (FILE* const shell = ::popen(command.c_str(), "r")) { // NOLINT(cert-env33-c): a test
        std::array<char, 512> piece{};
        for (std::size_t size = 0; (size = std::fread(piece.data(), 1, piece.size(), shell)) != 0;) {
            output.append(piece.data(), size);
        }
        EXPECT_EQ(::pclose(shell), 0);
    }
    return output;
}

TEST(EnvironmentText, IsReadByAShellAsItIsMeant) {
    for (const std::string value :
         {"plain",        "",          " with  blanks ", "it's",      "'",           "''", "'\\''", "\"double\"",
          "$HOME",        "${HOME}",   "$(echo no)",     "`echo no`", "back\\slash", "\\", "\\n",   "two\nlines",
          "\n'\n",        "; echo no", "a & b | c > d",  "#none",     "*",           "~",  "\ttab", "%s%n",
          "\xC3\xA4\xFF", "!history"}) {
        EXPECT_EQ(read_by_a_shell(environment_text({{"VALUE", value}}), "VALUE"), value);
    }
}

TEST(EnvironmentText, HasEveryVariableAndEndsNoneEarly) {
    const std::string text = environment_text({{"B", "two\nC=no"}, {"A", "it's"}, {"D", "last"}});
    EXPECT_EQ(read_by_a_shell(text, "A"), "it's");
    EXPECT_EQ(read_by_a_shell(text, "B"), "two\nC=no");
    EXPECT_EQ(read_by_a_shell(text, "C"), "") << "what looks like a variable in a value is none";
    EXPECT_EQ(read_by_a_shell(text, "D"), "last");
}

TEST(EnvironmentText, IsSortedAndEmptyWhereThereIsNothing) {
    EXPECT_EQ(environment_text({}), "");
    EXPECT_EQ(environment_text({{"B", "2"}, {"A", "1"}}), "A='1'\nB='2'\n");
}

} // namespace
} // namespace berth::grants
