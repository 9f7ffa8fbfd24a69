#pragma once

#include "support/script.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace berth::test {

inline model::Device numbered_hub(const std::string& number) {
    return {.path = "/devices/usb1/1-" + number,
            .kind = model::DeviceKind::hub,
            .seat = seat0,
            .id = "usb:1:" + number,
            .name = "Desk " + number};
}

/// A desktop, and docks that come and go.
class DockTest : public ::testing::Test {
  protected:
    void plug(const std::vector<model::Device>& devices) {
        script.happens(model::HardwareChanged{devices});
        script.happens(model::DocksRead{profiles});
    }

    void becomes_seated(const std::vector<model::Device>& devices) {
        plug(devices);
        script.becomes_seated();
        ASSERT_EQ(script.seat().state, model::SeatState::seated);
    }

    /// Another berthd takes the desktop over; it has not read the devices yet.
    void berthd_starts_anew() {
        const model::Seat kept = script.seat();
        const model::Leftover leftover{"seat0", kept.container, kept.init_pid, {}, false};
        script = Script{model::World{}};
        script.happens(model::Configured{{seat0}, a_host()});
        script.happens(model::LeftoversFound{{leftover}, {kept}});
        script.succeeds(); // adopt
        ASSERT_EQ(script.seat().state, model::SeatState::seated);
    }

    Script script;
    std::vector<model::DockProfile> profiles;
};

} // namespace berth::test
