#include "login1/random_calls.hpp"

#include <gtest/gtest.h>

#include <random>

namespace berth::login1 {
namespace {

TEST(RandomCallsTest, NothingForeignIsEverForwarded) {
    std::mt19937 numbers{20240611}; // the same calls at every run
    const auto choose = [&](std::size_t below) { return static_cast<std::size_t>(numbers() % below); };
    std::size_t forwards = 0;
    std::size_t answers = 0;
    for (int i = 0; i < 200'000; ++i) {
        const Call call = made_call(choose);
        const Session session = own_session(choose(2) == 0 ? "" : ":1.5");
        const Options options{.allow_power = choose(2) == 0};
        const std::string wrong = wrong_with(call, session, options);
        ASSERT_EQ(wrong, "") << call.path << " " << call.interface << "." << call.member << "(" << call.signature
                             << ")";
        const Verdict verdict = decide(call, session, options);
        forwards += std::holds_alternative<Forward>(verdict) ? 1 : 0;
        answers += std::holds_alternative<Answer>(verdict) ? 1 : 0;
    }
    EXPECT_GT(forwards, 1000U) << "the calls are not all refused for a triviality";
    EXPECT_GT(answers, 1000U);
}

TEST(RandomCallsTest, AnyBytesAsACallAreRefused) {
    std::mt19937 numbers{7};
    const auto bytes = [&] {
        std::string text;
        for (auto left = numbers() % 40; left > 0; --left) {
            text.push_back(static_cast<char>(numbers()));
        }
        return text;
    };
    for (int i = 0; i < 50'000; ++i) {
        const Call call{bytes(), bytes(), bytes(), bytes(), {bytes(), bytes()}, bytes()};
        ASSERT_TRUE(std::holds_alternative<Deny>(decide(call, own_session(":1.5"), Options{.allow_power = true})));
    }
}

} // namespace
} // namespace berth::login1
