#include "client/fake_berthd.hpp"

#include "bus/waiting.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::testing {

namespace {

constexpr const char* service = "org.berth.Berth1";

/// As sd_bus_path_encode(3) for names of letters, digits and "-".
std::string client_path(const std::string& name) {
    std::string path = "/org/berth/Berth1/clients/";
    for (const char byte : name) {
        path += byte == '-' ? std::string{"_2d"} : std::string{byte};
    }
    return path;
}

template <class Value>
Value option(const Values& options, const char* name, Value otherwise) {
    const auto found = options.find(name);
    return found == options.end() ? otherwise : found->second.get<Value>();
}

Streams streams_of(const Values& options) {
    const auto descriptor = [&](std::size_t which) {
        const auto stdio = option(options, "stdio", std::vector<sdbus::UnixFd>{});
        return UniqueFd{stdio.empty() ? ::open("/dev/null", O_RDWR | O_CLOEXEC)
                                      : ::fcntl(stdio.at(which).get(), F_DUPFD_CLOEXEC, 0)};
    };
    return Streams{descriptor(0), descriptor(1), descriptor(2)};
}

} // namespace

FakeBerthd::FakeBerthd(boost::asio::io_context& io, const std::string& address)
    : io_{io}, connection_{bus::compat::open(address)}, manager_{std::make_unique<FakeManager>(*this, *connection_)},
      seat_{*connection_} {
    connection_->requestName(bus::compat::ServiceName{service});
    readable_ = std::make_unique<boost::asio::posix::stream_descriptor>(
        io, ::fcntl(connection_->getEventLoopPollData().fd, F_DUPFD_CLOEXEC, 0));
    serve();
}

FakeBerthd::~FakeBerthd() = default;

void FakeBerthd::serve() {
    try {
        while (bus::compat::process(*connection_)) {
        }
    } catch (const sdbus::Error&) {
        return; // a test has ended the bus
    }
    readable_->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this](const boost::system::error_code& error) {
                              if (!error) {
                                  serve();
                              }
                          });
}

/// Not from inside a call of the object that is to go.
void FakeBerthd::later(std::function<void()> work) {
    boost::asio::post(io_, std::move(work));
}

FakeClient& FakeBerthd::add_client(ClientFacts facts) {
    const std::string path = client_path(facts.name);
    auto& client = clients_[path];
    client.reset();
    client = std::make_unique<FakeClient>(*this, *connection_, path, std::move(facts));
    return *client;
}

FakeClient* FakeBerthd::client(const std::string& name) const {
    const auto found = clients_.find(client_path(name));
    return found == clients_.end() ? nullptr : found->second.get();
}

void FakeBerthd::leave() {
    connection_->releaseName(bus::compat::ServiceName{service});
}

void FakeBerthd::go_on() {
    if (const auto work = std::exchange(held_, nullptr)) {
        work();
    }
}

bool FakeBerthd::called(const std::string& member, std::size_t count) {
    return run_until(io_, [&] { return calls(member).size() >= count; });
}

std::vector<FakeCall> FakeBerthd::calls(const std::string& member) const {
    std::vector<FakeCall> result;
    std::copy_if(calls_.begin(), calls_.end(), std::back_inserter(result),
                 [&](const FakeCall& call) { return call.member == member; });
    return result;
}

void FakeBerthd::note(const std::string& member, const std::string& object, nlohmann::json arguments) {
    calls_.push_back(FakeCall{member, object, std::move(arguments)});
}

FakeJob& FakeBerthd::add_job(const std::string& kind, const std::string& client) {
    const unsigned number = ++last_job_;
    JobFacts facts;
    facts.number = number;
    facts.kind = kind;
    facts.client = client;
    return *(jobs_[number] = std::make_unique<FakeJob>(*this, *connection_, std::move(facts)));
}

FakeJob* FakeBerthd::job_of(const std::string& client) const {
    for (const auto& [number, job] : jobs_) {
        if (job->facts.client == client && job->facts.kind == "run") {
            return job.get();
        }
    }
    return nullptr;
}

void FakeBerthd::run(JobResult&& result, const std::string& app, const Strings& argv, const Values& options) {
    if (unanswered) {
        unanswered = false;
        held_ = [this, kept = std::make_shared<JobResult>(std::move(result)), app, argv, options] {
            run(std::move(*kept), app, argv, options);
        };
        return;
    }
    ClientFacts facts;
    facts.name = option(options, "name", app + "-1");
    facts.app = app;
    facts.command = argv;
    facts.state = "preparing";
    facts.kept = option(options, "keep", false);
    FakeClient& client = add_client(std::move(facts));
    FakeJob& job = add_job("run", client.path);
    result.returnResults(sdbus::ObjectPath{"/org/berth/Berth1/jobs/" + std::to_string(job.facts.number)});
    held_ = [this, number = job.facts.number, path = client.path, argv, options] {
        if (const auto found = jobs_.find(number); found != jobs_.end()) {
            begin(*found->second, clients_.at(path).get(), argv, options, streams_of(options));
        }
    };
    if (!prepares) {
        later([this] { go_on(); });
    }
}

