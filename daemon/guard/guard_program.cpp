#include "guard/guard_program.hpp"

#include "guard/child.hpp"
#include "guard/tty.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace berth::guard {
namespace {

constexpr int empty_limit_ms = 300;
/// An init does not end before the last process of its PID namespace has (zap_pid_ns_processes), and one of these may
/// be in uninterruptible sleep: the person has the text within a second all the same.
constexpr int end_limit_ms = 400;

char told_report[4096] = "null"; ///< the last report, for whoever asks
const char* told_seat = "";

void tell(const Report& report) {
    print_json(report, told_report, sizeof told_report);
    say(report.verified ? LOG_NOTICE : LOG_CRIT, told_seat, told_report);
}

void tell_departure(const char* what, const Departure& departure) {
    char line[400];
    const int length = std::snprintf(line, sizeof line, "%s: ", what);
    print_departure(departure, line + length, sizeof line - static_cast<std::size_t>(length));
    say(LOG_WARNING, told_seat, line);
}

bool is_root(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

void close_fd(int& fd) {
    if (fd >= 0) {
        ::close(fd);
    }
    fd = -1;
}

/// No line is longer than a terminal is wide.
constexpr const char* without_berthd = "\r\nberth: the desktop has ended, and berthd is not running.\r\n"
                                       "This terminal is yours again. What happened: journalctl -b -u 'berth*'\r\n";

} // namespace

bool find_places(const char* runtime, const char* seat, Places& places) {
    const auto fits = [](int length, std::size_t size) {
        return length > 0 && static_cast<std::size_t>(length) < size;
    };
    return fits(std::snprintf(places.lease, sizeof places.lease, "%s/guard/%s.lease", runtime, seat),
                sizeof places.lease) &&
           fits(std::snprintf(places.socket, sizeof places.socket, "%s/guard/%s.sock", runtime, seat),
                sizeof places.socket) &&
           fits(std::snprintf(places.seat, sizeof places.seat, "%s", seat), sizeof places.seat);
}

void say(int priority, const char* seat, const char* text) {
    char line[4400];
    const int length = std::snprintf(line, sizeof line, "<%d>%s: %s\n", priority, seat, text);
    const auto size =
        static_cast<std::size_t>(length) < sizeof line ? static_cast<std::size_t>(length) : sizeof line - 1;
    // To journald it is a socket. One that is full, since journald hangs, is not waited for; a file takes what it is
    // given.
    if (::send(STDERR_FILENO, line, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK) {
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line, size);
    }
}

GuardProgram::GuardProgram(const Places& places) : places_{places} {
    told_seat = places.seat;
}

GuardProgram::~GuardProgram() {
    close_fd(listener_);
    for (Caller& caller : callers_) {
        close_fd(caller.fd);
    }
}

bool GuardProgram::open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, places_.socket, std::strlen(places_.socket) + 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ::unlink(places_.socket); // an earlier guard's
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(places_.socket, S_IRUSR | S_IWUSR) != 0 || ::listen(listener_, 4) != 0) {
        return false;
    }
    daemon_gone_at_us_ = now_us();
    signs_.open();
    load();
    return true;
}

int GuardProgram::run() {
    for (;;) {
        const Act act = decide(facts(), now_us());
        switch (act) {
        case Act::leave:
            return 0;
        case Act::restore:
        case Act::end_and_restore:
            restore(act == Act::end_and_restore);
            break;
        case Act::wait:
        case Act::wait_for_daemon:
        case Act::wait_for_owner:
            wait(act);
            break;
        case Act::look_at_owner:
            look_at_owner();
            break;
        case Act::switch_away:
            switch_away();
            break;
        case Act::show_desktop:
            show_desktop();
            break;
        }
        reap();
    }
}

Facts GuardProgram::facts() const {
    Facts facts;
    facts.word = loan_.lease().word;
    facts.desktop_known = loan_.lease().init.pid != 0;
    facts.desktop_alive = facts.desktop_known && loan_.desktop_alive();
    facts.leader_lost = loan_.leader_lost();
    facts.daemon_here = daemon_is_here();
    facts.daemon_was_here = daemon_was_here_;
    facts.daemon_gone_at_us = daemon_gone_at_us_;
    facts.restored = restored_;
    facts.wish = wish_;
    facts.wish_us = wish_us_;
    facts.newest_wish_us = newest_wish_us_;
    facts.looked_us = looked_us_;
    return facts;
}

