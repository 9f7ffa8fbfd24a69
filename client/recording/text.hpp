#pragma once

#include "base/result.hpp"
#include "recording/recording.hpp"

#include <string>
#include <string_view>

/// A recording's text, version 1:
///
///     # berth dock recording 1
///     # begin
///     DEVICE…                                      all that was there
///     # event MILLISECONDS ACTION PATH
///     DEVICE…                                      see Event::devices
///     # overflow MILLISECONDS
///     DEVICE…
///
/// A DEVICE is what umockdev-record(1) writes: lines, then an empty one.
///
///     P: /devices/…          its path
///     N: input/event5        its node
///     E: NAME=VALUE          a property
///     A: NAME=VALUE          an attribute; in it "\\" stands for '\', "\n" for a line's end, "\ooo" for the byte of
///                            that octal number (g_strescape of GLib)
///     H: NAME=HEX            an attribute that has a zero byte in it
///     L: NAME=TARGET         a link
namespace berth::recording {

/// The two lines in front of the first device.
std::string begin_text();

std::string text_of(const Device& device);
std::string text_of(const Event& event);
std::string text_of(const Recording& recording);

/// Reads a recording from its text. `file` is only for messages. invalid_argument, "FILE:LINE: what is wrong": no
/// recording, another version, a line that is none of the above, a device without a subsystem or described twice, an
/// event without its device. A text that ends in the midst of an event is good up to there.
Result<Recording> parse(std::string_view text, const std::string& file);

} // namespace berth::recording
