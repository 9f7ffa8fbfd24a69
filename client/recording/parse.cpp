#include "recording/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace berth::recording {
namespace {

constexpr std::string_view mark{"# berth dock recording "};
constexpr std::string_view version{"1"};
constexpr std::string_view devices_are_below{"/devices/"};

/// The number that a digit of this base stands for.
std::optional<unsigned> digit_of(char letter, int base) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(&letter, &letter + 1, value, base);
    return error == std::errc{} && end == &letter + 1 ? std::optional{value} : std::nullopt;
}

/// The byte that up to three octal digits stand for; they are taken off the text.
std::optional<char> octal(std::string_view& text) {
    unsigned value = 0;
    for (int left = 3; left > 0 && !text.empty(); --left) {
        const auto digit = digit_of(text.front(), 8);
        if (!digit) {
            break;
        }
        value = value * 8 + *digit;
        text.remove_prefix(1);
    }
    return value <= 0xff ? std::optional{static_cast<char>(static_cast<unsigned char>(value))} : std::nullopt;
}

/// Takes one character that stood behind a backslash off the text.
std::optional<char> escape(std::string_view& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    if (digit_of(text.front(), 8)) {
        return octal(text);
    }
    const char letter = text.front();
    text.remove_prefix(1);
    constexpr std::string_view letters{"bfnrtv"};
    constexpr std::string_view meant{"\b\f\n\r\t\v"};
    const std::size_t at = letters.find(letter);
    return at == std::string_view::npos ? letter : meant[at];
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        const char letter = text.front();
        text.remove_prefix(1);
        const auto byte = letter == '\\' ? escape(text) : std::optional{letter};
        if (!byte) {
            return std::nullopt;
        }
        bytes += *byte;
    }
    return bytes;
}

std::optional<std::string> bytes_of(std::string_view hex) {
    std::string bytes;
    for (; hex.size() >= 2; hex.remove_prefix(2)) {
        const auto high = digit_of(hex[0], 16);
        const auto low = digit_of(hex[1], 16);
        if (!high || !low) {
            return std::nullopt;
        }
        bytes += static_cast<char>(static_cast<unsigned char>(*high << 4U | *low));
    }
    return hex.empty() ? std::optional{bytes} : std::nullopt;
}

/// The next word; it and the blank behind it are taken off the text.
std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

std::optional<std::uint64_t> milliseconds(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional{value} : std::nullopt;
}

bool is_action(std::string_view word) {
    return !word.empty() &&
           std::all_of(word.begin(), word.end(), [](char letter) { return letter >= 'a' && letter <= 'z'; });
}

class Parser {
  public:
    Parser(std::string_view text, const std::string& file) : left_{text}, file_{file} {}

    Result<Recording> run() {
        auto read = read_head();
        while (read && next_line()) {
            read = line_.starts_with('#') ? begin_segment() : device_ ? read_part() : begin_device();
        }
        if (!read) {
            return read.error();
        }
        if (!left_.empty()) { // the last line has no end
            ++number_;
            recording_.torn_line = number_;
        }
        end_text();
        return std::move(recording_);
    }

  private:
    [[nodiscard]] Error mistake(const std::string& message) const { return mistake_in(number_, message); }

    [[nodiscard]] Error mistake_in(int number, const std::string& message) const {
        return Error{ErrorCode::invalid_argument, file_ + ":" + std::to_string(number) + ": " + message};
    }

    /// False: no whole line is left.
    bool next_line() {
        const std::size_t end = left_.find('\n');
        if (end == std::string_view::npos) {
            return false;
        }
        line_ = left_.substr(0, end);
        left_.remove_prefix(end + 1);
        ++number_;
        return true;
    }

    Result<void> read_head() {
        if (!next_line() || !line_.starts_with(mark)) {
            return mistake_in(1, "not a dock recording of berth");
        }
        if (line_.substr(mark.size()) != version) {
            return mistake("recording version " + std::string{line_.substr(mark.size())} +
                           ", this berth reads version " + std::string{version});
        }
        if (!next_line() || line_ != "# begin") {
            return mistake_in(2, "\"# begin\" was expected");
        }
        segment_ = &recording_.begin;
        return {};
    }

