#include "bus/bus_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class BusServerTest : public BusFixture {
  protected:
    std::vector<std::string> members_heard() {
        std::vector<std::string> members;
        for (const Heard& each : client.heard()) {
            members.push_back(each.member);
        }
        return members;
    }

    model::Job job(std::uint64_t number) {
        model::Job result;
        result.id = model::JobId{number};
        result.seat = seat.name;
        result.phase = "create";
        result.message = "Making the container";
        return result;
    }
};

TEST_F(BusServerTest, ShowsItsVersionEngineAndSeats) {
    server.set_engine("podman 4.3.1");
    EXPECT_EQ(client.property(manager_path, manager_interface, "Version"), "1.2.3");
    EXPECT_EQ(client.property(manager_path, manager_interface, "Engine"), "podman 4.3.1");
    EXPECT_EQ(client.property(manager_path, manager_interface, "Seats"), std::string{"["} + seat0_path + "]");
}

TEST_F(BusServerTest, FindsASeatByItsName) {
    const auto fill = [](sd_bus_message* m) { sd_bus_message_append(m, "s", "seat0"); };
    EXPECT_EQ(client.call(manager_path, manager_interface, "GetSeat", fill).text, seat0_path);
}

TEST_F(BusServerTest, NamesAnUnknownSeatInTheError) {
    const auto fill = [](sd_bus_message* m) { sd_bus_message_append(m, "s", "seat9"); };
    const Answer answer_to = client.call(manager_path, manager_interface, "GetSeat", fill);
    EXPECT_EQ(answer_to.error, error("NoSuchSeat"));
    EXPECT_THAT(answer_to.text, HasSubstr("seat9"));
}

TEST_F(BusServerTest, WritesASeatNameIntoAPathAsLogindDoes) {
    model::Seat other;
    other.name = model::SeatName{"seat-left"};
    server.seat_added(other);
    EXPECT_EQ(client.property("/org/berth/Berth1/seats/seat_2dleft", seat_interface, "Name"), "seat-left");
}

TEST_F(BusServerTest, ASeatThatIsRemovedGoesFromTheBusAndIsAnnounced) {
    model::Seat other;
    other.name = model::SeatName{"seat1"};
    server.seat_changed(other);
    ASSERT_TRUE(client.hear("InterfacesAdded"));
    ASSERT_TRUE(client.hear("PropertiesChanged"));
    client.forget();
    server.seat_removed(other.name);
    ASSERT_TRUE(client.hear("InterfacesRemoved"));
    EXPECT_THAT(client.heard().front().text, HasSubstr("/org/berth/Berth1/seats/seat1"));
    ASSERT_TRUE(client.hear("PropertiesChanged"));
    const auto fill = [](sd_bus_message* m) { sd_bus_message_append(m, "s", "seat1"); };
    EXPECT_EQ(client.call(manager_path, manager_interface, "GetSeat", fill).error, error("NoSuchSeat"));
    EXPECT_EQ(client.property(manager_path, manager_interface, "Seats"), "[" + std::string{seat0_path} + "]");
    server.seat_removed(other.name);
    server.state_changed(other.name, model::SeatState::draining, model::SeatState::vacant, "it is gone already");
}

