#pragma once

#include <string>
#include <string_view>

namespace berth::os {

/// `text` as lines for a terminal: line breaks become CR LF, one is added at the end, and control characters (C0, DEL,
/// C1) become "?": a message with an engine's or container's words in it must not drive the console.
std::string terminal_text(std::string_view text);

} // namespace berth::os