void GuardProgram::wait(Act act) {
    constexpr unsigned others = 4;
    const bool watched = !restored_ && loan_.init() >= 0;
    // What was answered already, or is berthd's to answer, stays readable. poll(2) passes over -1.
    pollfd waiting[others + most_callers] = {{now_us() < no_callers_until_us_ ? -1 : listener_, POLLIN, 0},
                                             {watched ? signs_.fd() : -1, POLLIN, 0},
                                             {restored_ ? -1 : loan_.init(), POLLIN, 0},
                                             {restored_ || daemon_is_here() ? -1 : loan_.leader(), POLLIN, 0}};
    for (unsigned i = 0; i < most_callers; ++i) {
        waiting[others + i] = {callers_[i].fd, POLLIN, 0};
    }
    int limit_ms = -1;
    std::int64_t end_us = end_of_wait(act, facts());
    if (waiting[0].fd < 0 && (end_us < 0 || no_callers_until_us_ < end_us)) {
        end_us = no_callers_until_us_;
    }
    if (end_us >= 0) {
        const std::int64_t left_ms = ms_until(end_us);
        limit_ms = left_ms > 0 ? static_cast<int>(left_ms) : 0;
    }
    const int ready = ::poll(waiting, others + most_callers, limit_ms);
    if (ready < 0 && errno != EINTR) {
        // EINVAL: fewer descriptors are allowed than are asked for. It runs before all others, and must not spin.
        pause_ms(no_wait_pause_ms);
    }
    if (ready <= 0) {
        return;
    }
    for (unsigned i = 0; i < most_callers; ++i) {
        if (waiting[others + i].revents != 0) {
            hear(callers_[i]);
        }
    }
    if (waiting[0].revents != 0) {
        accept();
    }
    if (waiting[1].revents != 0) {
        hear_signs();
    }
}

bool GuardProgram::daemon_is_here() const {
    for (const Caller& caller : callers_) {
        if (caller.is_daemon) {
            return true;
        }
    }
    return false;
}

void GuardProgram::accept() {
    int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        // Whoever waits stays in the queue, and the listener readable: asked again at once, this would never sleep.
        no_callers_until_us_ = now_us() + shortage_pause_us;
        say(LOG_WARNING, places_.seat, "no descriptor or memory for a caller; it is asked again in a second");
        return;
    }
    for (Caller& caller : callers_) {
        if (connection >= 0 && caller.fd < 0 && is_root(connection)) {
            caller = {connection, false};
            return;
        }
    }
    close_fd(connection); // nobody of ours, or one too many
}

void GuardProgram::lose(Caller& caller) {
    close_fd(caller.fd);
    if (!caller.is_daemon) {
        return;
    }
    caller.is_daemon = false;
    daemon_gone_at_us_ = now_us();
    if (loan_.lease().word != Lease::Word::idle && !daemon_is_here()) {
        say(LOG_WARNING, places_.seat, "berthd is gone; the desktop goes on, and its terminal is watched");
    }
}

void GuardProgram::hear(Caller& caller) {
    char text[64];
    const ssize_t got = ::read(caller.fd, text, sizeof text - 1);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            lose(caller);
        }
        return;
    }
    text[got] = '\0';
    for (char* line = text; *line != '\0' && caller.fd >= 0;) {
        char* const end = std::strchr(line, '\n');
        if (end != nullptr) {
            *end = '\0';
        }
        answer(caller, line);
        if (end == nullptr) {
            return;
        }
        line = end + 1;
    }
}

void GuardProgram::answer(Caller& caller, const char* command) {
    char line[4600];
    const bool loads = std::strcmp(command, "load") == 0;
    if (loads) {
        caller.is_daemon = daemon_was_here_ = true;
        load();
    }
    int length = 0;
    if (std::strcmp(command, "switch") == 0) {
        length = answer_to_switch(line, sizeof line);
    } else if (!loads && std::strcmp(command, "status") != 0) {
        length = std::snprintf(line, sizeof line, "{\"error\":\"load, status or switch was expected\"}\n");
    } else if (loads && trouble_[0] != '\0') {
        length = std::snprintf(line, sizeof line, "{\"error\":\"%s: %s\"}\n", places_.lease, trouble_);
    } else {
        const Facts now = facts();
        const char* const desktop = !now.desktop_known ? "unknown" : now.desktop_alive ? "alive" : "dead";
        length = std::snprintf(line, sizeof line,
                               "{\"word\":\"%s\",\"vt\":%u,\"home\":%u,\"desktop\":\"%s\",\"berthd\":%s,"
                               "\"restored\":%s,\"report\":%s,\"wish\":\"%s\"}\n",
                               word_for(now.word), loan_.lease().vt, loan_.lease().home, desktop,
                               now.daemon_here ? "true" : "false", now.restored ? "true" : "false", told_report,
                               word_for(now.wish));
    }
    // One that does not read its answers is no berthd: it may connect again.
    if (::send(caller.fd, line, static_cast<std::size_t>(length), MSG_NOSIGNAL) != length) {
        lose(caller);
    }
}

