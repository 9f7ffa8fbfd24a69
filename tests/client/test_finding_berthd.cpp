#include "client/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;

class FindingBerthd : public ClientFixture {};

TEST_F(FindingBerthd, TheVariableNamesTheBus) {
    const CommandResult status = run_command(io, {BERTH_PROGRAM, "status"}, {{"BERTH_BUS", bus.address()}});
    EXPECT_EQ(status.status, 0) << status.err;
}

TEST_F(FindingBerthd, TheOptionBeatsTheVariable) {
    const CommandResult status = run_command(io, argv({"status"}), {{"BERTH_BUS", "unix:path=/nonexistent"}});
    EXPECT_EQ(status.status, 0) << status.err;
}

TEST_F(FindingBerthd, TheOptionMayStandBehindTheVerb) {
    const CommandResult status = run_command(io, {BERTH_PROGRAM, "status", "--bus", bus.address()});
    EXPECT_EQ(status.status, 0) << status.err;
}

TEST_F(FindingBerthd, ABusThatIsNotThereIsASentence) {
    const CommandResult status = run_command(io, {BERTH_PROGRAM, "--bus", "unix:path=/nonexistent", "status"});
    EXPECT_EQ(status.status, 1);
    EXPECT_THAT(status.err, HasSubstr("berth: NoBus: cannot reach unix:path=/nonexistent"));
}

TEST_F(FindingBerthd, ABusWithoutBerthdSaysHowToStartIt) {
    PrivateBus empty;
    const CommandResult status = run_command(io, {BERTH_PROGRAM, "--bus", empty.address(), "status"});
    EXPECT_EQ(status.status, 1);
    EXPECT_THAT(status.err, HasSubstr("berth: NoBerthd: berthd is not running"));
}

} // namespace

} // namespace berth::testing
