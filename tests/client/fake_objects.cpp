#include "client/fake_objects.hpp"

#include "client/fake_berthd.hpp"
#include "lib/variant_json.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::testing {

namespace {

UniqueFd copy(const sdbus::UnixFd& fd) {
    return UniqueFd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
}

bool is_set(const Values& options, const char* name) {
    const auto found = options.find(name);
    return found != options.end() && found->second.get<bool>();
}

/// Where a test has ended the bus there is nobody to tell.
template <class Work>
void tell(Work&& work) {
    try {
        work();
    } catch (const sdbus::Error&) {
        return;
    }
}

} // namespace

FakeJob::FakeJob(FakeBerthd& berthd, sdbus::IConnection& connection, JobFacts job)
    : AdaptorInterfaces{connection, sdbus::ObjectPath{"/org/berth/Berth1/jobs/" + std::to_string(job.number)}},
      facts{std::move(job)}, berthd_{berthd} {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

FakeJob::~FakeJob() {
    tell([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

void FakeJob::finish(const std::string& result, const std::string& error, int exit_code) {
    facts.state = result;
    facts.error = error;
    facts.exit_code = exit_code;
    tell([&] {
        tell_change(getObject(), Job_adaptor::INTERFACE_NAME, {"State", "Error", "ExitCode"});
        emitFinished(result, error);
    });
}

void FakeJob::Cancel(PlainResult&& result) {
    berthd_.note("Cancel", std::to_string(facts.number), {});
    if (!berthd_.refuse("Cancel", result)) {
        result.returnResults();
        berthd_.cancel(*this);
    }
}

void FakeJob::Resize(PlainResult&& result, std::uint32_t rows, std::uint32_t columns) {
    berthd_.note("Resize", std::to_string(facts.number), {rows, columns});
    if (process) {
        process->resize(rows, columns);
    }
    result.returnResults();
}

FakeClient::FakeClient(FakeBerthd& berthd, sdbus::IConnection& connection, std::string at, ClientFacts client)
    : AdaptorInterfaces{connection, sdbus::ObjectPath{at}}, path{std::move(at)}, facts{std::move(client)},
      berthd_{berthd} {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

FakeClient::~FakeClient() {
    tell([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

void FakeClient::become(const std::string& state) {
    facts.state = state;
    tell([this] { tell_change(getObject(), Client_adaptor::INTERFACE_NAME, {"State", "ExitCode"}); });
}

void FakeClient::Grant(sdbus::Result<Values>&& result, Strings grants, Values options) {
    berthd_.note("Grant", facts.name,
                 options.empty() ? nlohmann::json(grants) : nlohmann::json{grants, client::json_of_named(options)});
    if (!berthd_.refuse("Grant", result)) {
        result.returnResults(Values{{"environment", sdbus::Variant{facts.environment}}});
    }
}

void FakeClient::Revoke(PlainResult&& result, Strings grants) {
    berthd_.note("Revoke", facts.name, grants);
    if (!berthd_.refuse("Revoke", result)) {
        result.returnResults();
    }
}

void FakeClient::Exec(JobResult&& result, Strings argv, Values options, std::vector<sdbus::UnixFd> stdio) {
    berthd_.note("Exec", facts.name, {argv, client::json_of_named(options)});
    if (!berthd_.refuse("Exec", result)) {
        berthd_.exec(std::move(result), *this, argv, options,
                     Streams{copy(stdio.at(0)), copy(stdio.at(1)), copy(stdio.at(2))});
    }
}

void FakeClient::Stop(JobResult&& result, std::uint32_t timeout_ms) {
    berthd_.note("Stop", facts.name, timeout_ms);
    if (!berthd_.refuse("Stop", result)) {
        berthd_.stop(std::move(result), *this, timeout_ms);
    }
}

void FakeClient::Signal(PlainResult&& result, std::int32_t signal) {
    berthd_.note("Signal", facts.name, signal);
    if (!berthd_.refuse("Signal", result)) {
        result.returnResults();
        berthd_.signal(*this, signal);
    }
}

void FakeClient::Freeze(PlainResult&& result) {
    berthd_.note("Freeze", facts.name, {});
    if (!berthd_.refuse("Freeze", result)) {
        become("frozen");
        result.returnResults();
    }
}

void FakeClient::Thaw(PlainResult&& result) {
    berthd_.note("Thaw", facts.name, {});
    if (!berthd_.refuse("Thaw", result)) {
        become("running");
        result.returnResults();
    }
}

void FakeClient::Snapshot(JobResult&& result, std::string tag) {
    berthd_.note("Snapshot", facts.name, tag);
    if (!berthd_.refuse("Snapshot", result)) {
        berthd_.snapshot(std::move(result), *this);
    }
}

void FakeClient::Logs(JobResult&& result, Values options, std::vector<sdbus::UnixFd> stdio) {
    berthd_.note("Logs", facts.name, client::json_of_named(options));
    if (!berthd_.refuse("Logs", result)) {
        berthd_.logs(std::move(result), *this, is_set(options, "follow"),
                     Streams{UniqueFd{}, copy(stdio.at(0)), copy(stdio.at(1))});
    }
}

FakeManager::FakeManager(FakeBerthd& berthd, sdbus::IConnection& connection)
    : AdaptorInterfaces{connection, sdbus::ObjectPath{"/org/berth/Berth1"}}, berthd_{berthd} {
    registerAdaptor();
}

FakeManager::~FakeManager() {
    unregisterAdaptor();
}

sdbus::ObjectPath FakeManager::GetSeat(const std::string& name) {
    if (name == "seat0") {
        return sdbus::ObjectPath{FakeSeat::path};
    }
    throw bus::compat::make_error("org.berth.Berth1.Error.NoSuchSeat", "there is no seat \"" + name + "\"");
}

void FakeManager::Run(JobResult&& result, std::string app, Strings argv, Values options) {
    nlohmann::json said = client::json_of_named(options);
    said["stdio"] = options.contains("stdio");
    berthd_.note("Run", app, {argv, said});
    if (!berthd_.refuse("Run", result)) {
        berthd_.run(std::move(result), app, argv, options);
    }
}

void FakeManager::Attach(JobResult&& result, std::string container, Strings grants, Values options) {
    berthd_.note("Attach", container, {grants, client::json_of_named(options)});
    if (!berthd_.refuse("Attach", result)) {
        result.returnResults(GetClient(container)); // the test has it already
    }
}

sdbus::ObjectPath FakeManager::GetClient(const std::string& name) {
    if (const FakeClient* client = berthd_.client(name)) {
        return sdbus::ObjectPath{client->path};
    }
    throw bus::compat::make_error("org.berth.Berth1.Error.NoSuchClient", "there is no client \"" + name + "\"");
}

} // namespace berth::testing