TEST_F(BusServerTest, ListsSeatsAndJobsInTheObjectManager) {
    server.job_changed(job(7));
    const Answer objects = client.call(manager_path, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    EXPECT_THAT(objects.text, HasSubstr(seat0_path));
    EXPECT_THAT(objects.text, HasSubstr("/org/berth/Berth1/jobs/7"));
    EXPECT_THAT(objects.text, HasSubstr("State: vacant"));
    EXPECT_THAT(objects.text, HasSubstr("Phase: create"));
}

TEST_F(BusServerTest, TellsOnlyThePropertiesThatChanged) {
    seat.state = model::SeatState::starting;
    seat.container = "abc123";
    server.seat_changed(seat);
    ASSERT_TRUE(client.hear("PropertiesChanged"));
    const std::string text = client.heard().front().text;
    EXPECT_THAT(text, HasSubstr("State: starting"));
    EXPECT_THAT(text, HasSubstr("ContainerId: abc123"));
    EXPECT_THAT(text, Not(HasSubstr("Desktop")));
    EXPECT_THAT(text, Not(HasSubstr("Since")));
}

TEST_F(BusServerTest, SaysNothingWhenNothingChanged) {
    seat.since = 5;
    server.seat_changed(seat);
    ASSERT_TRUE(client.hear("PropertiesChanged"));
    client.forget();
    server.seat_changed(seat); // the clocks' distance has changed meanwhile, the seat has not
    server.set_engine("podman 5");
    ASSERT_TRUE(client.hear("PropertiesChanged"));
    EXPECT_EQ(client.heard().size(), 1U);
    EXPECT_THAT(client.heard().front().text, HasSubstr("Engine: podman 5"));
}

TEST_F(BusServerTest, ShowsEveryPropertyOfASeatedDesktop) {
    seat.state = model::SeatState::seated;
    seat.plan = model::UpPlan{};
    seat.plan->mode = model::SeatMode::vt;
    seat.plan->profile.name = "gnome";
    seat.plan->profile.image = "localhost/berth/gnome:latest";
    seat.container = "c0ffee";
    seat.vt = model::VtClaim{.vt = 7, .home = 1, .keyboard_mode = 3};
    seat.facts = {{"display", ":0"}, {"wayland-display", "wayland-0"}};
    seat.door = model::DoorPaths{.door = "/d", .runtime = "/r", .machine_id_file = "/m", .machine_id = "0123"};
    seat.last_failure = model::Failure{model::Step::create, ErrorCode::image_not_found, "no image x"};
    seat.devices = {"/dev/dri/card0", "/dev/input/event0"};
    server.seat_changed(seat);
    const auto get = [&](const char* name) { return client.property(seat0_path, seat_interface, name); };
    EXPECT_EQ(get("Name"), "seat0");
    EXPECT_EQ(get("Mode"), "vt");
    EXPECT_EQ(get("State"), "seated");
    EXPECT_EQ(get("Desktop"), "gnome");
    EXPECT_EQ(get("Image"), "localhost/berth/gnome:latest");
    EXPECT_EQ(get("ContainerId"), "c0ffee");
    EXPECT_EQ(get("Vt"), "7");
    EXPECT_EQ(get("Display"), ":0");
    EXPECT_EQ(get("WaylandDisplay"), "wayland-0");
    EXPECT_EQ(get("MachineId"), "0123");
    EXPECT_EQ(get("RuntimeDirectory"), "/r");
    EXPECT_EQ(get("LastFailure"), "(create, ImageNotFound, no image x)");
    EXPECT_EQ(get("Devices"), "[/dev/dri/card0, /dev/input/event0]");
}

TEST_F(BusServerTest, SaysOldStateNewStateAndReason) {
    server.state_changed(seat.name, model::SeatState::vacant, model::SeatState::preparing, "up was asked for");
    ASSERT_TRUE(client.hear("StateChanged"));
    EXPECT_EQ(client.heard().front().path, seat0_path);
    EXPECT_EQ(client.heard().front().text, "vacant, preparing, up was asked for");
}

TEST_F(BusServerTest, ShowsAJobWhileItRuns) {
    auto running = job(1);
    server.job_changed(running);
    running.progress = 0.5;
    running.phase = "start";
    server.job_changed(running);
    const auto get = [&](const char* name) { return client.property("/org/berth/Berth1/jobs/1", job_interface, name); };
    EXPECT_EQ(get("Kind"), "up");
    EXPECT_EQ(get("State"), "running");
    EXPECT_EQ(get("Phase"), "start");
    EXPECT_EQ(get("Progress"), "0.500000");
    EXPECT_EQ(get("Message"), "Making the container");
    EXPECT_EQ(get("Seat"), seat0_path);
    EXPECT_EQ(get("Error"), "");
}

TEST_F(BusServerTest, EndsAJobInTheOrderThatClientsRelyOn) {
    auto ending = job(3);
    server.job_changed(ending);
    ASSERT_TRUE(client.hear("InterfacesAdded"));
    client.forget();
    ending.state = model::JobState::failed;
    ending.error = "ImageNotFound: no image x";
    server.job_changed(ending);
    ASSERT_TRUE(client.hear("InterfacesRemoved"));
    EXPECT_THAT(members_heard(), ElementsAre("PropertiesChanged", "Finished", "JobRemoved", "InterfacesRemoved"));
    EXPECT_EQ(client.heard()[1].text, "failed, ImageNotFound: no image x");
    EXPECT_EQ(client.heard()[2].text, "/org/berth/Berth1/jobs/3, failed");
    EXPECT_THAT(client.call("/org/berth/Berth1/jobs/3", job_interface, "Cancel").error, Not(IsEmpty()));
}

TEST_F(BusServerTest, TellsHowTheLastJobsEnded) {
    EXPECT_EQ(client.property(manager_path, manager_interface, "EndedJobs"), "[]");
    auto failed = job(3);
    failed.state = model::JobState::failed;
    failed.error = "ImageNotFound: no image x";
    auto of_client = job(2);
    of_client.kind = model::JobKind::exec;
    of_client.client = model::ClientId{"browser"};
    of_client.state = model::JobState::done;
    of_client.exit_code = 5;
    server.jobs_ended({{failed, 1'700'000'000'000'001}, {of_client, 7}});
    ASSERT_TRUE(client.hear("PropertiesChanged"));
    EXPECT_EQ(
        client.property(manager_path, manager_interface, "EndedJobs"),
        "[(/org/berth/Berth1/jobs/3, up, /org/berth/Berth1/seats/seat0, /, failed, ImageNotFound: no image x, -1, "
        "1700000000000001), (/org/berth/Berth1/jobs/2, exec, /org/berth/Berth1/seats/seat0, "
        "/org/berth/Berth1/clients/browser, done, , 5, 7)]");
}

TEST_F(BusServerTest, ShowsAJobThatIsOverAtOnce) {
    auto over = job(4);
    over.state = model::JobState::done;
    server.job_changed(over);
    ASSERT_TRUE(client.hear("InterfacesRemoved"));
    EXPECT_THAT(members_heard(), ElementsAre("InterfacesAdded", "Finished", "JobRemoved", "InterfacesRemoved"));
}

} // namespace

} // namespace berth::testing