void FakeBerthd::begin(FakeJob& job, FakeClient* client, const Strings& argv, const Values& options, Streams streams) {
    const unsigned number = job.facts.number;
    if (!job_error.empty()) {
        end(number, "failed", job_error, -1);
        return;
    }
    const bool detached = job.facts.kind == "run" && !options.contains("stdio");
    const std::string path = client == nullptr ? std::string{} : client->path;
    job.process = std::make_unique<ContainedProcess>(
        io_, argv, option(options, "environment", std::map<std::string, std::string>{}), std::move(streams),
        option(options, "terminal", false), [this, number, path, detached](int code) {
            later([this, number, path, detached, code] {
                if (!path.empty()) {
                    client_ended(path, code);
                }
                if (!detached) {
                    end(number, "done", "", code);
                }
            });
        });
    if (client != nullptr) {
        client->become("running");
    }
    if (detached) {
        job.finish("done", "", -1); // its process is the job's as long as the test needs it
    }
}

void FakeBerthd::client_ended(const std::string& path, int code) {
    FakeClient& client = *clients_.at(path);
    client.facts.exit_code = code;
    client.become("exited");
    if (!client.facts.kept) {
        clients_.erase(path);
    }
}

void FakeBerthd::end(unsigned job, const std::string& result, const std::string& error, int code) {
    if (const auto found = jobs_.find(job); found != jobs_.end()) {
        found->second->finish(result, error, code);
        jobs_.erase(found);
    }
}

void FakeBerthd::exec(JobResult&& result, FakeClient& client, const Strings& argv, const Values& options,
                      Streams streams) {
    FakeJob& job = add_job("exec", client.path);
    result.returnResults(sdbus::ObjectPath{"/org/berth/Berth1/jobs/" + std::to_string(job.facts.number)});
    const auto kept = std::make_shared<Streams>(std::move(streams));
    later([this, number = job.facts.number, argv, options, kept] {
        begin(*jobs_.at(number), nullptr, argv, options, std::move(*kept));
    });
}

void FakeBerthd::stop(JobResult&& result, FakeClient& client, unsigned timeout_ms) {
    FakeJob& job = add_job("stop", client.path);
    result.returnResults(sdbus::ObjectPath{"/org/berth/Berth1/jobs/" + std::to_string(job.facts.number)});
    signal(client, timeout_ms == 0 ? SIGKILL : SIGTERM);
    later([this, number = job.facts.number, path = client.path] {
        if (job_of(path) == nullptr) {
            clients_.erase(path); // nothing of it runs
        }
        end(number, "done", "", -1);
    });
}

void FakeBerthd::snapshot(JobResult&& result, FakeClient& client) {
    FakeJob& job = add_job("snapshot", client.path);
    result.returnResults(sdbus::ObjectPath{"/org/berth/Berth1/jobs/" + std::to_string(job.facts.number)});
    later([this, number = job.facts.number] { end(number, job_error.empty() ? "done" : "failed", job_error, -1); });
}

void FakeBerthd::logs(JobResult&& result, FakeClient& client, bool follow, const Streams& streams) {
    FakeJob& job = add_job("logs", client.path);
    result.returnResults(sdbus::ObjectPath{"/org/berth/Berth1/jobs/" + std::to_string(job.facts.number)});
    if (::write(streams.out.get(), written.data(), written.size()) < 0 || follow) {
        return;
    }
    later([this, number = job.facts.number] { end(number, job_error.empty() ? "done" : "failed", job_error, -1); });
}

void FakeBerthd::cancel(FakeJob& job) {
    if (job.process) {
        job.process->signal(SIGTERM);
        return;
    }
    held_ = nullptr; // and the caller's descriptors with it
    later([this, number = job.facts.number, path = job.facts.client, kind = job.facts.kind] {
        if (kind == "run") {
            clients_.erase(path);
        }
        end(number, "cancelled", "Cancelled: the job was cancelled", -1);
    });
}

void FakeBerthd::signal(FakeClient& client, int number) {
    if (const FakeJob* job = job_of(client.path); job != nullptr && job->process) {
        job->process->signal(number);
    }
}

} // namespace berth::testing
