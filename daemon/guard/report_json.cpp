#include "guard/tty_restore.hpp"

#include <cstdarg>
#include <cstdio>

namespace berth::guard {
namespace {

/// Prints into a buffer of fixed size; what does not fit is dropped.
class Printer {
  public:
    Printer(char* buffer, std::size_t size) : buffer_{buffer}, size_{size} {}

    __attribute__((format(printf, 2, 3))) void print(const char* format, ...) {
        va_list arguments;
        va_start(arguments, format);
        const int length = std::vsnprintf(buffer_ + used_, size_ - used_, format, arguments);
        va_end(arguments);
        if (length > 0) {
            used_ += static_cast<std::size_t>(length);
            used_ = used_ < size_ ? used_ : size_ - 1;
        }
    }

    [[nodiscard]] std::size_t used() const { return used_; }

  private:
    char* buffer_;
    std::size_t size_;
    std::size_t used_{0};
};

template <class Bit>
void print_list(Printer& out, const char* name, const Report& report, std::uint32_t TtyReport::*bits,
                std::uint32_t last) {
    out.print("\"%s\":[", name);
    const char* separator = "";
    for (std::size_t i = 0; i < report.count; ++i) {
        for (std::uint32_t bit = 1; bit <= last; bit <<= 1U) {
            if ((report.ttys[i].*bits & bit) != 0) {
                out.print("%s\"tty%u: %s\"", separator, report.ttys[i].vt, word_for(static_cast<Bit>(bit)));
                separator = ",";
            }
        }
    }
    out.print("],");
}

} // namespace

const char* word_for(Wrong bit) {
    switch (bit) {
    case wrong_node:
        return "cannot be opened";
    case wrong_process:
        return "VT_PROCESS";
    case wrong_graphics:
        return "KD_GRAPHICS";
    case wrong_keyboard:
        return "keyboard off";
    case wrong_exclusive:
        return "TIOCEXCL";
    case wrong_termios:
        return "raw";
    case wrong_active:
        return "not visible";
    case wrong_console:
        return "no frame buffer console";
    case wrong_screen:
        return "screens are dark";
    }
    return "";
}

const char* word_for(Deed bit) {
    switch (bit) {
    case did_unlock:
        return "VT_UNLOCKSWITCH";
    case did_hangup:
        return "TIOCVHANGUP";
    case did_auto:
        return "VT_AUTO";
    case did_text:
        return "KD_TEXT";
    case did_kick:
        return "KD_GRAPHICS and KD_TEXT";
    case did_keyboard:
        return "KDSKBMODE";
    case did_exclusive:
        return "TIOCNXCL";
    case did_termios:
        return "sane line";
    case did_activate:
        return "VT_ACTIVATE";
    case did_masters:
        return "DROP_MASTER";
    case did_revoke:
        return "EVIOCREVOKE";
    case did_rebind:
        return "console bound";
    case did_sysrq:
        return "SysRq r";
    }
    return "";
}

std::size_t print_json(const Report& report, char* buffer, std::size_t size) {
    Printer out{buffer, size};
    out.print("{\"verified\":%s,", report.verified ? "true" : "false");
    print_list<Wrong>(out, "found", report, &TtyReport::found, last_wrong);
    print_list<Deed>(out, "done", report, &TtyReport::done, last_deed);
    print_list<Wrong>(out, "remaining", report, &TtyReport::remaining, last_wrong);
    out.print("\"rounds\":%u,\"took_us\":%lld,\"mended_at_us\":%lld}", report.rounds,
              static_cast<long long>(report.took_us), static_cast<long long>(report.mended_at_us));
    return out.used();
}

} // namespace berth::guard
