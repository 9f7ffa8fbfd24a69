#include "model/image_wishes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Labels = std::map<std::string, std::string>;

const Grant display{GrantKind::display, ""};
const Grant sound{GrantKind::sound, ""};
const Grant gpu{GrantKind::gpu, ""};

/// What a label with `value` wishes; an Error fails the test.
ImageWishes wishes_by(std::string_view label, const std::string& value) {
    const auto wishes = wishes_of(Labels{{std::string{label}, value}});
    EXPECT_TRUE(wishes.has_value()) << value << ": " << wishes.error().message;
    return wishes ? *wishes : ImageWishes{};
}

/// What is said of a label with `value`; "" where it is in order.
std::string complaint_about_label(std::string_view label, const std::string& value) {
    const auto wishes = wishes_of(Labels{{std::string{label}, value}});
    if (wishes) {
        return {};
    }
    EXPECT_EQ(wishes.error().code, ErrorCode::bad_profile);
    EXPECT_THAT(wishes.error().message, StartsWith("the image's label " + std::string{label} + ": "));
    return wishes.error().message;
}

TEST(ImageWithoutAProfile, IsNamedByTheLastWordOfItsNameWithoutTagAndDigest) {
    const std::map<std::string, std::string> names{
        {"firefox", "firefox"},
        {"firefox:128", "firefox"},
        {"localhost/berth/browser:latest", "browser"},
        {"quay.io:5000/a/player", "player"},
        {"quay.io:5000/a/player:1.2@sha256:00ff", "player"},
        {"a/b@sha256:00ff", "b"},
        {"registry:5000/x.y_z-1", "x.y_z-1"},
        {"", "app"},
        {"a/", "app"},
        {"a/_b", "app"},
        {"a/../..", "app"},
        {"a/b c", "app"},
        {"a/" + std::string(65, 'b'), "app"},
    };
    for (const auto& [image, name] : names) {
        EXPECT_EQ(app_of_image(image).name, name) << image;
        EXPECT_EQ(app_of_image(image).image, image);
        EXPECT_TRUE(is_profile_name(app_of_image(image).name)) << image;
    }
}

TEST(ImageWithoutAProfile, HasNoRightsAtAll) {
    AppProfile expected;
    expected.name = "browser";
    expected.image = "localhost/berth/browser:latest";
    EXPECT_EQ(app_of_image("localhost/berth/browser:latest"), expected);
    EXPECT_TRUE(expected.grants.empty());
    EXPECT_TRUE(expected.may_ask.empty());
    EXPECT_EQ(expected.network, "none");
}

TEST(ImageWishes, AreNoneWithoutLabelsOfBerths) {
    EXPECT_EQ(*wishes_of({}), ImageWishes{});
    EXPECT_EQ(*wishes_of({{"RUN", "docker run --privileged"}, {"org.berth.meta", "x"}, {"org.berth.seat", "seat1"}}),
              ImageWishes{});
    EXPECT_EQ(wishes_by(grants_label, ""), ImageWishes{});
    EXPECT_EQ(wishes_by(grants_label, " , \n"), ImageWishes{});
}

TEST(ImageWishes, GrantsStandBetweenBlanksOrCommas) {
    for (const char* text : {"display sound gpu", "display,sound,gpu", "display, sound, gpu", "  display\tsound\ngpu,",
                             "display sound display gpu"}) {
        EXPECT_THAT(wishes_by(grants_label, text).grants, ElementsAre(display, sound, gpu)) << text;
    }
}

TEST(ImageWishes, NamesOfTheSessionBusAreToldFromGrantsByTheirDot) {
    const Grant bus{GrantKind::session_bus, "org.a.B,org.c.*"};
    EXPECT_THAT(wishes_by(grants_label, "session-bus:org.a.B,org.c.*").grants, ElementsAre(bus));
    EXPECT_THAT(wishes_by(grants_label, "gpu,session-bus:org.a.B,org.c.*,display").grants,
                ElementsAre(gpu, bus, display));
    EXPECT_THAT(wishes_by(grants_label, "session-bus: org.a.B org.c.*, sound").grants, ElementsAre(bus, sound));
    EXPECT_THAT(wishes_by(grants_label, "session-bus:org.a.B,session-bus:org.c.*").grants,
                ElementsAre(Grant{GrantKind::session_bus, "org.a.B"}, Grant{GrantKind::session_bus, "org.c.*"}));
    EXPECT_THAT(complaint_about_label(grants_label, "display,org.a.B"), HasSubstr("there is no grant 'org.a.B'"));
    EXPECT_THAT(complaint_about_label(grants_label, "session-bus:org.a.B,display,org.c.D"),
                HasSubstr("there is no grant 'org.c.D'"));
}

