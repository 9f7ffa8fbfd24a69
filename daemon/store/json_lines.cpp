#include "store/json_lines.hpp"

#include <nlohmann/json.hpp>

#include <iterator>
#include <optional>
#include <set>
#include <vector>

namespace berth::store {
namespace {

using nlohmann::json;

/// The line of the last character that the parser took and that is no white space: the end of the current token, also
/// where a number's end is only known by the line break after it.
struct Cursor {
    int line{1};
    int token_line{1};

    void take(char character) {
        if (character == '\n') {
            ++line;
        } else if (character != ' ' && character != '\t' && character != '\r') {
            token_line = line;
        }
    }
};

/// Walks over the text and tells the cursor of each character that it leaves behind.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, Cursor& cursor) : at_{at}, cursor_{&cursor} {}

    reference operator*() const { return *at_; }

    CountingIterator& operator++() {
        cursor_->take(*at_);
        ++at_;
        return *this;
    }

    CountingIterator operator++(int) {
        CountingIterator old{*this};
        ++*this;
        return old;
    }

    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

  private:
    const char* at_;
    Cursor* cursor_;
};

/// nlohmann's SAX events → lines. Each handler returns false to end the parse at the first mistake.
class Handler {
  public:
    explicit Handler(const Cursor& cursor) : cursor_{cursor} {}

    bool null() { return value(); }

    bool boolean(bool /*value*/) { return value(); }

    bool number_integer(json::number_integer_t /*value*/) { return value(); }

    bool number_unsigned(json::number_unsigned_t /*value*/) { return value(); }

    bool number_float(json::number_float_t /*value*/, const std::string& /*text*/) { return value(); }

    bool binary(json::binary_t& /*value*/) { return value(); }

    bool string(const std::string& text) { return value() && check_text(text); }

    bool key(const std::string& text) {
        Frame& frame = frames_.back();
        frame.pointer = append_token(frame.base, text);
        if (!frame.keys.insert(text).second) {
            return fail(frame.pointer,
                        "this key stands here twice, the first time on line " + std::to_string(lines_[frame.pointer]));
        }
        lines_[frame.pointer] = cursor_.token_line;
        return check_text(text);
    }

    bool start_object(std::size_t /*elements*/) { return open(false); }

    bool start_array(std::size_t /*elements*/) { return open(true); }

    bool end_object() { return close(); }

    bool end_array() { return close(); }

    bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const json::exception& error) {
        std::string message{error.what()};
        // "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error …" → "syntax error …"
        if (const auto colon = message.find(": "); colon != std::string::npos) {
            message.erase(0, colon + 2);
        }
        return fail(frames_.empty() ? "" : frames_.back().pointer, "not JSON: " + message);
    }

    JsonLines take_lines() { return std::move(lines_); }

    [[nodiscard]] const std::optional<FormError>& error() const { return error_; }

  private:
    struct Frame {
        bool array{false};
        std::string base;    ///< the container's own pointer
        std::string pointer; ///< of the value that comes next, or of the last one
        std::size_t next{0}; ///< index of the array's next element
        std::set<std::string> keys;
    };

    /// Notes where a value stands. A member's line is its key's.
    bool value() {
        if (frames_.empty()) {
            lines_.emplace("", cursor_.token_line);
        } else if (frames_.back().array) {
            Frame& frame = frames_.back();
            frame.pointer = append_token(frame.base, std::to_string(frame.next++));
            lines_[frame.pointer] = cursor_.token_line;
        }
        return true;
    }

    bool open(bool array) {
        value();
        const std::string pointer = frames_.empty() ? "" : frames_.back().pointer;
        if (frames_.size() >= deepest) {
            return fail(pointer, "nested deeper than " + std::to_string(deepest) + " levels");
        }
        frames_.push_back({array, pointer, pointer, 0, {}});
        return true;
    }

    bool close() {
        frames_.pop_back();
        return true;
    }

    bool check_text(const std::string& text) {
        const std::string pointer = frames_.empty() ? "" : frames_.back().pointer;
        if (text.size() > longest_text) {
            return fail(pointer, "a text longer than " + std::to_string(longest_text) + " bytes");
        }
        if (text.find('\0') != std::string::npos) {
            return fail(pointer, "a text with a NUL character in it");
        }
        return true;
    }

    bool fail(const std::string& pointer, std::string message) {
        error_ = FormError{cursor_.token_line, pointer, std::move(message)};
        return false;
    }

    const Cursor& cursor_;
    std::vector<Frame> frames_;
    JsonLines lines_;
    std::optional<FormError> error_;
};

} // namespace

std::string append_token(const std::string& pointer, std::string_view token) {
    std::string result = pointer + "/";
    for (const char character : token) {
        if (character == '~') {
            result += "~0";
        } else if (character == '/') {
            result += "~1";
        } else {
            result += character;
        }
    }
    return result;
}

boost::system::result<JsonLines, FormError> read_lines(std::string_view text) {
    Cursor cursor;
    Handler handler{cursor};
    const bool parsed = json::sax_parse(CountingIterator{text.data(), cursor},
                                        CountingIterator{text.data() + text.size(), cursor}, &handler);
    if (handler.error()) {
        return *handler.error();
    }
    if (!parsed) {
        return FormError{cursor.token_line, "", "not JSON"};
    }
    return handler.take_lines();
}

} // namespace berth::store
