#include "bus/error_names.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <string>

namespace berth::bus {

namespace {

constexpr ErrorCode last_code = ErrorCode::failed;
constexpr model::Refusal last_refusal = model::Refusal::shutting_down;

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

} // namespace

} // namespace berth::bus
