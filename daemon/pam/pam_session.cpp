#include "pam/pam_session.hpp"

#include "base/log.hpp"

#include <cstdlib>
#include <security/pam_appl.h>
#include <utility>

namespace berth::pam {
namespace {

/// pam_conv(3). What a module tells goes to the journal; what it asks is refused, so that it never waits for a person.
int converse(int count, const pam_message** messages, pam_response** answers, void*) {
    if (count <= 0 || count > PAM_MAX_NUM_MSG) {
        return PAM_CONV_ERR;
    }
    for (int i = 0; i < count; ++i) {
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON) {
            return PAM_CONV_ERR;
        }
    }
    for (int i = 0; i < count; ++i) {
        const bool error = messages[i]->msg_style == PAM_ERROR_MSG;
        log::write(error ? log::Level::warning : log::Level::info, std::string{"PAM: "} + messages[i]->msg);
    }
    // libpam frees the answers, which are all empty (pam_conv(3)).
    *answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    return *answers == nullptr ? PAM_BUF_ERR : PAM_SUCCESS;
}

/// Answers that mean that this user may not: pam_acct_mgmt(3), pam_open_session(3).
bool is_refusal(int code) {
    switch (code) {
    case PAM_USER_UNKNOWN:
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_AUTHTOK_EXPIRED:
    case PAM_PERM_DENIED:
    case PAM_AUTH_ERR:
    case PAM_CRED_EXPIRED:
    case PAM_MAXTRIES:
        return true;
    default:
        return false;
    }
}

} // namespace

struct PamSession::Handle {
    explicit Handle(const Request& request) : user{request.user} {
        status = request.confdir.empty() ? ::pam_start(request.service.c_str(), user.c_str(), &conversation, &pam)
                                         : ::pam_start_confdir(request.service.c_str(), user.c_str(), &conversation,
                                                               request.confdir.c_str(), &pam);
    }

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    ~Handle() {
        if (opened) {
            status = ::pam_close_session(pam, PAM_SILENT);
            if (status != PAM_SUCCESS) {
                log::warning(error("closing the session").message);
            }
        }
        if (has_credentials) {
            status = ::pam_setcred(pam, PAM_DELETE_CRED | PAM_SILENT);
        }
        if (pam != nullptr) {
            ::pam_end(pam, status);
        }
    }

    [[nodiscard]] Error error(const std::string& step) const {
        const std::string what = "PAM refused " + step + " for user " + user + ": " + ::pam_strerror(pam, status);
        return Error{is_refusal(status) ? ErrorCode::not_authorized : ErrorCode::failed, what};
    }

    /// True: that step succeeded.
    bool step(int result) {
        status = result;
        return result == PAM_SUCCESS;
    }

    std::string user;
    pam_conv conversation{converse, nullptr};
    pam_handle_t* pam{nullptr};
    int status{PAM_SUCCESS};
    bool has_credentials{false};
    bool opened{false};
};

PamSession::PamSession(std::unique_ptr<Handle> handle) : handle_{std::move(handle)} {}

PamSession::PamSession(PamSession&&) noexcept = default;

PamSession::~PamSession() = default;

Result<PamSession> PamSession::open(const Request& request) {
    auto handle = std::make_unique<Handle>(request);
    if (handle->status != PAM_SUCCESS) {
        return handle->error("to begin");
    }
    if (!request.tty.empty() && !handle->step(::pam_set_item(handle->pam, PAM_TTY, request.tty.c_str()))) {
        return handle->error("terminal " + request.tty);
    }
    for (const auto& [name, value] : request.environment) {
        const std::string variable = std::string{name}.append("=").append(value);
        if (!handle->step(::pam_putenv(handle->pam, variable.c_str()))) {
            return handle->error("the variable " + name);
        }
    }
    if (!handle->step(::pam_acct_mgmt(handle->pam, 0))) {
        return handle->error("the account");
    }
    // The service authenticates nobody, so its "auth" part may well deny: credentials are for modules that a site adds.
    handle->has_credentials = ::pam_setcred(handle->pam, PAM_ESTABLISH_CRED | PAM_SILENT) == PAM_SUCCESS;
    if (!handle->step(::pam_open_session(handle->pam, 0))) {
        return handle->error("the session");
    }
    handle->opened = true;
    return PamSession{std::move(handle)};
}

std::optional<std::string> PamSession::variable(const std::string& name) const {
    const char* const value = ::pam_getenv(handle_->pam, name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

} // namespace berth::pam
