#include "grants/a_seat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace berth::grants {
namespace {

using test::a_full_seat;
using test::a_grant;
using testing::ElementsAre;
using testing::HasSubstr;

Result<Offer> offer_of(const std::vector<std::string>& texts, const Surroundings& from = a_full_seat()) {
    std::vector<model::Grant> grants;
    for (const std::string& text : texts) {
        grants.push_back(a_grant(text));
    }
    return offer_all(grants, from);
}

TEST(OfferAll, OfNothingIsEmpty) {
    EXPECT_EQ(*offer_of({}), Offer{});
}

TEST(OfferAll, OfOneIsThatOne) {
    for (const char* grant : {"display", "camera", "host", "session-bus:org.a.B", "pulse"}) {
        EXPECT_EQ(*offer_of({grant}), *offer(a_grant(grant), a_full_seat())) << grant;
    }
}

TEST(OfferAll, WhatTwoShowAlikeIsThereOnce) {
    const auto both = offer_of({"sound", "pulse"});
    ASSERT_TRUE(both);
    std::set<std::string> names;
    for (const model::DoorItem& item : both->items) {
        EXPECT_TRUE(names.insert(item.name).second) << item.name << " is there twice";
    }
    EXPECT_EQ(names, (std::set<std::string>{"pipewire-0", "pulse/native"}));
    EXPECT_EQ(both->environment.size(), 3U);
    EXPECT_EQ(both->creation.links.size(), 1U);
}

TEST(OfferAll, TheSameGrantTwiceIsNoMore) {
    for (const char* grant : {"gpu", "camera", "shm", "tmp", "display", "session-bus:org.a.B"}) {
        EXPECT_EQ(*offer_of({grant, grant}), *offer_of({grant})) << grant;
    }
}

TEST(OfferAll, EverythingTogetherHasEachPart) {
    const auto all = offer_of({"gpu", "camera", "tmp", "shm", "ipc", "machine-id", "host", "session-bus:org.a.B"});
    ASSERT_TRUE(all);
    EXPECT_THAT(all->nodes, ElementsAre("/dev/dri/renderD128", "/dev/video0", "/dev/video1"));
    EXPECT_THAT(all->creation.devices, ElementsAre("/dev/video0", "/dev/video1"));
    EXPECT_EQ(all->creation.ipc_of, "c0ffee");
    EXPECT_TRUE(all->creation.host);
    EXPECT_THAT(all->creation.binds, ElementsAre(Bind{"/run/berth/shm/seat0", "/dev/shm", true},
                                                 Bind{"/var/lib/berth/seats/seat0/machine-id", "/etc/machine-id"}));
    EXPECT_EQ(all->creation.volumes.at("berth-seat0-tmp"), "/tmp");
    EXPECT_TRUE(all->bus);
}

TEST(OfferAll, OneFilterHasTheNamesOfAllGrantsOfTheBus) {
    const auto both = offer_of({"session-bus:org.c.*", "gpu", "session-bus:org.a.B,org.c.*"});
    ASSERT_TRUE(both);
    EXPECT_THAT(both->bus->names, ElementsAre("org.a.B", "org.c.*"));
}

TEST(OfferAll, TheFirstThatCannotBeHadIsTheError) {
    auto from = a_full_seat();
    from.shares.cameras.clear();
    from.seat.devices.clear();
    const auto none = offer_of({"display", "camera", "gpu"}, from);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("'camera'"));
}

TEST(Bindings, AreFoldersThatGrantsFillAndPathsOfTheContainersOwn) {
    auto from = a_full_seat();
    from.shares.nodes["/dev/dri/renderD128"].record = "E:A=1\n";
    const auto all = offer_of({"gpu", "input", "sound:alsa", "usb:046d:c52b", "display"}, from);
    ASSERT_TRUE(all);
    for (const Binding& binding : bindings()) {
        EXPECT_TRUE(binding.target.starts_with('/')) << binding.target;
        const auto fills = [&](const model::DoorItem& item) { return item.name.starts_with(binding.folder + "/"); };
        EXPECT_NE(std::find_if(all->items.begin(), all->items.end(), fills), all->items.end()) << binding.folder;
    }
}

TEST(Bindings, ShowEachNodeAtThePathThatItHasOnTheHost) {
    const auto all = offer_of({"gpu", "input", "sound:alsa", "usb:046d:c52b"});
    ASSERT_TRUE(all);
    for (const model::DoorItem& item : all->items) {
        std::string seen;
        for (const Binding& binding : bindings()) {
            if (item.name.starts_with(binding.folder + "/")) {
                seen = binding.target + item.name.substr(binding.folder.size());
            }
        }
        EXPECT_EQ(seen, item.root + "/" + item.path);
    }
}

} // namespace
} // namespace berth::grants
