#include "seat_program.hpp"

#include "base/log.hpp"
#include "inputs/signals.hpp"
#include "linux/file_mirror.hpp"
#include "linux/file_tree.hpp"
#include "linux/sd_notify.hpp"
#include "login1/state_files.hpp"
#include "login1_bus/bridge.hpp"
#include "login1_bus/host_logind.hpp"
#include "pam/pam_session.hpp"
#include "udev_relay/relay.hpp"

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

namespace berth {
namespace {

using login1::End;

/// The service manager's STATUS=, at most twice a second: what it tells is the container's to repeat.
class StatusLine {
  public:
    StatusLine(boost::asio::io_context& io, os::ServiceNotifier& notifier) : timer_{io}, notifier_{notifier} {}

    void show(const std::string& status) {
        if (waiting_) {
            next_ = status;
            return;
        }
        notifier_.status(status);
        waiting_ = true;
        timer_.expires_after(std::chrono::milliseconds{500});
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) {
                return; // the object goes
            }
            waiting_ = false;
            if (next_) {
                show(*std::exchange(next_, std::nullopt));
            }
        });
    }

  private:
    boost::asio::steady_timer timer_;
    os::ServiceNotifier& notifier_;
    std::optional<std::string> next_;
    bool waiting_{false};
};

/// The file that tells berthd of the session; removed when the session is over.
class StateFile {
  public:
    explicit StateFile(std::string path) : path_{std::move(path)} {}

    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;

    ~StateFile() {
        if (written_) {
            ::unlink(path_.c_str());
        }
    }

    Result<void> write(const nlohmann::json& state) {
        const std::filesystem::path path{path_};
        const auto folder = os::make_directories(path.parent_path());
        if (!folder) {
            return folder.error();
        }
        auto written = os::replace_file_at(folder->get(), path.filename(), state.dump(2) + "\n", 0644);
        written_ = bool{written};
        return written;
    }

  private:
    std::string path_;
    bool written_{false};
};

pam::Request pam_request(const SeatOptions& options) {
    pam::Request request{.user = options.user,
                         .tty = {},
                         .environment = {{"XDG_SEAT", options.seat},
                                         {"XDG_SESSION_TYPE", "wayland"},
                                         {"XDG_SESSION_CLASS", "user"},
                                         {"XDG_SESSION_DESKTOP", options.desktop}},
                         .confdir = options.pam_confdir};
    if (options.vt != 0) { // pam_systemd(8) takes a terminal for seat0's
        const std::string vt = std::to_string(options.vt);
        request.tty = "tty" + vt;
        request.environment["XDG_VTNR"] = vt;
    }
    return request;
}

/// One run: from the open PAM session until the end.
class Program {
  public:
    Program(const SeatOptions& options, const pam::PamSession& pam)
        : options_{options}, pam_{pam},
          signals_{io_, inputs::Signals::Callbacks{[this] { terminate(); }, [] {}}}, // SIGHUP: nothing to reload
          notifier_{io_}, status_{io_, notifier_},
          relay_{io_, options.seat, {.withhold_cards = options.withhold_cards}}, state_{options.state},
          host_{
              io_, options.host_bus,
              login1::HostLogind::Callbacks{[this](sd_bus_message* signal) {
                                                if (bridge_) {
                                                    bridge_->host_signal(signal);
                                                }
                                            },
                                            [this](End end, const std::string& sentence) { finish(end, sentence); }}} {}

    End run(const std::string& session_id) {
        host_.find(session_id, [this](const Result<login1::Session>& found) {
            found ? begin(*found) : finish(End::no_session, found.error().message);
        });
        io_.run();
        return end_;
    }

  private:
    void begin(login1::Session session) {
        if (session.seat != options_.seat || session.vt != options_.vt) {
            finish(End::no_session, "session " + session.id + " is on " + session.seat + ", VT " +
                                        std::to_string(session.vt) + ", not where it was asked for");
            return;
        }
        session.leader = static_cast<std::uint32_t>(::getpid()); // whose PID inhibitors have, too
        host_.activate([this, session](const Result<void>& activated) {
            if (!activated) { // a person can still switch to it
                log::warning(activated.error().message, {{"BERTH_SEAT", options_.seat}});
            }
            bridge(session);
        });
    }