int GuardProgram::answer_to_switch(char* line, std::size_t size) {
    if (loan_.lease().word == Lease::Word::idle) {
        return std::snprintf(line, size, "{\"error\":\"no terminal is lent to a desktop\"}\n");
    }
    const Departure departure = loan_.switch_home();
    if (departure.in_stead && !departure.forced) {
        wish_ = loan_.look_at_owner().unread ? Switch::left : Switch::none;
        looked_us_ = now_us();
    }
    const std::size_t length = print_departure(departure, line, size - 1);
    say(LOG_NOTICE, places_.seat, line);
    line[length] = '\n';
    return static_cast<int>(length) + 1;
}

void GuardProgram::hear_signs() {
    if (!signs_.take()) {
        return;
    }
    newest_wish_us_ = now_us();
    if (wish_ == Switch::none) {
        wish_ = Switch::asked;
        wish_us_ = newest_wish_us_;
    }
}

void GuardProgram::look_at_owner() {
    wish_ = after_look(wish_, loan_.look_at_owner());
    looked_us_ = now_us();
}

void GuardProgram::switch_away() {
    const bool deaf = wish_ == Switch::deaf;
    const Departure departure = loan_.complete_switch();
    wish_ = deaf && departure.in_stead ? Switch::left : Switch::none;
    looked_us_ = now_us();
    if (departure.in_stead) { // else whoever opened the console wanted something else of it
        tell_departure(deaf ? "the desktop does not hear, and the switch it was asked for was done in its stead"
                            : "the desktop does not let its terminal go, and the switch was done in its stead",
                       departure);
    }
}

void GuardProgram::show_desktop() {
    wish_ = Switch::none;
    tell_departure("the desktop runs again", loan_.show_desktop());
}

void GuardProgram::load() {
    const Lease before = loan_.lease();
    if (!loan_.load(places_.lease, trouble_)) {
        char text[512];
        std::snprintf(text, sizeof text, "%s is not taken: %s", places_.lease, trouble_);
        say(LOG_ERR, places_.seat, text);
        return;
    }
    restored_ = restored_ && is_still_restored(before, loan_.lease());
    if (before != loan_.lease()) { // what was seen was about another loan
        wish_ = Switch::none;
        [[maybe_unused]] const bool of_before = signs_.take();
    }
}

void GuardProgram::restore(bool end_first) {
    wish_ = Switch::none;
    if (end_first && loan_.leader_lost() && loan_.desktop_alive()) {
        say(LOG_WARNING, places_.seat,
            "the session's leader has ended, and berthd is not there: the desktop sees and hears nobody and is ended");
    }
    if (end_first) {
        loan_.end_desktop(end_limit_ms);
    }
    const bool verified = loan_.restore(empty_limit_ms, end_first ? without_berthd : "", tell);
    if (!verified) {
        say(LOG_CRIT, places_.seat,
            "the text terminal could not be given back: berth restore-tty, or SysRq + R, then Ctrl+Alt+F1");
    }
    restored_ = true;
}

bool restore_if_left(const Places& places) {
    told_seat = places.seat;
    Loan loan;
    const char* trouble = "";
    if (!loan.load(places.lease, trouble)) {
        say(LOG_ERR, places.seat, trouble);
        return false;
    }
    const Lease& lease = loan.lease();
    const bool dead = lease.init.pid != 0 && !loan.desktop_alive();
    if (lease.word == Lease::Word::idle || (!dead && lease.word != Lease::Word::restore)) {
        return true;
    }
    loan.end_desktop(end_limit_ms);
    return loan.restore(empty_limit_ms, without_berthd, tell);
}

} // namespace berth::guard
