#include "base/overloaded.hpp"
#include "base/strong_id.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <variant>

using berth::Overloaded;
using berth::StrongId;

namespace {

using Apples = StrongId<struct ApplesTag, std::uint64_t>;
using Pears = StrongId<struct PearsTag, std::uint64_t>;
using Name = StrongId<struct NameTag, std::string>;

} // namespace

TEST(StrongId, IdsOfDifferentKindsDoNotMix) {
    EXPECT_FALSE((std::is_constructible_v<Apples, Pears>));
    EXPECT_FALSE((std::is_assignable_v<Apples&, Pears>));
    EXPECT_FALSE((std::is_convertible_v<std::uint64_t, Apples>)) << "a bare number must be named first";
}

TEST(StrongId, IdsOfOneKindCompareByTheirValues) {
    EXPECT_EQ(Apples{3}, Apples{3});
    EXPECT_NE(Apples{3}, Apples{4});
    EXPECT_LT(Apples{3}, Apples{4});
    EXPECT_LT(Name{"seat0"}, Name{"seat1"});
}

TEST(StrongId, TheDefaultIsTheValuesDefault) {
    EXPECT_EQ(Apples{}.value, 0U);
    EXPECT_EQ(Name{}.value, "");
}

TEST(StrongId, CanBeAKey) {
    const std::map<Name, int> seats{{Name{"seat1"}, 1}, {Name{"seat0"}, 0}};
    EXPECT_EQ(seats.begin()->first, Name{"seat0"});
    EXPECT_EQ(seats.at(Name{"seat1"}), 1);
}

TEST(Overloaded, PicksTheVisitorOfTheValuesType) {
    const std::variant<int, std::string> word{std::string{"hi"}};
    const std::size_t size = std::visit(Overloaded{
                                            [](int) { return std::size_t{0}; },
                                            [](const std::string& text) { return text.size(); },
                                        },
                                        word);
    EXPECT_EQ(size, 2U);
}
