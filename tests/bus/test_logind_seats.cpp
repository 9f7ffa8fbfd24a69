#include "bus/logind_seats.hpp"
#include "bus/private_bus.hpp"
#include "bus/test_client.hpp"
#include "bus/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <systemd/sd-bus.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace berth::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* logind_name = "org.freedesktop.login1";
constexpr const char* logind_path = "/org/freedesktop/login1";
constexpr const char* logind_manager = "org.freedesktop.login1.Manager";

/// What berthd asks and hears of logind's seats, on the test's bus and io_context.
class MockLogind {
  public:
    MockLogind(boost::asio::io_context& io, const std::string& address, std::set<std::string> has)
        : seats{std::move(has)}, client_{io, address} {
        static const sd_bus_vtable vtable[] = {
            SD_BUS_VTABLE_START(0), SD_BUS_METHOD("ListSeats", "", "a(so)", on_list, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_VTABLE_END};
        if (sd_bus_add_object_vtable(client_.raw(), nullptr, logind_path, logind_manager, vtable, this) < 0) {
            throw std::runtime_error{"the mock's vtable was refused"};
        }
        client_.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                     [](sd_bus_message* m) { sd_bus_message_append(m, "su", logind_name, 0U); });
    }

    static void tell(TestClient& from, const char* member, const std::string& seat) {
        const std::string path = std::string{logind_path} + "/seat/" + seat;
        if (sd_bus_emit_signal(from.raw(), logind_path, logind_manager, member, "so", seat.c_str(), path.c_str()) < 0) {
            throw std::runtime_error{"a signal was not sent"};
        }
        from.rearm();
    }

    void tell(const char* member, const std::string& seat) { tell(client_, member, seat); }

    std::set<std::string> seats;
    int asked{0};
    bool refuses{false};

  private:
    static int on_list(sd_bus_message* call, void* userdata, sd_bus_error* error) {
        auto& self = *static_cast<MockLogind*>(userdata);
        ++self.asked;
        if (self.refuses) {
            return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "mock");
        }
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_return(call, &reply);
        sd_bus_message_open_container(reply, 'a', "(so)");
        for (const std::string& seat : self.seats) {
            const std::string path = std::string{logind_path} + "/seat/" + seat;
            sd_bus_message_append(reply, "(so)", seat.c_str(), path.c_str());
        }
        sd_bus_message_close_container(reply);
        const int sent = sd_bus_send(nullptr, reply, nullptr);
        sd_bus_message_unref(reply);
        return sent;
    }

    TestClient client_;
};

class LogindSeatsTest : public ::testing::Test {
  protected:
    void start_logind(std::set<std::string> has) {
        logind = std::make_unique<MockLogind>(io, bus.address(), std::move(has));
    }

    void follow() {
        seats.emplace(
            connection, [this](const model::SeatName& seat) { told.push_back("+" + seat.value); },
            [this](const model::SeatName& seat) { told.push_back("-" + seat.value); });
        EXPECT_THAT(told, IsEmpty()) << "told from inside the call";
    }

    bool hears(std::size_t count) {
        return run_until(io, [&] { return told.size() >= count; });
    }

    /// Until all that was sent so far has been heard: the bus keeps the order.
    void settle() {
        for (int round = 0; round < 2; ++round) {
            logind->tell("SeatNew", "mark" + std::to_string(marks++));
            const std::size_t count = told.size();
            ASSERT_TRUE(hears(count + 1));
            std::erase_if(told, [](const std::string& line) { return line.starts_with("+mark"); });
        }
    }

    boost::asio::io_context io;
    PrivateBus bus;
    bus::BusConnection connection{io, bus.address(), nullptr};
    std::unique_ptr<MockLogind> logind;
    std::vector<std::string> told;
    int marks{0};
    std::optional<bus::LogindSeats> seats;
};

TEST_F(LogindSeatsTest, ThoseThatLogindHasAreToldOnce) {
    start_logind({"seat0", "seat1"});
    follow();
    ASSERT_TRUE(hears(2));
    logind->tell("SeatNew", "seat1");
    settle();
    EXPECT_THAT(told, ElementsAre("+seat0", "+seat1"));
}

TEST_F(LogindSeatsTest, OneThatComesAndGoesIsTold) {
    start_logind({"seat0"});
    follow();
    ASSERT_TRUE(hears(1));
    logind->tell("SeatNew", "seat1");
    logind->tell("SeatRemoved", "seat1");
    logind->tell("SeatRemoved", "seat9");
    settle();
    EXPECT_THAT(told, ElementsAre("+seat0", "+seat1", "-seat1"));
}

TEST_F(LogindSeatsTest, OfALogindThatComesAnewTheDifferenceIsTold) {
    start_logind({"seat0", "seat1"});
    follow();
    ASSERT_TRUE(hears(2));
    logind.reset();
    start_logind({"seat0", "seat2"});
    ASSERT_TRUE(hears(4));
    settle();
    EXPECT_THAT(told, ElementsAre("+seat0", "+seat1", "-seat1", "+seat2"));
}

TEST_F(LogindSeatsTest, ALogindThatIsNotThereYetIsAskedWhenItComes) {
    follow();
    start_logind({"seat0"});
    ASSERT_TRUE(hears(1));
    EXPECT_THAT(told, ElementsAre("+seat0"));
}

TEST_F(LogindSeatsTest, WhoIsNotLogindIsNotBelieved) {
    start_logind({"seat0"});
    follow();
    ASSERT_TRUE(hears(1));
    TestClient liar{io, bus.address()};
    MockLogind::tell(liar, "SeatNew", "seat1");
    MockLogind::tell(liar, "SeatRemoved", "seat0");
    liar.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId"); // its signals are on the bus by then
    settle();
    EXPECT_THAT(told, ElementsAre("+seat0"));
}

TEST_F(LogindSeatsTest, AListThatIsRefusedTellsNothingAndSignalsStillCount) {
    start_logind({"seat0"});
    logind->refuses = true;
    follow();
    ASSERT_TRUE(run_until(io, [&] { return logind->asked == 1; }));
    logind->tell("SeatNew", "seat1");
    ASSERT_TRUE(hears(1));
    EXPECT_THAT(told, ElementsAre("+seat1"));
}

} // namespace
} // namespace berth::testing
