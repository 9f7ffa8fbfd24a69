#pragma once

#include "support/scratch_folder.hpp"

#include <string>

namespace berth::test {

/// A folder of PAM services of a test's own, for pam_start_confdir(3).
class PamFolder {
  public:
    /// Writes the service "berth".
    void serve(const std::string& lines) const { write_file(folder_.path() + "/berth", lines); }

    /// A session whose logind id is `id`, as pam_systemd(8) leaves it in the environment, and whose opening and closing
    /// is written down in `log()`. Whatever is between braces in `more` is expanded by pam_env(8).
    void serve_session(const std::string& id, const std::string& more = {}) const {
        write_file(folder_.path() + "/env",
                   "XDG_SESSION_ID DEFAULT=" + id + "\nXDG_RUNTIME_DIR DEFAULT=/run/user/1000\n" + more);
        write_file(folder_.path() + "/note", "echo \"$PAM_TYPE $PAM_USER $PAM_TTY\" >>" + log_path() + "\n");
        serve("auth required pam_deny.so\naccount required pam_permit.so\n"
              "session required pam_env.so readenv=0 conffile=" +
              folder_.path() + "/env\nsession required pam_exec.so /bin/sh " + folder_.path() + "/note\n");
    }

    [[nodiscard]] const std::string& path() const { return folder_.path(); }

    /// What was done so far, one line each: "open_session USER TTY".
    [[nodiscard]] std::string log() const { return read_file(log_path()); }

  private:
    [[nodiscard]] std::string log_path() const { return folder_.path() + "/log"; }

    ScratchFolder folder_;
};

} // namespace berth::test
