#include "base/result.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

using namespace berth;

TEST(ErrorNames, EachCodeHasANameOfItsOwn) {
    std::set<std::string_view> names;
    const int last = static_cast<int>(ErrorCode::failed);
    for (int code = 0; code <= last; ++code) {
        names.insert(error_name(static_cast<ErrorCode>(code)));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
}

TEST(ErrorNames, EachNameIsOneCamelCaseWordAsABusErrorNeeds) {
    for (int code = 0; code <= static_cast<int>(ErrorCode::failed); ++code) {
        const std::string_view name = error_name(static_cast<ErrorCode>(code));
        ASSERT_FALSE(name.empty());
        EXPECT_TRUE(name.front() >= 'A' && name.front() <= 'Z') << name;
        EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        })) << name;
    }
}

TEST(SystemError, SaysTheCallAndTheReason) {
    const Error error = system_error("open /dev/tty0", ENOENT);
    EXPECT_EQ(error.code, ErrorCode::failed);
    EXPECT_EQ(error.message, "open /dev/tty0: No such file or directory");
}

TEST(Results, AValueIsAValue) {
    const Result<int> result{7};
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(*result, 7);
}

TEST(Results, AnErrorKeepsItsCodeAndSentence) {
    const Result<int> result{Error{ErrorCode::timed_out, "It took too long"}};
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error(), (Error{ErrorCode::timed_out, "It took too long"}));
}

TEST(Results, SuccessWithoutAValueIsNoError) {
    const Result<void> result{};
    EXPECT_TRUE(result.has_value());
}

TEST(Errors, AreEqualWhenCodeAndSentenceAre) {
    EXPECT_EQ((Error{ErrorCode::failed, "a"}), (Error{ErrorCode::failed, "a"}));
    EXPECT_NE((Error{ErrorCode::failed, "a"}), (Error{ErrorCode::failed, "b"}));
    EXPECT_NE((Error{ErrorCode::failed, "a"}), (Error{ErrorCode::cancelled, "a"}));
}
