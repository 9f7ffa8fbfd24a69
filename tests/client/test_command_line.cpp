#include "cli/command_line.hpp"
#include "cli/exit_codes.hpp"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>

namespace berth::cli {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class SplittingTheLine : public ::testing::Test {
  protected:
    SplittingTheLine() {
        app.add_option("--bus", value, "");
        app.add_subcommand("status", "");
        CLI::App* run = app.add_subcommand("run", "");
        run->add_option("--image", value, "");
        add_command_options(*run, arguments);
        run->add_flag("-d,--detach", flag, "");
    }

    CLI::App app;
    CommandArguments arguments;
    std::string value;
    bool flag{false};
};

TEST_F(SplittingTheLine, TakesEverythingFromTheAppOn) {
    const CommandLine line = split(app, {"--bus", "b", "run", "-d", "-e", "A=1", "app", "--bus", "-e", "status"});
    EXPECT_TRUE(line.runs_command);
    EXPECT_THAT(line.own, ElementsAre("--bus", "b", "run", "-d", "-e", "A=1"));
    EXPECT_THAT(line.command, ElementsAre("app", "--bus", "-e", "status"));
}

TEST_F(SplittingTheLine, KnowsWhichOptionsHaveAValue) {
    for (const Words& options :
         {Words{"-e", "A"}, Words{"-eA"}, Words{"--env=A"}, Words{"--env", "A"}, Words{"-it"}, Words{"-itd"},
          Words{"-ite", "A"}, Words{"-dw", "/tmp"}, Words{"--bus", "x"}, Words{"--bus=x"}, Words{"--unknown"}}) {
        Words words{"run"};
        words.insert(words.end(), options.begin(), options.end());
        const Words own = words;
        words.insert(words.end(), {"app", "x"});
        const CommandLine line = split(app, words);
        EXPECT_EQ(line.own, own);
        EXPECT_THAT(line.command, ElementsAre("app", "x"));
    }
}

TEST_F(SplittingTheLine, TakesEverythingBehindTheImage) {
    for (const Words& image : {Words{"--image", "i"}, Words{"--image=i"}}) {
        Words words{"run"};
        words.insert(words.end(), image.begin(), image.end());
        const Words own = words;
        words.insert(words.end(), {"-d", "x"});
        EXPECT_EQ(split(app, words).own, own);
        EXPECT_THAT(split(app, words).command, ElementsAre("-d", "x"));
    }
}

TEST_F(SplittingTheLine, DropsOneDashDash) {
    EXPECT_THAT(split(app, {"run", "--", "app", "--", "x"}).command, ElementsAre("app", "--", "x"));
    EXPECT_THAT(split(app, {"run", "--image", "i", "--", "--", "x"}).command, ElementsAre("--", "x"));
    EXPECT_THAT(behind({"app", "--", "x"}, 1), ElementsAre("x"));
    EXPECT_THAT(behind({"app", "x", "--"}, 1), ElementsAre("x", "--"));
    EXPECT_THAT(behind({"app"}, 1), IsEmpty());
    EXPECT_THAT(behind({}, 1), IsEmpty());
}

TEST_F(SplittingTheLine, LeavesEveryOtherVerbAlone) {
    for (const Words& words : {Words{}, Words{"status", "--", "-x"}, Words{"--bus", "run", "status"}, Words{"sideways"},
                               Words{"--bus"}, Words{"run"}, Words{"run", "-e"}}) {
        EXPECT_EQ(split(app, words).own, words);
        EXPECT_THAT(split(app, words).command, IsEmpty());
    }
    EXPECT_FALSE(split(app, {"--bus", "run", "status"}).runs_command);
}

TEST(Variables, AreNamesWithOrWithoutAValue) {
    client::Environment environment;
    ::setenv("BERTH_TEST_VARIABLE", "here", 1);
    ::unsetenv("BERTH_TEST_UNSET");
    for (const char* text : {"A=1", "B=", "C=x=y z", "BERTH_TEST_VARIABLE", "BERTH_TEST_UNSET"}) {
        add_variable(environment, text);
    }
    EXPECT_EQ(environment,
              (client::Environment{{"A", "1"}, {"B", ""}, {"C", "x=y z"}, {"BERTH_TEST_VARIABLE", "here"}}));
    for (const char* text : {"", "=x", "A B=1"}) {
        EXPECT_THROW(add_variable(environment, text), CLI::ValidationError) << text;
    }
}

TEST(Volumes, HaveAnAbsoluteSourceOrAName) {
    EXPECT_EQ(volume_of("/a:/b", "/srv/me"), "/a:/b");
    EXPECT_EQ(volume_of("/a:/b:ro", "/srv/me"), "/a:/b:ro");
    EXPECT_EQ(volume_of("./x:/b", "/srv/me"), "/srv/me/x:/b");
    EXPECT_EQ(volume_of("../x/y:/b:ro", "/srv/me"), "/srv/x/y:/b:ro");
    EXPECT_EQ(volume_of("x/y:/b", "/srv/me"), "/srv/me/x/y:/b");
    EXPECT_EQ(volume_of("cache:/b", "/srv/me"), "cache:/b");
    for (const char* text : {"", ":", "/a", "/a:", ":/b", "/a:b", "/a:/b:rw", "/a:/b:ro:x"}) {
        EXPECT_THROW(volume_of(text, "/"), CLI::ValidationError) << text;
    }
}

TEST(Signals, AreNamesOrNumbers) {
    EXPECT_EQ(signal_of("TERM"), SIGTERM);
    EXPECT_EQ(signal_of("SIGUSR2"), SIGUSR2);
    EXPECT_EQ(signal_of("9"), SIGKILL);
    for (const char* text : {"", "0", "-1", "term", "SIG", "9x", "1000"}) {
        EXPECT_THROW(signal_of(text), CLI::ValidationError) << text;
    }
}

TEST(ExitCodes, FollowWhatTheEngineAndTheRuntimeSay) {
    struct Row {
        int code;
        const char* error;
    };

    const Row rows[] = {
        {127,
         "Failed: crun: executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted "
         "to invoke a command that was not found"},
        {127,
         "Failed: runc: runc create failed: unable to start container process: exec: \"nope\": executable file not "
         "found in $PATH: OCI runtime attempted to invoke a command that was not found"},
        {127,
         "Failed: failed to create task for container: OCI runtime create failed: runc create failed: unable to start "
         "container process: error during container init: exec: \"/nope\": stat /nope: no such file or directory"},
        {127,
         "Failed: OCI runtime exec failed: exec failed: unable to start container process: exec: \"nope\": executable "
         "file not found in $PATH: unknown"},
        {127, "Failed: crun: open executable: No such file or directory"},
        {127, "Failed: crun: exec container process (missing dynamic library?) `/bin/x`: No such file or directory"},
        {126, "Failed: crun: open executable: Permission denied: OCI permission denied"},
        {126, "Failed: runc: exec: \"/etc/passwd\": permission denied"},
        {126, "Failed: runc: exec: \"/etc\": is a directory: unknown"},
        {126, "Failed: crun: exec container process `/x`: Exec format error"},
        {126, "Failed: exec /x: exec format error"},
        {126, "Failed: crun: chdir to `/nope`: No such file or directory"},
        {125, "Failed: statfs /nope: no such file or directory"},
        {125, "Failed: statfs /usr/libexec: no such file or directory"},
        {125, "Failed: statfs /my-exec: permission denied"},
        {125, "Failed: runc: exec: the runtime says something new"},
        {125, "Failed: crun: mount `/dev/dri`: Permission denied: OCI permission denied"},
        {125, "ImageNotFound: there is no image localhost/x"},
        {125, "EngineUnavailable: podman does not answer"},
        {125, "BadProfile: apps/x.json:3: image: a string is expected"},
        {125, ""},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(exit_code_of(row.error), row.code) << row.error;
    }
}

TEST(CommandLine, ATimeSpanIsSecondsAsSystemdWritesIt) {
    const std::vector<std::pair<const char*, unsigned>> right{{"90", 90},        {"90s", 90},       {"10min", 600},
                                                              {"2m", 120},       {"1h30min", 5400}, {"1h 30min", 5400},
                                                              {"2days", 172'800}};
    for (const auto& [text, seconds] : right) {
        EXPECT_EQ(seconds_of(text), seconds) << text;
    }
    for (const char* text : {"", "0", "soon", "-5", "5 parsecs", "10.5min", "min", "99999999999", "4294967295h"}) {
        EXPECT_THROW(seconds_of(text), CLI::ValidationError) << text;
    }
}

} // namespace

} // namespace berth::cli
