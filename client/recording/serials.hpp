#pragma once

#include "recording/recording.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::recording {

/// Takes out what tells one thing from all others of its kind, so that a recording can be published: serial numbers of
/// USB and input devices, Thunderbolt's unique ids, addresses of networks, the serial numbers in screens' EDIDs. In the
/// place of each stands a word, "serial1", "serial2", …, the same wherever the same number stood: a dock that comes
/// back is still known as the same. A number of eight letters and more is found in any text (a network's name that is
/// made of its address), a shorter one only where a serial number belongs.
class SerialHider {
  public:
    /// Each device, in the order in which they are recorded.
    std::vector<Device> hide(std::vector<Device> devices);

    Event hide(Event event);

  private:
    void learn(const Device& device);
    void learn(std::string_view value, bool anywhere, const Device& device);
    unsigned number_of(const std::string& secret);
    void find_anywhere(const std::string& secret, unsigned number);
    void replace(Device& device);
    [[nodiscard]] std::string replaced(std::string text) const;
    [[nodiscard]] std::string replaced_field(const std::string& value) const;
    [[nodiscard]] std::string replaced_edid(std::string edid);

    std::map<std::string, unsigned> numbers_;                   ///< of each secret
    std::vector<std::pair<std::string, std::string>> anywhere_; ///< secrets and their words, long ones first
};

} // namespace berth::recording
