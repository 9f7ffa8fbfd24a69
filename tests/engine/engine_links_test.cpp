// The engines' contract, continued: links in a container that does not run yet.

#include "engine/engine_contract.hpp"

#include <gmock/gmock.h>

namespace berth::test {
namespace {

using testing::HasSubstr;
using Links = std::map<std::string, std::string>;

class LinksInAContainer : public EngineContract {
  protected:
    Result<void> put(const Links& links) {
        return ask<void>([&](Done<void> done) { engine().put_links(name_, links, std::move(done)); });
    }

    bool exists(const std::string& path) {
        const auto there = ask<bool>([&](Done<bool> done) { engine().path_exists(name_, path, std::move(done)); });
        EXPECT_TRUE(there) << there.error().message;
        return there && *there;
    }
};

class RealLinks : public LinksInAContainer {};

TEST_P(LinksInAContainer, AreThereBeforeItRuns) {
    ASSERT_TRUE(create(spec()));
    EXPECT_FALSE(exists("/opt/one"));
    const auto done = put({{"/opt/one", "/bin/busybox"}, {"/two", "/bin/busybox"}});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(exists("/opt/one"));
    EXPECT_TRUE(exists("/two"));
}

TEST_P(LinksInAContainer, WithoutAPathOrATargetAreRefusedAndNoneIsMade) {
    ASSERT_TRUE(create(spec()));
    for (const auto& [path, target] : Links{{"relative", "/t"}, {"/a/../b", "/t"}, {"/empty", ""}}) {
        const auto done = put({{"/aaa", "/bin/busybox"}, {path, target}});
        ASSERT_FALSE(done) << path;
        EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
    }
    EXPECT_FALSE(exists("/aaa"));
}

TEST_P(LinksInAContainer, ThatIsNotThereAreAnErrorThatNamesIt) {
    for (const Links& links : {Links{{"/a", "/t"}}, Links{{"~/a", "/t"}}, Links{{"/a/b", "/t"}}}) {
        const auto done = put(links);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::failed);
        EXPECT_THAT(done.error().message, HasSubstr(name_));
    }
}

TEST_P(RealLinks, PointWhereTheyWereMeantTo) {
    ASSERT_TRUE(create(spec()));
    const auto done = put({{"/opt/deep/er/one", "/run/berth/pulse"}, {"/bin/touch", "/tmp"}, {"/rel", "../x y"}});
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(start());
    EXPECT_THAT(sh("ls -l /opt/deep/er"), HasSubstr("one -> /run/berth/pulse"));
    EXPECT_THAT(sh("ls -l /rel"), HasSubstr("/rel -> ../x y"));
    EXPECT_THAT(sh("ls -l /bin"), HasSubstr("touch -> /tmp")) << "what had its name is replaced";
    EXPECT_THAT(sh("ls -l /bin"), HasSubstr("busybox")) << "and nothing else";
}

TEST_P(RealLinks, AtHomeLieInTheHomeOfTheContainersUser) {
    ContainerSpec wanted = spec();
    wanted.user = "ann";
    ASSERT_TRUE(create(wanted));
    const auto done = put({{"~/.config/pulse/0-runtime", "/run/berth/pulse"}});
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(start());
    EXPECT_THAT(sh("ls -l /people/ann/.config/pulse"), HasSubstr("0-runtime -> /run/berth/pulse"));
    ExecSpec as_ann;
    as_ann.user = "ann";
    as_ann.command = {"/bin/touch", "/people/ann/.config/mine"};
    const auto touched = exec(as_ann);
    ASSERT_TRUE(touched);
    EXPECT_EQ(touched->exit_code, 0) << "folders that were made on the way are his: " << touched->output;
}

TEST_P(RealLinks, AtHomeOfRootLieWhereItsPasswdSays) {
    ASSERT_TRUE(create(spec()));
    ASSERT_TRUE(put({{"~/link", "/bin/busybox"}}));
    EXPECT_TRUE(exists("/link")) << "this image has root's home in /";
}

TEST_P(RealLinks, AtHomeOfWhoIsNotKnownAreRefusedByName) {
    ContainerSpec wanted = spec();
    wanted.user = "4321";
    ASSERT_TRUE(create(wanted));
    const auto done = put({{"~/link", "/t"}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::failed);
    EXPECT_THAT(done.error().message, HasSubstr("\"4321\""));
    EXPECT_FALSE(exists("/link"));
}

INSTANTIATE_TEST_SUITE_P(Engines, LinksInAContainer, testing::Values("fake", "podman", "podman_compat", "docker"),
                         [](const auto& parameter) { return std::string{parameter.param}; });
INSTANTIATE_TEST_SUITE_P(Engines, RealLinks, testing::Values("podman", "podman_compat", "docker"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

} // namespace
} // namespace berth::test
