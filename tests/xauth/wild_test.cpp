#include "support/scratch_folder.hpp"
#include "xauth/wild.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <vector>

namespace berth::xauth {
namespace {

std::string counted(const std::string& bytes) {
    return std::string{static_cast<char>(bytes.size() / 256), static_cast<char>(bytes.size() % 256)} + bytes;
}

std::string entry(unsigned family, const std::string& address, const std::string& number, const std::string& name,
                  const std::string& data) {
    return std::string{static_cast<char>(family / 256), static_cast<char>(family % 256)} + counted(address) +
           counted(number) + counted(name) + counted(data);
}

const std::string protocol = "MIT-MAGIC-COOKIE-1";
const std::string cookie{"\x00\x01\xFE\xFF...12 bytes..", 16};

struct Row {
    const char* name;
    std::string file;
    std::string wild;
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}

class GoodFile : public ::testing::TestWithParam<Row> {};

TEST_P(GoodFile, GivesTheSameCookiesForEveryHost) {
    const auto wild = for_every_host(GetParam().file);
    ASSERT_TRUE(wild.has_value()) << wild.error().message;
    EXPECT_EQ(*wild, GetParam().wild);
    const auto again = for_every_host(*wild);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, *wild) << "what is for every host already stays as it is";
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodFile,
    ::testing::Values(
        Row{"Local", entry(256, "desk", "0", protocol, cookie), entry(0xFFFF, "", "0", protocol, cookie)},
        Row{"Internet", entry(0, std::string("\x7F\0\0\1", 4), "10", protocol, cookie),
            entry(0xFFFF, "", "10", protocol, cookie)},
        Row{"MuttersOwnForXwayland",
            entry(256, "desk", "0", protocol, cookie) + entry(0xFFFF, "", "0", protocol, cookie),
            entry(0xFFFF, "", "0", protocol, cookie)},
        Row{"TwoDisplays", entry(256, "desk", "0", protocol, cookie) + entry(256, "desk", "1", protocol, "other"),
            entry(0xFFFF, "", "0", protocol, cookie) + entry(0xFFFF, "", "1", protocol, "other")},
        Row{"AnyDisplay", entry(256, "desk", "", protocol, cookie), entry(0xFFFF, "", "", protocol, cookie)},
        Row{"NoData", entry(256, "desk", "0", "XDM", ""), entry(0xFFFF, "", "0", "XDM", "")},
        Row{"LongStrings", entry(1, std::string(300, 'a'), "0", std::string(256, 'p'), std::string(64000, 'd')),
            entry(0xFFFF, "", "0", std::string(256, 'p'), std::string(64000, 'd'))}),
    [](const auto& instance) { return instance.param.name; });

struct BadRow {
    const char* name;
    std::string file;
    std::string message;
};

void PrintTo(const BadRow& row, std::ostream* out) {
    *out << row.name;
}

class BadFile : public ::testing::TestWithParam<BadRow> {};

TEST_P(BadFile, IsRefusedWithASentence) {
    const auto wild = for_every_host(GetParam().file);
    ASSERT_FALSE(wild.has_value());
    EXPECT_EQ(wild.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(wild.error().message, "this is no file of X cookies: " + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadFile,
    ::testing::Values(BadRow{"Empty", "", "it is empty"}, BadRow{"OneByte", "x", "the entry at byte 0 is cut off"},
                      BadRow{"Words", "#FamilyLocal desk 0", "the entry at byte 0 is cut off"},
                      BadRow{"OnlyAFamily", std::string("\1\0", 2), "the entry at byte 0 is cut off"},
                      BadRow{"Zeros", std::string(10, '\0'), "the entry at byte 0 names no protocol"},
                      BadRow{"SecondCutOff", entry(256, "d", "0", "p", "c") + std::string("\1\0\0", 3),
                             "the entry at byte 14 is cut off"},
                      BadRow{"TooLarge", std::string(largest_file + 1, 'x'), "it is larger than 65536 bytes"}),
    [](const auto& instance) { return instance.param.name; });

TEST(XauthFile, CutOffAnywhereItIsRefused) {
    const std::string whole = entry(256, "desk", "0", protocol, cookie);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(for_every_host(whole.substr(0, size)).has_value()) << size << " bytes";
    }
    EXPECT_TRUE(for_every_host(whole).has_value());
}

TEST(XauthFile, NothingOfACookieIsInTheSentence) {
    const auto wild = for_every_host(entry(256, "desk", "0", protocol, "secretsecretsecr") + "x");
    ASSERT_FALSE(wild.has_value());
    EXPECT_EQ(wild.error().message.find("secret"), std::string::npos);
}

/// What `command` writes; "" where it cannot be run.
std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), &::pclose};
    std::vector<char> bytes(4096);
    bytes.resize(pipe ? std::fread(bytes.data(), 1, bytes.size(), pipe.get()) : 0);
    return {bytes.begin(), bytes.end()};
}

TEST(XauthFile, TheXauthProgramReadsItAndFindsTheCookie) {
    if (output_of("xauth -V 2>/dev/null").empty()) {
        GTEST_SKIP() << "the program xauth is not installed";
    }
    const test::ScratchFolder scratch;
    const auto wild = for_every_host(entry(256, "another-host", "7", protocol, "0123456789abcdef"));
    ASSERT_TRUE(wild.has_value());
    test::write_file(scratch.path() + "/cookies", *wild);
    EXPECT_EQ(output_of("xauth -f " + scratch.path() + "/cookies nlist"),
              "ffff 0000  0001 37 0012 4d49542d4d414749432d434f4f4b49452d31 0010 "
              "30313233343536373839616263646566\n");
}

} // namespace
} // namespace berth::xauth
