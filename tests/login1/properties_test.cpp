#include "login1/own_session.hpp"
#include "login1/properties.hpp"

#include <gtest/gtest.h>

namespace berth::login1 {
namespace {

TEST(TreatmentTest, ListsOfSessionsAreCutToTheOwn) {
    EXPECT_EQ(treatment(names::seat, "Sessions"), Treatment::own_sessions);
    EXPECT_EQ(treatment(names::user, "Sessions"), Treatment::own_sessions);
    EXPECT_EQ(treatment(names::seat, "ActiveSession"), Treatment::own_or_none);
    EXPECT_EQ(treatment(names::user, "Display"), Treatment::own_or_none);
}

TEST(TreatmentTest, TheOwnSessionAndUserAreShownAsTheyAre) {
    for (const char* const property : {"Id", "Active", "State", "Seat", "User", "VTNr", "Type", "LockedHint", "New"}) {
        EXPECT_EQ(treatment(names::session, property), Treatment::show) << property;
    }
    EXPECT_EQ(treatment(names::user, "RuntimePath"), Treatment::show);
}

TEST(TreatmentTest, OfTheManagerAndTheSeatOnlyWhatIsListed) {
    for (const char* const property : {"PreparingForSleep", "LidClosed", "BlockInhibited", "IdleHint", "SessionsMax"}) {
        EXPECT_EQ(treatment(names::manager, property), Treatment::show) << property;
    }
    for (const char* const property :
         {"NCurrentSessions", "NCurrentInhibitors", "WallMessage", "OfALaterSystemd", ""}) {
        EXPECT_EQ(treatment(names::manager, property), Treatment::hide) << property;
    }
    for (const char* const property : {"Id", "CanTTY", "CanGraphical", "IdleHint"}) {
        EXPECT_EQ(treatment(names::seat, property), Treatment::show) << property;
    }
    EXPECT_EQ(treatment(names::seat, "OfALaterSystemd"), Treatment::hide);
}

TEST(TreatmentTest, OtherInterfacesShowNothing) {
    EXPECT_EQ(treatment("org.freedesktop.systemd1.Manager", "Environment"), Treatment::hide);
    EXPECT_EQ(treatment("", "Id"), Treatment::hide);
}

TEST(IntrospectionTest, ChildNodesAreLeftOutAndTheRestStays) {
    EXPECT_EQ(without_children("<node>\n <interface name=\"a\"/>\n <node name=\"session/_39\"/>\n</node>\n"),
              "<node>\n <interface name=\"a\"/>\n \n</node>\n");
    EXPECT_EQ(without_children("<node name=\"x\"/><node name=\"y\"/>"), "");
    EXPECT_EQ(without_children("<node><method name=\"node name\"/></node>"),
              "<node><method name=\"node name\"/></node>");
    EXPECT_EQ(without_children(""), "");
}

TEST(IntrospectionTest, ANameThatIsCutOffIsNotShown) {
    EXPECT_EQ(without_children("<node>\n <node name=\"session/_39"), "<node>\n ");
}

} // namespace
} // namespace berth::login1