TEST(ImageWishes, EveryKindButTheHostCanBeWishedFor) {
    for (const GrantKind kind : all_grant_kinds()) {
        const Grant grant{kind, kind == GrantKind::usb           ? "046d:c52b"
                                : kind == GrantKind::session_bus ? "org.a.B,org.c.*"
                                                                 : ""};
        if (kind != GrantKind::host) {
            EXPECT_THAT(wishes_by(grants_label, text_of(grant)).grants, ElementsAre(grant));
        }
    }
    EXPECT_EQ(complaint_about_label(grants_label, "display host"),
              "the image's label org.berth.grants: an image cannot ask for \"host\"; whoever runs it can give that by "
              "name");
}

TEST(ImageWishes, AMalformedGrantIsToldWithItsLabelAsTheReaderOfGrantsTellsIt) {
    for (const char* text : {"screen", "gpu:card0", "usb:046d", "session-bus:org", "DISPLAY", "--privileged"}) {
        EXPECT_EQ(complaint_about_label(grants_label, std::string{"display, "} + text),
                  "the image's label org.berth.grants: " + parse_grant(text).error().message);
    }
}

TEST(ImageWishes, MoreGrantsThanAProfileMayHaveAreRefused) {
    const auto devices = [](int count) {
        std::string text;
        for (int i = 0; i < count; ++i) {
            text += "usb:046d:10" + std::to_string(10 + i) + " ";
        }
        return text;
    };
    EXPECT_EQ(wishes_by(grants_label, devices(64)).grants.size(), 64U);
    EXPECT_THAT(complaint_about_label(grants_label, devices(65)), HasSubstr("more than 64 grants"));
}

TEST(ImageWishes, ANameIsOneThatAProfileCouldHave) {
    EXPECT_EQ(wishes_by(app_label, "web-browser.2").app, "web-browser.2");
    for (const std::string name : {"", "../x", "a b", ".a", "a/b"}) {
        EXPECT_EQ(complaint_about_label(app_label, name),
                  "the image's label org.berth.app: is \"" + name +
                      "\"; expected 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first");
    }
    EXPECT_LT(complaint_about_label(app_label, std::string(100'000, 'x')).size(), 300U);
}

TEST(ImageWishes, ANetworkIsNamedAsInAProfile) {
    for (const char* network : {"none", "host", "bridge", "office-2"}) {
        EXPECT_EQ(wishes_by(network_label, network).network, network);
    }
    for (const char* network : {"", "auto", "container:abc", "ns:/proc/1/ns/net", "a b"}) {
        EXPECT_EQ(complaint_about_label(network_label, network),
                  "the image's label org.berth.network: is \"" + std::string{network} +
                      "\"; expected \"none\", \"host\", \"bridge\" or the name of a network");
    }
}

TEST(ImageWishes, AUserIsANumberOrAName) {
    for (const char* user : {"0", "1000", "1000:1001", "root", "_ann-1"}) {
        EXPECT_EQ(wishes_by(user_label, user).user, user);
    }
    for (const char* user : {"", "1000:", ":1000", "1000:ann", "1:2:3", "9999999999", "Ann", "a b", "-1"}) {
        EXPECT_EQ(complaint_about_label(user_label, user),
                  "the image's label org.berth.user: is \"" + std::string{user} +
                      "\"; expected \"UID\", \"UID:GID\" or a user name of the image");
    }
}

TEST(ImageWishes, ComeIntoForceOnlyWhereTheyAreAccepted) {
    const AppProfile plain = app_of_image("a/firefox:1");
    const auto wishes = wishes_of({{"org.berth.app", "browser"},
                                   {"org.berth.grants", "display sound"},
                                   {"org.berth.network", "bridge"},
                                   {"org.berth.user", "ann"}});
    ASSERT_TRUE(wishes.has_value()) << wishes.error().message;
    const AppProfile accepted = with_wishes(plain, *wishes);
    EXPECT_EQ(accepted.name, "browser");
    EXPECT_THAT(accepted.grants, ElementsAre(display, sound));
    EXPECT_EQ(accepted.network, "bridge");
    EXPECT_EQ(accepted.user, "ann");
    EXPECT_EQ(accepted.image, "a/firefox:1");
    EXPECT_TRUE(accepted.may_ask.empty());
    EXPECT_EQ(with_wishes(plain, ImageWishes{}), plain);
}

TEST(ImageWishes, AddToWhatTheCallerGivesAndTakeNothingOfIt) {
    AppProfile profile = app_of_image("a/firefox:1");
    profile.grants = {sound, gpu};
    profile.may_ask = {{GrantKind::camera, ""}};
    profile.network = "office";
    profile.user = "1000";
    const AppProfile accepted = with_wishes(profile, ImageWishes{{}, {display, sound}, {}, {}});
    EXPECT_THAT(accepted.grants, ElementsAre(sound, gpu, display));
    EXPECT_EQ(accepted.may_ask, profile.may_ask);
    EXPECT_EQ(accepted.network, "office");
    EXPECT_EQ(accepted.user, "1000");
    EXPECT_EQ(accepted.name, "firefox");
}

} // namespace
} // namespace berth::model
