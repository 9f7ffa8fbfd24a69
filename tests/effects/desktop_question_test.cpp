#include "effects/container_spec.hpp"
#include "effects/runner_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::effects {
namespace {

using namespace model;
using test::seat_name;

/// A question that is put to a desktop.
class DesktopQuestionTest : public test::RunnerTest {};

TEST_F(DesktopQuestionTest, ADesktopIsAskedInItsSessionAndItsExitStatusIsTheAnswer) {
    bring_container_up();
    const AskDesktop question{seat_name, 7, {"zenity", "--question"}, {{"BERTH_DOCK", "usb:1:2"}}, 9};
    std::vector<ports::ExecSpec> asked;
    for (const int status : {0, 1}) {
        engine.on_exec([&](const ports::ContainerSpec&, const ports::ExecSpec& exec) -> Result<ports::ExecResult> {
            asked.push_back(exec);
            return ports::ExecResult{status, {}};
        });
        run(question);
        EXPECT_EQ(happened.back(),
                  (Happening{DesktopAnswered{seat_name, 7, status == 0,
                                             "'zenity' ended with exit code " + std::to_string(status)}}));
    }
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_THAT(asked[0].command, ::testing::ElementsAre("timeout", "-k", "5", "9", "zenity", "--question"));
    EXPECT_EQ(asked[0].environment.at("BERTH_DOCK"), "usb:1:2");
    EXPECT_TRUE(asked[0].environment.contains("XDG_RUNTIME_DIR"));
    EXPECT_EQ(asked[0].user, effects::session_user(seat().plan->profile));
}

TEST_F(DesktopQuestionTest, NoAnswerInTimeIsNo) {
    bring_container_up();
    engine.on_exec([](const ports::ContainerSpec&, const ports::ExecSpec&) -> Result<ports::ExecResult> {
        return ports::ExecResult{124, {}}; // timeout(1)
    });
    run(AskDesktop{seat_name, 7, {"zenity"}, {}, 9});
    EXPECT_EQ(happened.back(), (Happening{DesktopAnswered{seat_name, 7, false, "'zenity' was ended after 9 s"}}));
}

TEST_F(DesktopQuestionTest, WhoCannotBeAskedSaysNo) {
    bring_container_up();
    engine.fail_next("exec", Error{ErrorCode::timed_out, "nobody answered"});
    run(AskDesktop{seat_name, 7, {"zenity"}, {}, 9});
    EXPECT_EQ(happened.back(), (Happening{DesktopAnswered{seat_name, 7, false, "nobody answered"}}));
    run(AskDesktop{seat_name, 8, {}, {}, 9});
    EXPECT_EQ(std::get<DesktopAnswered>(happened.back()).question, 8U) << "no words";
    run(AskDesktop{SeatName{"seat-nowhere"}, 9, {"zenity"}, {}, 9});
    EXPECT_EQ(happened.back(),
              (Happening{DesktopAnswered{SeatName{"seat-nowhere"}, 9, false, "there is nobody who could be asked"}}));
}

} // namespace
} // namespace berth::effects
