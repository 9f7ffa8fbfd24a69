#pragma once

#include "login1/rules.hpp"
#include "login1/values.hpp"

#include <systemd/sd-bus.h>

#include <cstddef>
#include <optional>
#include <string>

/// Between sd-bus messages and the values of room login1. Nothing here sends. Every function that writes throws
/// std::runtime_error when the message it reads from is not what logind's interface says.
namespace berth::login1 {

/// Reads a call and rewinds it. None: its text is longer than `max_text` bytes, or the body cannot be read.
std::optional<Call> read_call(sd_bus_message* message, std::size_t max_text);

/// Reads what the rules look at in a signal and rewinds it. Arguments after the first container are left out.
Signal read_signal(sd_bus_message* message);

/// Reads what GetAll of org.freedesktop.login1.Session answers. The path is `path`; leaves the controller empty.
/// Throws std::runtime_error when something is missing.
Session read_session(sd_bus_message* reply, const std::string& path);

/// Copies the host's reply as far as the verdict lets the container see it; descriptors are duplicated.
void write_reply(sd_bus_message* to, sd_bus_message* from, const Forward& forward, const Session& session);

/// What the bridge answers itself.
void write_answer(sd_bus_message* to, Answer answer, const Session& session);

/// PropertiesChanged of `interface`: the hidden properties are left out.
void write_changed(sd_bus_message* to, sd_bus_message* from, const std::string& interface, const Session& session);

/// All of a body.
void write_copy(sd_bus_message* to, sd_bus_message* from);

} // namespace berth::login1
