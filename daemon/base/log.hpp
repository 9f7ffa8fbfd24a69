#pragma once

#include <initializer_list>
#include <string_view>

namespace berth::log {

/// syslog(3) priorities that berth uses.
enum class Level { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// One journald field, e.g. {"BERTH_SEAT", "seat0"}. Names are uppercase ASCII as systemd.journal-fields(7) asks.
struct Field {
    std::string_view name;
    std::string_view value;
};

/// Writes one line. To the journal with its fields when stderr is the journal's (JOURNAL_STREAM, systemd.exec(5));
/// else "level: message (BERTH_SEAT=seat0)" on stderr. Any thread; never throws.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {}) noexcept;

/// Lines above this level are dropped. Default: info, or debug when BERTH_DEBUG=1 is in the environment.
void set_limit(Level level) noexcept;

inline void error(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    write(Level::error, message, fields);
}

inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    write(Level::warning, message, fields);
}

inline void notice(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    write(Level::notice, message, fields);
}

inline void info(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    write(Level::info, message, fields);
}

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    write(Level::debug, message, fields);
}

} // namespace berth::log
