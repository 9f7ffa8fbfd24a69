#include "linux/device_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace berth::os {
namespace {

TEST(DeviceRuleText, IsReadAsCgroupsWriteIt) {
    constexpr std::uint32_t any = DeviceNumbers::any;
    const std::vector<std::pair<std::string, DeviceRule>> table{
        {"c 226:* rw", {{'c', 226, any}, DeviceRule::read | DeviceRule::write}},
        {"c 10:232 rwm", {{'c', 10, 232}, DeviceRule::read | DeviceRule::write | DeviceRule::mknod}},
        {"b *:* m", {{'b', any, any}, DeviceRule::mknod}},
        {"a *:* rwm", {{'a', any, any}, DeviceRule::read | DeviceRule::write | DeviceRule::mknod}},
        {"c 1:1048575 r", {{'c', 1, 1048575}, DeviceRule::read}},
    };
    for (const auto& [text, rule] : table) {
        const auto read = parse_device_rule(text);
        ASSERT_TRUE(read.has_value()) << text;
        EXPECT_EQ(*read, rule) << text;
        EXPECT_EQ(text_of(*read), text);
    }
    EXPECT_EQ(parse_device_rule("c 1:3 wr")->access, DeviceRule::read | DeviceRule::write);
}

TEST(DeviceRuleText, ThatIsNoRuleIsRefused) {
    for (const char* text :
         {"", "c", "c 1:3", "x 1:3 rw", "c 1 rw", "c 1:3 rx", "c 1:3 rw more", "c -1:3 rw", "c 1:3x rw", "cc 1:3 rw",
          "c :3 rw", "c 1: rw", "c 1:1048576 rw", "c 99999999999:1 rw", "c ** rw"}) {
        const auto read = parse_device_rule(text);
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
        EXPECT_NE(read.error().message.find("is no rule for devices"), std::string::npos);
    }
}

TEST(DeviceRuleOfANode, IsForReadingAndWritingItsNumber) {
    const auto rule = rule_of("/dev/full");
    ASSERT_TRUE(rule.has_value());
    EXPECT_EQ(text_of(*rule), "c 1:7 rw");
    EXPECT_EQ(rule_of("/etc/passwd").error().message, "/etc/passwd is no device node");
    EXPECT_EQ(rule_of("/dev/none").error().message, "stat /dev/none: No such file or directory");
}

TEST(DefaultDeviceRules, AllowWhatEveryContainerHasAndNoHardware) {
    const auto& rules = default_device_rules();
    const auto has = [&](const char* text) {
        return std::count_if(rules.begin(), rules.end(), [&](const auto& rule) { return text_of(rule) == text; }) == 1;
    };
    for (const char* text : {"c *:* m", "b *:* m", "c 1:3 rwm", "c 5:2 rwm", "c 136:* rwm"}) {
        EXPECT_TRUE(has(text)) << text;
    }
    for (const auto& rule : rules) {
        const bool is_known = rule.numbers.major == 1 || rule.numbers.major == 5 || rule.numbers.major == 136;
        EXPECT_TRUE(is_known || rule.access == DeviceRule::mknod) << text_of(rule);
    }
}

} // namespace
} // namespace berth::os
