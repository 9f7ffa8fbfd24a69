#include "linux/seat_guards.hpp"

#include "base/log.hpp"
#include "guard/lease.hpp"
#include "linux/control_group.hpp"
#include "linux/file_tree.hpp"
#include "linux/helper_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstring>
#include <unistd.h>
#include <utility>
#include <vector>

namespace berth::os {
namespace {

using boost::asio::local::stream_protocol;
using guard::Lease;

constexpr std::size_t largest_answer = std::size_t{16} * 1024;
constexpr std::chrono::seconds start_limit{10};
constexpr const char* load_line = "load\n";

guard::Process process_of(pid_t pid) {
    guard::Process process;
    if (pid > 0 && guard::start_of(pid, process.start)) {
        process.pid = pid;
    }
    return process;
}

/// What is known of the seat now. One whose init is gone already is one of which nothing is alive: start 0 is nobody's.
void fill(Lease& lease, const model::Seat& seat) {
    lease.vt = seat.vt->vt;
    lease.home = seat.vt->home;
    lease.keyboard = seat.vt->keyboard_mode;
    lease.init = process_of(seat.init_pid);
    if (seat.init_pid > 0 && lease.init.pid == 0) {
        lease.init = {seat.init_pid, 0};
    }
    lease.leader = seat.lease ? process_of(seat.lease->leader) : guard::Process{};
    const std::string group = control_group_of_container(seat.init_pid, seat.container);
    if (group.size() < sizeof lease.cgroup) {
        std::memcpy(lease.cgroup, group.c_str(), group.size() + 1);
    }
}

Result<void> write_lease(const std::string& folder, const std::string& seat, const Lease& lease) {
    std::array<char, guard::largest_lease> text{};
    const std::size_t length = guard::print_lease(lease, text.data(), text.size());
    if (length == 0) {
        return Error{ErrorCode::failed, "the lease of " + seat + " is too long for its guard"};
    }
    const auto here = make_private_directory(folder);
    if (!here) {
        return here.error();
    }
    return replace_file_at(here->get(), seat + ".lease", {text.data(), length}, 0600);
}

/// What an answer says: that the lease is in hand, or why not.
Result<void> meaning_of(const std::string& answer) {
    const auto object = nlohmann::json::parse(answer, nullptr, false);
    if (!object.is_object()) {
        return Error{ErrorCode::failed, "the seat's guard did not answer in words that berthd knows"};
    }
    const auto error = object.find("error");
    if (error != object.end()) {
        return Error{ErrorCode::failed, "the seat's guard: " + (error->is_string() ? error->get<std::string>() : "?")};
    }
    return {};
}

} // namespace

/// One seat's guard as berthd sees it.
struct SeatGuards::Link : std::enable_shared_from_this<SeatGuards::Link> {
    Link(boost::asio::io_context& context, std::string where, model::SeatName name, const Start& starter)
        : io{context}, folder{std::move(where)}, seat{std::move(name)}, start{starter}, socket{context},
          retry{context} {}

    [[nodiscard]] Result<void> write() const { return write_lease(folder, seat.value, lease); }

    /// Gives the guard the lease that was written, having started it where there is none.
    void reach(Done<void> done) {
        waiting.push_back(std::move(done));
        if (up || connect()) {
            send();
        } else if (!starting) {
            starting = true;
            start(seat, [self = shared_from_this()](const Result<void>& started) {
                self->starting = false;
                self->started(started);
            });
        }
    }

    void started(const Result<void>& result) {
        if (result && connect()) {
            send();
            return;
        }
        answer_all(result ? Result<void>{Error{ErrorCode::failed, "the guard of " + seat.value + " does not listen"}}
                          : result);
    }

    bool connect() {
        boost::system::error_code error;
        socket = stream_protocol::socket{io};
        socket.connect(stream_protocol::endpoint{folder + "/" + seat.value + ".sock"}, error);
        up = !error;
        if (up) {
            socket.non_blocking(true, error);
            text.clear();
            read();
        }
        return up;
    }

    /// A line of five bytes fits into the socket's buffer, however busy the guard is.
    void send() {
        boost::system::error_code error;
        boost::asio::write(socket, boost::asio::buffer(load_line, std::strlen(load_line)), error);
        ++unanswered;
        if (error) {
            lost();
        }
    }

    void read() {
        boost::asio::async_read_until(
            socket, boost::asio::dynamic_buffer(text, largest_answer), '\n',
            [weak = weak_from_this()](const boost::system::error_code& error, std::size_t length) {
                const auto self = weak.lock();
                if (!self || error == boost::asio::error::operation_aborted) {
                    return;
                }
                if (error) {
                    self->lost();
                    return;
                }
                const std::string line = self->text.substr(0, length - 1);
                self->text.erase(0, length);
                self->read();
                self->heard(line);
            });
    }

    /// An answer is to everything that was asked before it: each `load` reads the same file, and the last one counts.
    void heard(const std::string& line) {
        if (--unanswered > 0) {
            return;
        }
        unanswered = 0;
        answer_all(meaning_of(line));
    }

