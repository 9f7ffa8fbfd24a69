#include "cli/progress.hpp"
#include "lib/bus_address.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace berth::cli {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Progress, WithoutATerminalPrintsEachPhaseOnce) {
    std::ostringstream out;
    Progress progress{out, false};
    progress.show("create", 0.1, "Making the container");
    progress.show("create", 0.2, "Making the container");
    progress.show("start", 0.5, "Starting it");
    progress.end();
    EXPECT_EQ(out.str(), " 10% create: Making the container\n 50% start: Starting it\n");
}

TEST(Progress, OnATerminalRedrawsOneLine) {
    std::ostringstream out;
    Progress progress{out, true};
    progress.show("create", 0.5, "Making the container");
    EXPECT_THAT(out.str(), HasSubstr("[############------------]  50% create"));
    EXPECT_THAT(out.str(), Not(HasSubstr("\n")));
    progress.show("start", 1.0, "Starting it");
    EXPECT_THAT(out.str(), HasSubstr("[########################] 100% start"));
    progress.end();
    progress.end();
    EXPECT_EQ(out.str().find('\n'), out.str().size() - 1);
}

TEST(Progress, SurvivesNonsense) {
    std::ostringstream out;
    Progress progress{out, true};
    progress.show("", -3, "");
    progress.show("x", 7, std::string(500, 'm'));
    EXPECT_THAT(out.str(), HasSubstr("[------------------------]   0%"));
    EXPECT_THAT(out.str(), HasSubstr("100% x: mmm"));
    EXPECT_LT(out.str().size(), 300U);
}

TEST(BusAddress, ComesFromOptionThenVariableThenFile) {
    char name[] = "/tmp/berth-address-XXXXXX";
    const int fd = ::mkstemp(name);
    ASSERT_GE(fd, 0);
    ::close(fd);
    std::ofstream{name} << "unix:path=/from/file\n";
    ::unsetenv("BERTH_BUS");
    EXPECT_EQ(client::find_bus("", name), "unix:path=/from/file");
    ::setenv("BERTH_BUS", "unix:path=/from/variable", 1);
    EXPECT_EQ(client::find_bus("", name), "unix:path=/from/variable");
    EXPECT_EQ(client::find_bus("unix:path=/from/option", name), "unix:path=/from/option");
    ::setenv("BERTH_BUS", "", 1);
    EXPECT_EQ(client::find_bus("", "/nonexistent/address"), "") << "the system bus";
    ::unsetenv("BERTH_BUS");
    ::unlink(name);
}

} // namespace

} // namespace berth::cli
