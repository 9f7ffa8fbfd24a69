#include "base/log.hpp"
#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace berth;

namespace {

/// Takes stderr over while it lives, by a pipe that is large enough for a test's lines.
class CapturedStderr {
  public:
    CapturedStderr() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        read_.reset(ends[0]);
        const UniqueFd write{ends[1]};
        saved_.reset(::dup(STDERR_FILENO));
        ::dup2(write.get(), STDERR_FILENO);
    }

    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr(CapturedStderr&&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;
    CapturedStderr& operator=(CapturedStderr&&) = delete;

    ~CapturedStderr() { ::dup2(saved_.get(), STDERR_FILENO); }

    std::string text() {
        std::array<char, 4096> buffer{};
        const ssize_t size = ::read(read_.get(), buffer.data(), buffer.size());
        return size > 0 ? std::string{buffer.data(), static_cast<std::size_t>(size)} : std::string{};
    }

  private:
    UniqueFd read_;
    UniqueFd saved_;
};

class LogOnStderr : public ::testing::Test {
  protected:
    void SetUp() override { log::set_limit(log::Level::info); }

    void TearDown() override { log::set_limit(log::Level::info); }
};

} // namespace

TEST_F(LogOnStderr, ALineIsItsLevelAndItsSentence) {
    CapturedStderr stderr_now;
    log::notice("The desktop is up");
    EXPECT_EQ(stderr_now.text(), "notice: The desktop is up\n");
}

TEST_F(LogOnStderr, FieldsFollowInBrackets) {
    CapturedStderr stderr_now;
    log::error("The image is missing", {{"BERTH_SEAT", "seat0"}, {"BERTH_STEP", "check-image"}});
    EXPECT_EQ(stderr_now.text(), "error: The image is missing (BERTH_SEAT=seat0, BERTH_STEP=check-image)\n");
}

TEST_F(LogOnStderr, EachLevelHasItsWord) {
    CapturedStderr stderr_now;
    log::error("a");
    log::warning("b");
    log::notice("c");
    log::info("d");
    EXPECT_EQ(stderr_now.text(), "error: a\nwarning: b\nnotice: c\ninfo: d\n");
}

TEST_F(LogOnStderr, LinesAboveTheLimitAreDropped) {
    CapturedStderr stderr_now;
    log::debug("too much");
    log::set_limit(log::Level::warning);
    log::notice("too much as well");
    log::warning("this stays");
    EXPECT_EQ(stderr_now.text(), "warning: this stays\n");
}

TEST_F(LogOnStderr, DebugLinesAppearWhenAskedFor) {
    CapturedStderr stderr_now;
    log::set_limit(log::Level::debug);
    log::debug("how it went");
    EXPECT_EQ(stderr_now.text(), "debug: how it went\n");
}

TEST_F(LogOnStderr, AFullPipeLosesTheLineAndStopsNobody) {
    CapturedStderr stderr_now;
    const std::string filler(4096, 'x');
    while (::write(STDERR_FILENO, filler.data(), filler.size()) > 0) {
    }
    log::error("nobody reads this");
    EXPECT_EQ(stderr_now.text().find("nobody"), std::string::npos);
}