    void bridge(const login1::Session& session) {
        if (stopping_) {
            return;
        }
        try {
            mirror(session);
            bridge_.emplace(
                io_, host_, login1::Bridge::Settings{.session = session, .container_bus = options_.container_bus},
                login1::Bridge::Callbacks{[this](const std::string& status) { status_.show(status); },
                                          [this](const std::string& name) {
                                              finish(End::controller_hung,
                                                     name + ", which has screen and keyboard of the session, "
                                                            "does not answer: it was stopped, or hangs");
                                          },
                                          [this](int socket) { relay_.attach(socket); }, [this] { relay_.detach(); }});
        } catch (const std::exception& failure) {
            finish(End::failed, failure.what());
            return;
        }
        if (const auto written = state_.write(describe(session)); !written) {
            finish(End::failed, written.error().message);
            return;
        }
        log::info("session " + session.id + " of " + session.user_name + " is open", {{"BERTH_SEAT", options_.seat}});
        notifier_.ready("waiting for the container's bus");
    }

    /// Throws where logind's files cannot be watched, or the copies not be written.
    void mirror(const login1::Session& session) {
        if (options_.login_files.empty()) {
            return;
        }
        std::vector<os::FileMirror::File> files;
        for (const auto file : {login1::StateFile::session, login1::StateFile::user, login1::StateFile::seat}) {
            const std::string path = "/" + login1::path_of(file, session);
            files.push_back({options_.login_state + path, options_.login_files + path,
                             [file, session](std::string_view text) { return visible_part(file, text, session); }});
        }
        mirror_.emplace(io_, std::move(files));
    }

    [[nodiscard]] nlohmann::json describe(const login1::Session& session) const {
        return {{"session", session.id},
                {"sessionPath", session.path},
                {"user", session.user_name},
                {"userPath", session.user_path},
                {"uid", session.uid},
                {"seat", session.seat},
                {"seatPath", session.seat_path},
                {"vt", session.vt},
                {"runtimeDirectory", pam_.variable("XDG_RUNTIME_DIR").value_or("")},
                {"leader", session.leader}};
    }

    void terminate() {
        if (std::exchange(stopping_, true)) {
            return;
        }
        notifier_.stopping("releasing control of the session");
        if (!bridge_) {
            finish(End::asked, "");
            return;
        }
        bridge_->stop([this] { finish(End::asked, ""); });
    }

    void finish(End end, const std::string& sentence) {
        if (io_.stopped()) {
            return;
        }
        if (end != End::asked) {
            log::error(sentence, {{"BERTH_SEAT", options_.seat}});
        }
        end_ = end;
        io_.stop();
    }

    const SeatOptions& options_;
    const pam::PamSession& pam_;
    boost::asio::io_context io_{1};
    inputs::Signals signals_;
    os::ServiceNotifier notifier_;
    StatusLine status_;
    udev_relay::Relay relay_;
    StateFile state_;
    End end_{End::failed};
    bool stopping_{false};
    std::optional<os::FileMirror> mirror_;
    login1::HostLogind host_;
    std::optional<login1::Bridge> bridge_; // before the host that it calls: goes first
};

} // namespace

End run_seat(const SeatOptions& options) {
    const auto session = pam::PamSession::open(pam_request(options));
    if (!session) {
        const bool refused = session.error().code == ErrorCode::not_authorized;
        log::error(session.error().message, {{"BERTH_SEAT", options.seat}});
        return refused ? End::pam_refused : End::no_session;
    }
    const auto id = session->variable("XDG_SESSION_ID");
    if (!id) {
        log::error("PAM opened no session of logind: pam_systemd is not in the service, logind does not run, or this "
                   "process is in a session already",
                   {{"BERTH_SEAT", options.seat}});
        return End::no_session;
    }
    std::optional<Program> program;
    try {
        program.emplace(options, *session);
    } catch (const std::exception& failure) {
        log::error(std::string{"the host's bus: "} + failure.what(), {{"BERTH_SEAT", options.seat}});
        return End::host_bus_lost;
    }
    return program->run(*id);
}

} // namespace berth
