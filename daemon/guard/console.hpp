#pragma once

#include <cstdint>

/// Whether what the kernel writes on a text terminal can be seen: the frame buffer console and the screens.
/// Documentation/ABI/testing/sysfs-class-vtconsole, Documentation/fb/fbcon.rst.
namespace berth::guard {

/// wrong_console and wrong_screen, or 0. A host without a frame buffer console (the dummy console, VGA text, a GPU
/// without fbdev) has nothing of which that could be asked: 0. `sys`: where sysfs is.
std::uint32_t inspect_console(const char* sys = "/sys");

/// Whether a text terminal is drawn by the kernel at all: by a frame buffer console, one that waits for the first text
/// (deferred takeover) included, or as VGA text. A host without screens has nothing to draw on: true.
bool text_is_drawn(const char* sys = "/sys");

/// Binds frame buffer consoles that are unbound. Returns did_rebind, or 0.
std::uint32_t mend_console(const char* sys = "/sys");

/// Has the kernel give the keyboard of the visible terminal back ("r", Documentation/admin-guide/sysrq.rst). Returns
/// did_sysrq, or 0.
std::uint32_t take_keyboard_by_sysrq(const char* proc = "/proc");

} // namespace berth::guard
