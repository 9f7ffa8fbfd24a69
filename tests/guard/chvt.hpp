#pragma once

#include "guard/vt_console.hpp"
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>

/// A person's wish for another terminal, and a desktop that grants it.
namespace berth::test {

/// The visible terminal without opening one: every open of /dev/tty0 is a sign to the guard.
inline unsigned seen_vt() {
    const std::string name = read_file("/sys/class/tty/tty0/active"); // "tty20\n"
    return name.size() > 3 ? static_cast<unsigned>(std::stoul(name.substr(3))) : 0;
}

/// As chvt(1) does: opens the console and keeps it open for as long as the answer takes.
class Chvt {
  public:
    explicit Chvt(unsigned vt) : began_{std::chrono::steady_clock::now()} {
        EXPECT_EQ(::ioctl(console_.get(), VT_ACTIVATE, vt), 0);
    }

    /// How long it took until `vt` was seen; nothing after three and a half seconds.
    [[nodiscard]] std::optional<std::chrono::milliseconds> until_seen(unsigned vt) const {
        const bool seen = eventually([&] { return seen_vt() == vt; }, std::chrono::milliseconds{3'500});
        const auto took = std::chrono::steady_clock::now() - began_;
        return seen ? std::optional{std::chrono::duration_cast<std::chrono::milliseconds>(took)} : std::nullopt;
    }

  private:
    UniqueFd console_{open_vt(0)};
    std::chrono::steady_clock::time_point began_;
};

/// As take_as_a_desktop(), by one that lets go of `vt` whenever the kernel asks it to; false where it cannot be had.
/// One `vt` a program.
inline bool take_as_a_desktop_that_lets_go(unsigned vt) {
    static unsigned taken = 0;
    taken = vt;
    ::signal(SIGUSR1, [](int) {
        const UniqueFd tty = open_vt(taken);
        ::ioctl(tty.get(), VT_RELDISP, 1);
    });
    return take_as_a_desktop(vt);
}

} // namespace berth::test
