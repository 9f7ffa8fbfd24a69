#include "guard/console.hpp"
#include "guard/tty_restore.hpp"
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace berth::guard {
namespace {

namespace fs = std::filesystem;

/// A tree as sysfs shows it of a PC with one card: devices in one place, classes as links to them.
class ConsoleTest : public ::testing::Test {
  protected:
    void put(const std::string& file, const std::string& text) const {
        const fs::path path = dir.path() + "/" + file;
        fs::create_directories(path.parent_path());
        std::ofstream{path} << text << '\n';
    }

    [[nodiscard]] std::string get(const std::string& file) const {
        std::ifstream stream{dir.path() + "/" + file};
        std::string word;
        stream >> word;
        return word;
    }

    void link(const std::string& at, const std::string& target) const {
        const fs::path path = dir.path() + "/" + at;
        fs::create_directories(path.parent_path());
        fs::create_directory_symlink(target, path);
    }

    void add_console(int number, const std::string& name, const std::string& bind) const {
        const std::string device = "devices/virtual/vtconsole/vtcon" + std::to_string(number);
        put(device + "/name", name);
        put(device + "/bind", bind);
        link("class/vtconsole/vtcon" + std::to_string(number), "../../" + device);
    }

    void add_frame_buffer(const std::string& pci) const {
        put("devices/pci/" + pci + "/graphics/fb0/name", "drmfb");
        link("devices/pci/" + pci + "/graphics/fb0/device", "../../../" + pci);
        link("class/graphics/fb0", "../../devices/pci/" + pci + "/graphics/fb0");
    }

    void add_card(int number, const std::string& pci) const {
        const std::string card = "card" + std::to_string(number);
        put("devices/pci/" + pci + "/drm/" + card + "/dev", "226:" + std::to_string(number));
        link("devices/pci/" + pci + "/drm/" + card + "/device", "../../../" + pci);
        link("class/drm/" + card, "../../devices/pci/" + pci + "/drm/" + card);
    }

    void set_screen(int card, const std::string& pci, const std::string& name, const std::string& status,
                    const std::string& enabled) const {
        const std::string folder = "card" + std::to_string(card) + "-" + name;
        const std::string device = "devices/pci/" + pci + "/drm/card" + std::to_string(card) + "/" + folder;
        put(device + "/status", status);
        put(device + "/enabled", enabled);
        if (!fs::exists(dir.path() + "/class/drm/" + folder)) {
            link("class/drm/" + folder, "../../" + device);
        }
    }

    [[nodiscard]] std::uint32_t inspect() const { return inspect_console(dir.path().c_str()); }

    test::ScratchFolder dir;
};

TEST_F(ConsoleTest, TextIsDrawnByAFrameBufferOrAsVgaTextAndByNothingElse) {
    EXPECT_TRUE(text_is_drawn(dir.path().c_str())) << "no screens: nothing to draw on";
    add_console(0, "(S) dummy device", "1");
    add_card(0, "0000:00:02.0");
    link("class/graphics/fbcon", "../../devices/virtual/graphics/fbcon");
    EXPECT_TRUE(text_is_drawn(dir.path().c_str())) << "a card without outputs";
    set_screen(0, "0000:00:02.0", "HDMI-A-1", "connected", "enabled");
    EXPECT_FALSE(text_is_drawn(dir.path().c_str()));
    add_frame_buffer("0000:00:02.0");
    EXPECT_TRUE(text_is_drawn(dir.path().c_str())) << "its console may come with the first text";
}

TEST_F(ConsoleTest, VgaTextIsText) {
    add_card(0, "0000:00:02.0");
    set_screen(0, "0000:00:02.0", "VGA-1", "connected", "enabled");
    add_console(0, "(S) VGA+", "1");
    EXPECT_TRUE(text_is_drawn(dir.path().c_str()));
}

TEST_F(ConsoleTest, AHostWithoutAFrameBufferConsoleHasNothingToAsk) {
    EXPECT_EQ(inspect(), 0U);
    add_console(0, "(S) dummy device", "1");
    EXPECT_EQ(inspect(), 0U);
}

TEST_F(ConsoleTest, AnUnboundFrameBufferConsoleIsWrongAndIsBoundAgain) {
    add_console(0, "(S) dummy device", "1");
    add_console(1, "(M) frame buffer device", "0");
    EXPECT_EQ(inspect(), wrong_console);
    EXPECT_EQ(mend_console(dir.path().c_str()), did_rebind);
    EXPECT_EQ(get("class/vtconsole/vtcon1/bind"), "1");
    EXPECT_EQ(get("class/vtconsole/vtcon0/bind"), "1");
    EXPECT_EQ(inspect(), 0U);
    EXPECT_EQ(mend_console(dir.path().c_str()), 0U) << "there was nothing to do";
}

TEST_F(ConsoleTest, ScreensThatAreAllDarkAreWrong) {
    add_console(1, "(M) frame buffer device", "1");
    add_frame_buffer("0000:00:02.0");
    add_card(0, "0000:00:02.0");
    set_screen(0, "0000:00:02.0", "HDMI-A-1", "connected", "disabled");
    set_screen(0, "0000:00:02.0", "eDP-1", "connected", "disabled");
    EXPECT_EQ(inspect(), wrong_screen);
    set_screen(0, "0000:00:02.0", "eDP-1", "connected", "enabled");
    EXPECT_EQ(inspect(), 0U) << "one screen is enough: a lid may be closed";
}

TEST_F(ConsoleTest, WithoutAScreenNoneIsDark) {
    add_console(1, "(M) frame buffer device", "1");
    add_frame_buffer("0000:00:02.0");
    add_card(0, "0000:00:02.0");
    set_screen(0, "0000:00:02.0", "HDMI-A-1", "disconnected", "disabled");
    EXPECT_EQ(inspect(), 0U);
}

TEST_F(ConsoleTest, TheScreensOfAnotherCardAreNotTheConsoles) {
    add_console(1, "(M) frame buffer device", "1");
    add_frame_buffer("0000:00:02.0");
    add_card(0, "0000:00:02.0");
    add_card(1, "0000:01:00.0");
    set_screen(0, "0000:00:02.0", "HDMI-A-1", "connected", "enabled");
    set_screen(1, "0000:01:00.0", "DP-1", "connected", "disabled");
    EXPECT_EQ(inspect(), 0U);
    set_screen(0, "0000:00:02.0", "HDMI-A-1", "connected", "disabled");
    set_screen(1, "0000:01:00.0", "DP-1", "connected", "enabled");
    EXPECT_EQ(inspect(), wrong_screen);
}

TEST_F(ConsoleTest, TheKeyboardIsAskedForByOneLetter) {
    put("sysrq-trigger", "");
    EXPECT_EQ(take_keyboard_by_sysrq(dir.path().c_str()), did_sysrq);
    EXPECT_EQ(get("sysrq-trigger"), "r");
    EXPECT_EQ(take_keyboard_by_sysrq("/nowhere"), 0U);
}

} // namespace
} // namespace berth::guard
