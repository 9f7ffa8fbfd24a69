#include "cli/foreground.hpp"

#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"

#include <csignal>
#include <unistd.h>

namespace berth::cli {

namespace {

constexpr std::chrono::seconds twice_within{3};

bool ends(int number) {
    return number != SIGUSR1 && number != SIGUSR2;
}

void ignore(const client::Answer&) {}

} // namespace

Foreground::Foreground(client::BerthClient& client, Signals signals, bool terminal)
    : client_{client}, signals_{signals}, has_terminal_{terminal}, terminal_{terminal ? STDIN_FILENO : -1},
      signal_fd_{take_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH})} {
    client_.listen([this](const client::Signal& signal) { heard(signal); });
}

int Foreground::run(const JobRunner::Start& start) {
    terminal_.set(RawTerminal::Keys::signals); // a command may write before the call is answered
    start([this](const client::Answer& answer) { answered(answer); });
    try {
        client_.run([this] { return over(); }, signal_fd_, [this] { signalled(); });
    } catch (const client::CallFailed& error) {
        terminal_.restore();
        complain(error.what() + std::string{job_.empty() ? "" : "; " + who() + " goes on"});
        return exit_berth_failed;
    }
    terminal_.restore();
    return verdict();
}

bool Foreground::over() const {
    return left_by_ != 0 || jobs_.berthd_left() || (answer_ && (answer_->error || jobs_.end(job_)));
}

/// A command in a client that runs already runs at once.
bool Foreground::runs() const {
    return signals_ != Signals::to_client || text(jobs_.properties(jobs_.client_of(job_)), "State") == "running";
}

std::string Foreground::who() const {
    const std::string path = jobs_.client_of(job_);
    return path.empty() ? "the client" : last_part(path);
}

void Foreground::heard(const client::Signal& signal) {
    jobs_.heard(signal);
    if (answer_ && !job_.empty() && signal.path == jobs_.client_of(job_)) {
        set_terminal();
    }
}

void Foreground::answered(const client::Answer& answer) {
    answer_ = answer;
    job_ = answer.job;
    if (answer.error) {
        return;
    }
    set_terminal();
    if (!ran_) {
        resize();
    }
    if (early_ != 0) {
        handle(early_);
    }
}

void Foreground::set_terminal() {
    const bool ran = ran_;
    ran_ = ran_ || runs();
    terminal_.set(ran_ ? RawTerminal::Keys::bytes : RawTerminal::Keys::signals);
    if (ran_ != ran) {
        resize(); // what was told before may have met no terminal
    }
}

void Foreground::resize() {
    if (!has_terminal_ || job_.empty()) {
        return;
    }
    const auto size = window_size(STDOUT_FILENO);
    if (const auto known = size ? size : window_size(STDIN_FILENO)) {
        client_.resize(job_, known->rows, known->columns, ignore); // the job may just be over
    }
}

void Foreground::signalled() {
    while (const int number = next_signal(signal_fd_)) {
        if (number == SIGWINCH) {
            resize();
        } else {
            handle(number);
        }
    }
}

void Foreground::handle(int number) {
    last_ = number;
    if (terminal_.there() && (number == SIGTERM || number == SIGHUP)) {
        left_by_ = number;
    } else if (job_.empty()) {
        (early_ == 0 ? early_ : left_by_) = number;
    } else if (signals_ != Signals::to_client) {
        if (ends(number)) {
            cancelled_ ? static_cast<void>(left_by_ = number) : cancel();
        }
    } else if (number == SIGINT) {
        interrupted();
    } else {
        forward(number);
    }
}

void Foreground::interrupted() {
    const auto now = std::chrono::steady_clock::now();
    const bool again = interrupted_at_ && now - *interrupted_at_ <= twice_within;
    interrupted_at_ = now;
    if (again && stopping_) {
        left_by_ = SIGINT;
    } else if (again && !jobs_.client_of(job_).empty()) {
        stopping_ = true;
        client_.stop(jobs_.client_of(job_), 0, ignore);
    } else {
        forward(SIGINT);
    }
}

/// A client that does not run yet takes no signal.
void Foreground::forward(int number) {
    const std::string client = jobs_.client_of(job_);
    if (client.empty()) {
        cancel();
        return;
    }
    client_.signal(client, number, [this, number](const client::Answer& answer) {
        if (answer.error && ends(number)) {
            cancel();
        }
    });
}

void Foreground::cancel() {
    cancelled_ = true;
    client_.cancel(job_, ignore); // the job may just be over; its end says so
}

/// berthd's sentence says no more than the exit code but where the image asked for what it was not given.
void Foreground::say_what_it_lacked(int code) const {
    const std::string message = text(jobs_.properties(job_), "Message");
    if (code != 0 && message.find("labels") != std::string::npos) {
        complain(who() + ": " + message);
    }
}

int Foreground::verdict() {
    if (left_by_ != 0) {
        complain("left; " + who() + " goes on" +
                 (jobs_.client_of(job_).empty() ? std::string{} : ", 'berth stop " + who() + "' ends it"));
        return exit_signal_offset + left_by_;
    }
    if (jobs_.berthd_left() && !jobs_.end(job_)) {
        complain("Failed: berthd left the bus" + std::string{job_.empty() ? "" : "; " + who() + " goes on"});
        return exit_berth_failed;
    }
    if (answer_->error) {
        complain(*answer_->error);
        return exit_berth_failed;
    }
    if (const auto code = jobs_.exit_code(job_)) {
        say_what_it_lacked(*code);
        return *code;
    }
    const auto end = jobs_.end(job_);
    if (end->result == "done" || (cancelled_ && signals_ == Signals::end)) {
        return exit_ok;
    }
    complain(end->error.empty() ? "Cancelled: the job was cancelled" : end->error);
    return cancelled_ ? exit_signal_offset + last_ : exit_code_of(end->error);
}

} // namespace berth::cli
