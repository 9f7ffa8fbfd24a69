#include "bus/error_names.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <string>

namespace berth::bus {

namespace {

constexpr ErrorCode last_code = ErrorCode::failed;
constexpr model::Refusal last_refusal = model::Refusal::grant_denied;

/// The names in the table of dbus-interfaces/errors.md.
std::set<std::string> documented() {
    std::ifstream file{BERTH_SOURCE_DIR "/dbus-interfaces/errors.md"};
    std::set<std::string> names;
    std::string line;
    while (std::getline(file, line)) {
        if (line.rfind("| `", 0) == 0) {
            names.insert(line.substr(3, line.find('`', 3) - 3));
        }
    }
    return names;
}

TEST(ErrorContract, EveryCodeIsDocumentedAndEveryDocumentedNameIsACode) {
    std::set<std::string> coded;
    for (int code = 0; code <= static_cast<int>(last_code); ++code) {
        const std::string name = bus_error_name(static_cast<ErrorCode>(code));
        ASSERT_EQ(name.rfind("org.berth.Berth1.Error.", 0), 0U) << name;
        coded.insert(name.substr(std::string{"org.berth.Berth1.Error."}.size()));
    }
    EXPECT_EQ(coded.size(), static_cast<std::size_t>(last_code) + 1) << "two codes share a name";
    EXPECT_EQ(coded, documented());
}

TEST(ErrorContract, EveryRefusalIsToldAsADocumentedError) {
    const auto names = documented();
    for (int refusal = 0; refusal <= static_cast<int>(last_refusal); ++refusal) {
        const std::string name = bus_error_name(static_cast<model::Refusal>(refusal));
        EXPECT_TRUE(names.contains(name.substr(name.rfind('.') + 1))) << name;
    }
    EXPECT_EQ(bus_error_name(model::Refusal::seat_taken), "org.berth.Berth1.Error.SeatBusy");
    EXPECT_EQ(bus_error_name(model::Refusal::not_authorized), "org.berth.Berth1.Error.NotAuthorized");
}

TEST(ErrorContract, AMessageIsWhatABusTakes) {
    EXPECT_EQ(bus_text("plain, caf\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80"),
              "plain, caf\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80");
    EXPECT_EQ(bus_text("cut: \xE2\x82"), "cut: ??");
    EXPECT_EQ(bus_text(std::string_view{"nul: \0.", 7}), "nul: ?.");
    EXPECT_EQ(bus_text("\x80 \xC0\xAF \xE0\x80\xAF \xF0\x80\x80\xAF"), "? ?? ??? ????") << "begun wrongly, or too long";
    EXPECT_EQ(bus_text("\xED\xA0\x80 \xF4\x90\x80\x80 \xFF"), "??? ???? ?") << "surrogates, and past the last one";
    EXPECT_EQ(bus_text(""), "");
}

} // namespace

} // namespace berth::bus