    void answer_all(const Result<void>& result) {
        for (const Done<void>& done : std::exchange(waiting, {})) {
            done(result);
        }
    }

    /// The guard is gone. Where a terminal is lent, or somebody waits, it is reached again.
    void lost() {
        up = false;
        unanswered = 0;
        boost::system::error_code ignored;
        socket.close(ignored);
        if (!lent && waiting.empty()) {
            return;
        }
        log::warning("the guard of the text terminal is gone; it is started again", {{"BERTH_SEAT", seat.value}});
        reach_later();
    }

    void reach_later() {
        retry.expires_after(retry_after);
        retry.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!self || error || self->up) {
                return;
            }
            self->reach([weak](const Result<void>& told) {
                const auto still = weak.lock();
                if (still && !told) {
                    log::error(told.error().message, {{"BERTH_SEAT", still->seat.value}});
                    if (still->lent) {
                        still->reach_later();
                    }
                }
            });
        });
    }

    /// For what nobody waits for.
    void tell() {
        if (const auto written = write(); !written) {
            log::error(written.error().message, {{"BERTH_SEAT", seat.value}});
            return;
        }
        if (up) {
            reach([name = seat](const Result<void>& told) {
                if (!told) {
                    log::error(told.error().message, {{"BERTH_SEAT", name.value}});
                }
            });
        } // else it reads the file when it is there again
    }

    boost::asio::io_context& io;
    std::string folder;
    model::SeatName seat;
    const Start& start;
    stream_protocol::socket socket;
    boost::asio::steady_timer retry;
    std::string text;
    Lease lease;
    bool lent{false};
    bool up{false};
    bool starting{false};
    std::size_t unanswered{0}; ///< lines sent
    std::vector<Done<void>> waiting;
};

SeatGuards::SeatGuards(boost::asio::io_context& io, std::string runtime_dir, Start start)
    : io_{io}, folder_{std::move(runtime_dir) + "/guard"}, start_{std::move(start)} {}

SeatGuards::~SeatGuards() = default;

std::shared_ptr<SeatGuards::Link> SeatGuards::link_of(const model::SeatName& seat) {
    auto& link = links_[seat];
    if (!link) {
        link = std::make_shared<Link>(io_, folder_, seat, start_);
    }
    return link;
}

void SeatGuards::arm(const model::Seat& seat, Done<void> done) {
    const auto link = link_of(seat.name);
    link->lease = Lease{};
    link->lease.word = Lease::Word::armed;
    fill(link->lease, seat);
    const auto written = link->write();
    if (!written) {
        boost::asio::post(io_, [done = std::move(done), error = written.error()] { done(error); });
        return;
    }
    link->lent = true;
    link->reach([link, done = std::move(done)](const Result<void>& told) {
        if (!told) { // nothing is lent to whom nobody guards
            link->lent = false;
            link->lease = Lease{};
            link->tell();
        }
        done(told);
    });
}

void SeatGuards::tell(const model::Seat& seat) {
    const auto link = links_.find(seat.name);
    if (link != links_.end() && link->second->lent && seat.vt) {
        fill(link->second->lease, seat);
        link->second->tell();
    }
}

void SeatGuards::give_back(const model::SeatName& seat) {
    const auto link = links_.find(seat);
    if (link != links_.end() && link->second->lent) {
        link->second->lease.word = Lease::Word::restore;
        link->second->tell();
    }
}

void SeatGuards::disarm(const model::SeatName& seat) {
    const bool known = links_.contains(seat);
    if (!known && ::access((folder_ + "/" + seat.value + ".lease").c_str(), F_OK) != 0) {
        return; // nothing was ever lent
    }
    const auto link = link_of(seat); // or it was lent by an earlier berthd, whose desktop was only cleared away
    link->lent = false;
    link->lease = Lease{};
    if (!link->up) {
        link->connect();
    }
    link->tell();
}

SeatGuards::Start SeatGuards::starter(boost::asio::io_context& io, const std::string& program,
                                      const std::string& runtime_dir, bool by_systemd) {
    return [&io, program, runtime_dir, by_systemd](const model::SeatName& seat, const Done<void>& done) {
        const std::string unit = "berth-guard@" + seat.value + ".service";
        const std::vector<std::string> command =
            by_systemd ? std::vector<std::string>{"/bin/systemctl", "start", unit}
                       : std::vector<std::string>{program, "--runtime", runtime_dir, "--detach", seat.value};
        run_helper(io, command, start_limit, [done, what = by_systemd ? unit : program](const auto& outcome) {
            if (!outcome) {
                done(outcome.error());
            } else if (outcome->exit_code != 0) {
                done(Error{ErrorCode::failed,
                           what + ", which guards the text terminal, could not be started (exit status " +
                               std::to_string(outcome->exit_code) + ")"});
            } else {
                done({});
            }
        });
    };
}

} // namespace berth::os
