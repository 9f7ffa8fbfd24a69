#include "cli/raw_terminal.hpp"
#include "client/pty_command.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <unistd.h>

namespace berth::cli {

namespace {

using testing::Pty;
using testing::same;

TEST(RawTerminal, IsRawUntilItIsRestored) {
    const Pty pty;
    const termios before = pty.attributes();
    RawTerminal terminal{pty.slave()};
    EXPECT_TRUE(terminal.there());
    EXPECT_TRUE(same(pty.attributes(), before)) << "nothing is changed yet";
    terminal.set(RawTerminal::Keys::bytes);
    EXPECT_TRUE(pty.raw());
    EXPECT_EQ(pty.attributes().c_oflag & static_cast<tcflag_t>(OPOST), 0U);
    terminal.restore();
    EXPECT_TRUE(same(pty.attributes(), before));
    terminal.restore();
    EXPECT_TRUE(same(pty.attributes(), before));
}

TEST(RawTerminal, KeepsCtrlCASignalUntilTheCommandRuns) {
    const Pty pty;
    RawTerminal terminal{pty.slave()};
    terminal.set(RawTerminal::Keys::signals);
    EXPECT_NE(pty.attributes().c_lflag & static_cast<tcflag_t>(ISIG), 0U);
    EXPECT_EQ(pty.attributes().c_lflag & static_cast<tcflag_t>(ECHO | ICANON), 0U);
    EXPECT_EQ(pty.attributes().c_cc[VSUSP], _POSIX_VDISABLE) << "stopped, it could not be restored";
    terminal.set(RawTerminal::Keys::bytes);
    EXPECT_TRUE(pty.raw());
}

TEST(RawTerminal, IsRestoredAtTheEndOfItsLife) {
    const Pty pty;
    const termios before = pty.attributes();
    {
        RawTerminal terminal{pty.slave()};
        terminal.set(RawTerminal::Keys::bytes);
    }
    EXPECT_TRUE(same(pty.attributes(), before));
}

TEST(RawTerminal, IsRestoredByAnException) {
    const Pty pty;
    const termios before = pty.attributes();
    try {
        RawTerminal terminal{pty.slave()};
        terminal.set(RawTerminal::Keys::bytes);
        throw std::runtime_error{"the bus is gone"};
    } catch (const std::runtime_error&) {
        EXPECT_TRUE(same(pty.attributes(), before));
    }
}

TEST(RawTerminal, ComesBackAsItWasAndNotAsIsUsual) {
    const Pty pty;
    termios odd = pty.attributes();
    odd.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    odd.c_cc[VINTR] = 'q';
    ::tcsetattr(pty.slave(), TCSANOW, &odd);
    RawTerminal terminal{pty.slave()};
    terminal.set(RawTerminal::Keys::signals);
    terminal.set(RawTerminal::Keys::bytes);
    terminal.restore();
    EXPECT_TRUE(same(pty.attributes(), odd));
}

TEST(RawTerminal, WithoutATerminalDoesNothing) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    for (const int fd : {-1, ends[0]}) {
        RawTerminal terminal{fd};
        EXPECT_FALSE(terminal.there());
        terminal.set(RawTerminal::Keys::bytes);
        terminal.restore();
        EXPECT_EQ(window_size(fd), std::nullopt);
    }
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(RawTerminal, TheWindowsSizeIsTheTerminals) {
    const Pty pty;
    EXPECT_EQ(window_size(pty.slave()), std::nullopt) << "a new one has none";
    pty.resize(24, 80);
    EXPECT_EQ(window_size(pty.slave()), (WindowSize{24, 80}));
}

} // namespace

} // namespace berth::cli
