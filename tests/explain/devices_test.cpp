#include "explain/devices.hpp"
#include "explain/made_up_host.hpp"

#include <gmock/gmock.h>

namespace berth::explain {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* linux_6_1 = "             command  tgid dev master a   uid      magic\n"
                                  "      systemd-logind   420   0   n    y     0          0\n"
                                  "         gnome-shell  1234   0   y    y  1000          1\n";

class DevicesTest : public MadeUpHost {
  protected:
    const Process shell{1234, "gnome-shell", 'S'};

    void add_card(const std::string& number, const std::string& clients) {
        put(places.dev + "/dri/card" + number, "");
        put(places.sys + "/class/drm/card" + number + "/dev", "226:" + number + "\n");
        if (!clients.empty()) {
            put(places.sys + "/kernel/debug/dri/" + number + "/clients", clients);
        }
    }

    std::vector<Card> cards() { return read_cards(places, read_processes(places), gaps); }
};

struct Clients {
    const char* name;
    const char* text;
    bool understood;
    std::optional<Process> master;
};

TEST(DrmMaster, IsFoundInTheTextOfEveryKernel) {
    const Clients table[] = {
        {"Linux 6.1", linux_6_1, true, Process{1234, "gnome-shell", '?'}},
        {"Linux 4.9, with another column's name",
         "             command   pid dev master a   uid      magic\n"
         "                Xorg   812   0   y    y     0          0\n",
         true, Process{812, "Xorg", '?'}},
        {"Linux 6.16, with columns behind",
         "             command  tgid dev master a   uid      magic                                              name\n"
         "         gnome-shell  1234   0   y    y  1000          1                                           <unset>\n",
         true, Process{1234, "gnome-shell", '?'}},
        {"a name with spaces",
         "             command  tgid dev master a   uid      magic\n"
         "   my desktop y prog    77   0   y    y     0          0\n",
         true, Process{77, "my desktop y prog", '?'}},
        {"nobody has it open", "             command  tgid dev master a   uid      magic\n", true, std::nullopt},
        {"nobody is master",
         "             command  tgid dev master a   uid      magic\n"
         "                   y    77   0   n    y     0          0\n",
         true, std::nullopt},
        {"nothing", "", false, std::nullopt},
        {"another file", "hello world\nfoo y\n", false, std::nullopt},
        {"a torn line", "command  tgid dev master a   uid      magic\n Xorg 8\n", true, std::nullopt},
    };
    for (const Clients& each : table) {
        bool understood = !each.understood;
        EXPECT_EQ(master_in(each.text, understood), each.master) << each.name;
        EXPECT_EQ(understood, each.understood) << each.name;
    }
}

TEST_F(DevicesTest, ACardHasAMasterAndHolders) {
    add_card("77", linux_6_1);
    run(shell, {"/dev/dri/card77"});
    const auto all = cards();
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].name, "card77");
    EXPECT_EQ(all[0].seat, "seat0");
    EXPECT_TRUE(all[0].master_known);
    EXPECT_EQ(all[0].master, shell) << "with the state that the process has";
    EXPECT_THAT(all[0].holders, ElementsAre(shell));
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(DevicesTest, WithoutDebugfsTheMasterIsAGapAndNotGuessed) {
    add_card("77", "");
    run(shell, {"/dev/dri/card77"});
    const auto all = cards();
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_FALSE(all[0].master_known);
    EXPECT_EQ(all[0].master, std::nullopt);
    ASSERT_THAT(gaps, SizeIs(1));
    EXPECT_THAT(gaps[0].what, HasSubstr("the DRM master of card77"));
    EXPECT_THAT(gaps[0].why, HasSubstr("debugfs is not mounted"));
}

TEST_F(DevicesTest, AFileThatIsNotUnderstoodIsAGapToo) {
    add_card("77", "something new\n");
    EXPECT_FALSE(cards().at(0).master_known);
    ASSERT_THAT(gaps, SizeIs(1));
    EXPECT_THAT(gaps[0].why, HasSubstr("column"));
}

TEST_F(DevicesTest, TheSeatIsUdevs) {
    add_card("0", linux_6_1);
    add_card("1", linux_6_1);
    put(places.run + "/udev/data/c226:1", "I:12345\nE:ID_PATH=pci\nE:ID_SEAT=seat1\nG:seat\n");
    const auto all = cards();
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].seat, "seat0");
    EXPECT_EQ(all[1].seat, "seat1");
}

TEST_F(DevicesTest, ConnectorsAndRenderNodesAreNoCards) {
    add_card("0", linux_6_1);
    put(places.dev + "/dri/renderD128", "");
    put(places.dev + "/dri/by-path/pci-card", "");
    EXPECT_THAT(cards(), SizeIs(1));
}

TEST_F(DevicesTest, InputDevicesHaveANameASeatAndHolders) {
    for (const char* name : {"event2", "event10", "mice"}) {
        put(places.dev + "/input/" + name, "");
    }
    put(places.sys + "/class/input/event2/device/name", "AT Translated Set 2 keyboard\n");
    put(places.sys + "/class/input/event10/dev", "13:74\n");
    put(places.run + "/udev/data/c13:74", "E:ID_SEAT=seat1\n");
    run(shell, {"/dev/input/event2"});
    const auto all = read_inputs(places, read_processes(places));
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].name, "event2");
    EXPECT_EQ(all[0].title, "AT Translated Set 2 keyboard");
    EXPECT_EQ(all[0].seat, "seat0");
    EXPECT_THAT(all[0].holders, ElementsAre(shell));
    EXPECT_EQ(all[1].name, "event10");
    EXPECT_EQ(all[1].title, "");
    EXPECT_EQ(all[1].seat, "seat1");
    EXPECT_THAT(all[1].holders, IsEmpty());
}

TEST_F(DevicesTest, AHostWithoutDevicesHasNone) {
    EXPECT_THAT(cards(), IsEmpty());
    EXPECT_THAT(read_inputs(places, read_processes(places)), IsEmpty());
    EXPECT_THAT(gaps, IsEmpty());
}

} // namespace

} // namespace berth::explain
