#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth::os {

/// What of a seat's devices clients may be given and its desktop is not.
struct UdevShares {
    std::vector<std::string> cameras;                    ///< nodes, sorted
    std::map<std::string, std::vector<std::string>> usb; ///< "046d:c52b" → nodes below /dev/bus/usb, sorted
};

/// As sysfs and udev's database have them now (libudev(3)). Cameras: video4linux nodes that capture, by v4l_id's
/// ID_V4L_CAPABILITIES, all of them where udev did not ask. USB: every device but hubs (bDeviceClass 09), by its own
/// idVendor and idProduct. Whose seat: ID_SEAT, which udev gives a device's children, too. One short walk of sysfs; any
/// thread. failed: libudev cannot be had, or sysfs not be read.
Result<UdevShares> udev_shares(const model::SeatName& seat);

} // namespace berth::os
