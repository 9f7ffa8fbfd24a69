#pragma once

#include "base/result.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace berth::pam {

/// What a session is opened with.
struct Request {
    std::string service{"berth"};                     ///< the file below /etc/pam.d
    std::string user;                                 ///< name of the host's user that the session is for
    std::string tty;                                  ///< PAM_TTY, e.g. "tty7"; empty: none
    std::map<std::string, std::string> environment{}; ///< what pam_systemd(8) reads: XDG_SEAT, XDG_VTNR, …
    std::string confdir{}; ///< folder of the service's file instead of /etc/pam.d (pam_start_confdir(3)); empty: none
};

/// One PAM session, open as long as this lives (pam_open_session(3), pam_close_session(3)). The process that opens it
/// is the leader of its logind session. Nobody is asked for anything: a module that wants to know a password is
/// refused.
class PamSession {
  public:
    /// pam_start, pam_acct_mgmt, pam_setcred, pam_open_session. Blocks as long as the modules do: pam_systemd waits for
    /// logind. An error names the step and says what libpam says: not_authorized when the account may not log in or
    /// there is no such user, else failed.
    static Result<PamSession> open(const Request& request);

    PamSession(PamSession&&) noexcept;
    PamSession(const PamSession&) = delete;
    PamSession& operator=(PamSession&&) = delete;
    PamSession& operator=(const PamSession&) = delete;

    /// Closes the session; a failure is logged. Blocks as `open` does.
    ~PamSession();

    /// A variable of PAM's environment (pam_getenv(3)): pam_systemd sets XDG_SESSION_ID and XDG_RUNTIME_DIR.
    [[nodiscard]] std::optional<std::string> variable(const std::string& name) const;

  private:
    struct Handle;

    explicit PamSession(std::unique_ptr<Handle> handle);

    std::unique_ptr<Handle> handle_;
};

} // namespace berth::pam
