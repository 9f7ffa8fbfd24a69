#include "explain/terminals.hpp"

#include "base/unique_fd.hpp"
#include "guard/child.hpp"
#include "guard/lease.hpp"
#include "guard/tty.hpp"

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <set>
#include <unistd.h>

namespace berth::explain {

namespace {

/// What the child is asked and what it answers, in memory that both see.
struct Question {
    unsigned vt;
    Modes modes;
    int error;
};

bool answer(void* context) {
    auto& question = *static_cast<Question*>(context);
    const UniqueFd tty{guard::open_tty(question.vt)};
    vt_mode switching{};
    int screen = 0;
    if (!tty || ::ioctl(tty.get(), VT_GETMODE, &switching) != 0 || ::ioctl(tty.get(), KDGETMODE, &screen) != 0 ||
        ::ioctl(tty.get(), KDGKBMODE, &question.modes.keyboard) != 0) {
        question.error = errno;
        return false;
    }
    question.modes.process_switches = switching.mode == VT_PROCESS;
    question.modes.graphics = screen == KD_GRAPHICS;
    return true;
}

Lease from_guards(const guard::Lease& read) {
    Lease lease;
    lease.state = read.word == guard::Lease::Word::armed     ? Lease::State::armed
                  : read.word == guard::Lease::Word::restore ? Lease::State::restore
                                                             : Lease::State::idle;
    lease.vt = read.vt;
    lease.home = read.home;
    lease.init.pid = read.init.pid;
    return lease;
}

} // namespace

std::optional<Modes> ask_kernel(unsigned vt, std::string& why) {
    constexpr int limit_ms = 500;
    void* const shared = guard::shared_memory(sizeof(Question));
    if (shared == nullptr) {
        why = std::strerror(errno);
        return std::nullopt;
    }
    auto* const question = ::new (shared) Question{vt, {}, 0};
    const guard::Ended ended = guard::in_child(answer, question, limit_ms);
    const Question answered = *question;
    ::munmap(shared, sizeof(Question));
    if (ended == guard::Ended::well) {
        return answered.modes;
    }
    why = ended == guard::Ended::not_in_time ? "the kernel does not answer: a hangup of it is under way"
                                             : std::strerror(answered.error);
    return std::nullopt;
}

unsigned read_visible(const Places& places, std::vector<Gap>& gaps) {
    const std::string path = places.sys + "/class/tty/tty0/active";
    const Text active = read_text(path);
    const unsigned visible = active.text.rfind("tty", 0) == 0 ? number_in(active.text.substr(3)) : 0;
    if (visible == 0) {
        gaps.push_back(
            {"the visible terminal (" + path + ")", active.error != 0 ? std::strerror(active.error) : "it names none"});
    }
    return visible;
}

std::vector<Terminal> read_terminals(const Places& places, const Processes& processes, unsigned visible, unsigned lent,
                                     unsigned home, std::vector<Gap>& gaps) {
    std::vector<Terminal> terminals;
    for (const unsigned number : std::set<unsigned>{visible, lent, home}) {
        if (number == 0) {
            continue;
        }
        const std::string name = "tty" + std::to_string(number);
        Terminal terminal;
        terminal.number = number;
        terminal.visible = number == visible;
        terminal.lent = number == lent;
        terminal.home = number == home;
        terminal.holders = processes.holders_of(name);
        // Opening one that is not allocated would make it; the kernel has a vcs device for each that is.
        terminal.allocated = ::access((places.sys + "/class/vc/vcs" + std::to_string(number)).c_str(), F_OK) == 0;
        std::string why = "nobody to ask";
        if (terminal.allocated && places.ask_terminal) {
            terminal.modes = places.ask_terminal(number, why);
        }
        if (terminal.allocated && !terminal.modes) {
            gaps.push_back({"the modes of " + name, why});
        }
        terminals.push_back(std::move(terminal));
    }
    return terminals;
}

Lease read_lease_of(const Places& places, const std::string& seat) {
    const Text file = read_text(places.runtime + "/guard/" + seat + ".lease");
    Lease lease;
    if (file.error == ENOENT) {
        return lease;
    }
    if (file.error != 0) {
        lease.state = Lease::State::unreadable;
        lease.trouble = std::strerror(file.error);
        return lease;
    }
    guard::Lease read;
    const char* trouble = "";
    if (!guard::read_lease(file.text.c_str(), read, trouble)) {
        lease.state = Lease::State::torn;
        lease.trouble = trouble;
        return lease;
    }
    lease = from_guards(read);
    if (const auto start = start_of(places, read.init.pid); start && *start == read.init.start) {
        lease.init = *find_process(places, read.init.pid);
        lease.init_lives = lease.init.state != 'Z' && lease.init.state != 'X';
    }
    return lease;
}

} // namespace berth::explain