    Result<void> begin_segment() {
        if (device_) {
            return mistake("a device ends with an empty line");
        }
        if (!is_whole()) {
            return mistake_in(segment_line_, "the description of the device is missing");
        }
        std::string_view rest = line_;
        const std::string_view sign = take_word(rest);
        const std::string_view kind = sign == "#" ? take_word(rest) : sign;
        const auto at = milliseconds(take_word(rest));
        Event next{.at_ms = at.value_or(0)};
        if (kind == "event") {
            next.action = take_word(rest);
            next.path = rest;
        } else if (kind != "overflow" || !rest.empty()) {
            return mistake("\"# event\" or \"# overflow\" was expected");
        }
        if (!at) {
            return mistake("a number of milliseconds was expected");
        }
        if (kind == "event" && (!is_action(next.action) || !next.path.starts_with(devices_are_below))) {
            return mistake("an action and a device's path were expected");
        }
        segment_line_ = number_;
        recording_.events.push_back(std::move(next));
        segment_ = &recording_.events.back().devices;
        return {};
    }

    /// The event that is being read; null: the beginning is.
    [[nodiscard]] const Event* event() const { return recording_.events.empty() ? nullptr : &recording_.events.back(); }

    [[nodiscard]] bool is_described() const {
        return event() != nullptr && !event()->devices.empty() && event()->devices.back().path == event()->path;
    }

    /// All of the event is there, as far as that can be known.
    [[nodiscard]] bool is_whole() const {
        return event() == nullptr || event()->action.empty() || event()->action == "remove" || is_described();
    }

    /// No device belongs to it any more: its own is the last, and of "remove" there is none.
    [[nodiscard]] bool is_full() const {
        return event() != nullptr && !event()->action.empty() && (event()->action == "remove" || is_described());
    }

    /// What is not whole is left out: of the beginning its last device, else the last event.
    void end_text() {
        if (device_ || !is_whole()) {
            recording_.torn_line = number_;
            if (!recording_.events.empty()) {
                recording_.events.pop_back();
            }
        }
    }

    Result<void> begin_device() {
        if (!line_.starts_with("P: ") || !line_.substr(3).starts_with(devices_are_below)) {
            return mistake("\"P: /devices/…\" was expected");
        }
        if (is_full()) {
            return mistake("no further device belongs to this event");
        }
        device_.emplace().path = line_.substr(3);
        device_line_ = number_;
        return {};
    }

    Result<void> end_device() {
        if (value_of(device_->properties, "SUBSYSTEM") == nullptr) {
            return mistake_in(device_line_, "a device without a SUBSYSTEM");
        }
        if (std::any_of(segment_->begin(), segment_->end(),
                        [&](const Device& other) { return other.path == device_->path; })) {
            return mistake_in(device_line_, "described twice: " + device_->path);
        }
        segment_->push_back(std::move(*device_));
        device_.reset();
        return {};
    }

    Result<void> read_part() {
        if (line_.empty()) {
            return end_device();
        }
        const std::string_view kind = line_.substr(0, 3);
        const std::string_view rest = line_.substr(kind.size());
        if (kind == "N: ") {
            if (rest.empty() || !device_->node.empty()) {
                return mistake("one name of a node was expected");
            }
            device_->node = rest;
            return {};
        }
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            return mistake("NAME=VALUE was expected");
        }
        return add(kind, std::string{rest.substr(0, equals)}, rest.substr(equals + 1));
    }

    Result<void> add(std::string_view kind, std::string name, std::string_view value) {
        if (kind == "E: ") {
            device_->properties.emplace_back(std::move(name), value);
        } else if (kind == "L: ") {
            device_->links.emplace_back(std::move(name), value);
        } else if (kind == "A: " || kind == "H: ") {
            auto bytes = kind == "A: " ? unescaped(value) : bytes_of(value);
            if (!bytes) {
                return mistake(kind == "A: " ? "a backslash without what it stands for"
                                             : "pairs of hexadecimal digits were expected");
            }
            device_->attributes.emplace_back(std::move(name), std::move(*bytes));
        } else {
            return mistake("P:, N:, E:, A:, H: or L: was expected");
        }
        return {};
    }

    std::string_view left_;
    const std::string& file_;
    std::string_view line_;
    int number_{0}; ///< of line_
    Recording recording_;
    std::vector<Device>* segment_{nullptr}; ///< where the next device belongs
    int segment_line_{0};                   ///< where the last event began
    std::optional<Device> device_;          ///< the one that is being described
    int device_line_{0};
};

} // namespace

Result<Recording> parse(std::string_view text, const std::string& file) {
    return Parser{text, file}.run();
}

} // namespace berth::recording
