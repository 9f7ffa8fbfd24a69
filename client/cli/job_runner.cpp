#include "cli/job_runner.hpp"

#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"

#include <iostream>
#include <unistd.h>

namespace berth::cli {

JobRunner::JobRunner(client::BerthClient& client)
    : client_{client}, progress_{std::cerr, ::isatty(STDERR_FILENO) == 1},
      signal_fd_{take_signals({SIGINT, SIGTERM, SIGALRM})} {
    client_.listen([this](const client::Signal& signal) { heard(signal); });
}

int JobRunner::run(const Start& start, bool wait) {
    wait_ = wait;
    start([this](const client::Answer& answer) { answered(answer); });
    serve();
    return verdict();
}

int JobRunner::run_unnamed(const Start& start, const std::string& kind, const std::string& path) {
    const int code = run(start, false);
    const std::string job = code == exit_ok ? job_of(kind, path) : std::string{};
    return job.empty() ? code : follow(job);
}

/// One that was heard of may be over by now, and is no object any more.
std::string JobRunner::job_of(const std::string& kind, const std::string& path) const {
    for (const auto& known : {jobs_.all(), client_.overview().jobs}) {
        for (const auto& [object, job] : known) {
            if (text(job, "Kind") == kind && (text(job, "Seat") == path || text(job, "Client") == path)) {
                return object;
            }
        }
    }
    return {};
}

int JobRunner::follow(const std::string& job_path) {
    wait_ = true; // the call itself was not waited for beyond its answer
    answer_ = client::Answer{std::nullopt, job_path};
    job_ = job_path;
    if (interrupts_ > 0) {
        cancel(); // it could not be named when they came
    }
    serve();
    return verdict();
}

void JobRunner::serve() {
    client_.run([this] { return over(); }, signal_fd_, [this] { interrupted(); });
    progress_.end();
}

bool JobRunner::over() const {
    if (left_ || berthd_is_gone_) {
        return true;
    }
    return answer_ && (answer_->error || !wait_ || job_.empty() || jobs_.end(job_));
}

void JobRunner::heard(const client::Signal& signal) {
    jobs_.heard(signal);
    if (signal.member == "Left") {
        berthd_left();
        return;
    }
    if (signal.path != job_ || (signal.member != "PropertiesChanged" && signal.member != "InterfacesAdded")) {
        return;
    }
    const client::Properties job = jobs_.properties(job_);
    if (const auto progress = job.find("Progress"); progress != job.end()) {
        progress_.show(text(job, "Phase"), progress->second.get<double>(), text(job, "Message"));
    }
}

void JobRunner::answered(const client::Answer& answer) {
    answer_ = answer;
    job_ = answer.job;
    heard(client::Signal{.path = job_, .member = "PropertiesChanged", .arguments = {}, .changed = {}});
    if (interrupts_ > 0) {
        cancel();
    }
}

void JobRunner::berthd_left() {
    if (!answer_ || job_.empty()) {
        berthd_is_gone_ = true; // nobody knows of the call any more
        return;
    }
    if (!over()) {
        progress_.end();
        std::cerr << "berthd left the bus; waiting for the next one" << std::endl;
        ::alarm(longest_absence_s);
    }
}

void JobRunner::interrupted() {
    bool asked = false;
    while (const int number = next_signal(signal_fd_)) {
        (number == SIGALRM ? berthd_is_gone_ : asked) = true;
    }
    if (!asked) {
        return;
    }
    ++interrupts_;
    if (interrupts_ > 1) {
        left_ = true;
        return;
    }
    cancel();
}

void JobRunner::cancel() {
    if (job_.empty()) {
        return; // the call is not answered yet: answered() comes back to this
    }
    progress_.end();
    std::cerr << "cancelling; Ctrl-C again leaves the job to itself" << std::endl;
    client_.cancel(job_, [](const client::Answer& answer) {
        if (answer.error) { // the job may just be over; its end says so
            complain(*answer.error);
        }
    });
}

int JobRunner::verdict() {
    if (left_) {
        complain(std::string{"left; the job goes on"});
        return exit_failed;
    }
    if (!answer_ || berthd_is_gone_) {
        complain(std::string{"Failed: berthd left the bus"});
        return exit_failed;
    }
    if (answer_->error) {
        complain(*answer_->error);
        return exit_failed;
    }
    const auto end = jobs_.end(job_);
    if (!end || end->result == "done") {
        return exit_ok;
    }
    complain(end->error.empty() ? "Cancelled: the job was cancelled" : end->error);
    return exit_failed;
}

int stop_client(client::BerthClient& berthd, const std::string& path, unsigned timeout_ms, const std::string& done) {
    JobRunner runner{berthd};
    const int code = runner.run(
        [&](client::BerthClient::Answered answered) { berthd.stop(path, timeout_ms, std::move(answered)); }, true);
    if (code == exit_ok) {
        say(done);
    }
    return code;
}

} // namespace berth::cli
