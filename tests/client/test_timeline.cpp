#include "cli/plot_svg.hpp"
#include "cli/timeline.hpp"

#include <gmock/gmock.h>

namespace berth::cli {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

using model::SeatState;
using model::Step;

/// A recording, written line by line.
class Recording {
  public:
    Recording& call(std::int64_t at, const std::string& seat = "seat0") {
        return add(at, model::Called{model::CallToken{1}, {}, model::UpRequest{model::SeatName{seat}, "gnome", {}, {}}},
                   {});
    }

    Recording& state(std::int64_t at, SeatState from, SeatState to, const std::string& seat = "seat0") {
        model::PublishSeat change;
        change.seat = model::SeatName{seat};
        change.state_changed = true;
        change.old_state = from;
        change.new_state = to;
        if (flight_.entries.back().event.at != at) {
            add(at, model::LeftoversFound{}, {});
        }
        flight_.entries.back().effects.emplace_back(change);
        return *this;
    }

    Recording& begin(std::uint64_t serial, Step step, const std::string& seat = "seat0") {
        flight_.entries.back().effects.emplace_back(
            model::RunStep{model::SeatName{seat}, model::StepSerial{serial}, step, {}});
        return *this;
    }

    Recording& end(std::int64_t at, std::uint64_t serial, Step step, bool failed = false) {
        model::StepFinished finished;
        finished.seat = model::SeatName{"seat0"};
        finished.serial = model::StepSerial{serial};
        finished.step = step;
        if (failed) {
            finished.error = model::Failure{step, ErrorCode::failed, "no"};
        }
        return add(at, finished, {});
    }

    [[nodiscard]] const store::Flight& flight() const { return flight_; }

  private:
    Recording& add(std::int64_t at, model::Happening what, std::vector<model::Effect> effects) {
        flight_.entries.push_back(
            {static_cast<int>(flight_.entries.size()) + 2, {at, std::move(what)}, std::move(effects)});
        return *this;
    }

    store::Flight flight_;
};

Recording good_bring_up() {
    Recording recording;
    recording.call(1000).state(1000, SeatState::vacant, SeatState::preparing).begin(1, Step::check_image);
    recording.end(3000, 1, Step::check_image).begin(2, Step::create);
    recording.end(9000, 2, Step::create).state(9000, SeatState::preparing, SeatState::starting).begin(3, Step::start);
    recording.end(21'000, 3, Step::start).state(21'000, SeatState::starting, SeatState::seated);
    return recording;
}

TEST(Timeline, OfAnEmptyRecordingIsNothing) {
    EXPECT_FALSE(last_bring_up(store::Flight{}));
}

TEST(Timeline, TellsWhereTheTimeWent) {
    const auto timeline = last_bring_up(good_bring_up().flight());
    ASSERT_TRUE(timeline);
    EXPECT_EQ(timeline->seat, "seat0");
    EXPECT_EQ(timeline->desktop, "gnome");
    EXPECT_EQ(timeline->end, "seated");
    EXPECT_EQ(timeline->total_us, 20'000);
    ASSERT_THAT(timeline->laps, SizeIs(3));
    EXPECT_EQ(timeline->laps[0].step, "check-image");
    EXPECT_EQ(timeline->laps[0].took_us, 2000);
    EXPECT_EQ(timeline->laps[1].began_us, 2000);
    EXPECT_EQ(timeline->laps[1].took_us, 6000);
    EXPECT_EQ(timeline->laps[2].took_us, 12'000);
}

TEST(Timeline, CountsFromTheCallAndStopsAtTheFailure) {
    Recording recording;
    recording.call(1000);
    recording.call(2000).state(5000, SeatState::vacant, SeatState::preparing).begin(1, Step::create);
    recording.end(6000, 1, Step::create, true).state(6000, SeatState::preparing, SeatState::restoring);
    recording.begin(2, Step::restore_tty);
    const auto timeline = last_bring_up(recording.flight());
    ASSERT_TRUE(timeline);
    EXPECT_EQ(timeline->end, "restoring");
    EXPECT_EQ(timeline->total_us, 4000);
    ASSERT_THAT(timeline->laps, SizeIs(1)) << "what comes after is no bring-up";
    EXPECT_TRUE(timeline->laps[0].failed);
}

TEST(Timeline, KeepsTheLastOfTwoAndTheSeatThatIsAskedFor) {
    Recording recording = good_bring_up();
    recording.call(50'000, "seat1").state(50'000, SeatState::vacant, SeatState::preparing, "seat1");
    recording.begin(1, Step::check_image, "seat1");
    EXPECT_EQ(last_bring_up(recording.flight())->seat, "seat1");
    EXPECT_EQ(last_bring_up(recording.flight(), "seat0")->total_us, 20'000);
    EXPECT_FALSE(last_bring_up(recording.flight(), "seat7"));
}

TEST(Timeline, AStepWithoutItsEndIsOpen) {
    Recording recording;
    recording.call(0).state(0, SeatState::vacant, SeatState::preparing).begin(1, Step::check_image);
    recording.end(1000, 1, Step::check_image).begin(2, Step::create);
    recording.call(5000);
    const auto timeline = last_bring_up(recording.flight());
    ASSERT_TRUE(timeline);
    ASSERT_THAT(timeline->laps, SizeIs(2));
    EXPECT_TRUE(timeline->laps[1].open);
    EXPECT_EQ(timeline->laps[1].took_us, 4000);
    EXPECT_EQ(timeline->total_us, 5000);
}

TEST(PlotSvg, DrawsOneBarAStepWithItsTime) {
    const std::string svg = plot_svg(*last_bring_up(good_bring_up().flight()));
    EXPECT_EQ(svg.rfind("<svg xmlns='http://www.w3.org/2000/svg'", 0), 0U);
    EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
    for (const char* text : {"check-image", "create", ">start<", "0.012 s", "seat0: gnome, seated after 0.020 s"}) {
        EXPECT_THAT(svg, HasSubstr(text));
    }
}

TEST(PlotSvg, EscapesWhatARecordingCarries) {
    Timeline timeline;
    timeline.seat = "<script>&'\"";
    const std::string svg = plot_svg(timeline);
    EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&amp;&apos;&quot;"));
    EXPECT_THAT(svg, Not(HasSubstr("<script>")));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

} // namespace

} // namespace berth::cli
