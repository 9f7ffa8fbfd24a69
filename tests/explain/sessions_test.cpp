#include "explain/made_up_host.hpp"
#include "explain/sessions.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace berth::explain {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// As logind of systemd 252 writes it.
constexpr const char* on_the_seat =
    "# This is private data. Do not parse.\n"
    "UID=1000\nUSER=anna\nACTIVE=1\nIS_DISPLAY=1\nSTATE=active\nREMOTE=0\nTYPE=wayland\n"
    "ORIGINAL_TYPE=wayland\nCLASS=user\nSCOPE=session-3.scope\nSEAT=seat0\nTTY=tty7\n"
    "SERVICE=berth\nVTNR=7\nLEADER=123\nAUDIT=3\nREALTIME=1\nMONOTONIC=2\n";
constexpr const char* from_afar = "UID=0\nUSER=root\nACTIVE=0\nSTATE=closing\nTYPE=tty\nSERVICE=sshd\nLEADER=99\n";

const Process leader{123, "berth-seat", 'S'};
const Process editor{200, "emacs", 'D'};

class SessionsTest : public MadeUpHost {
  protected:
    std::vector<Session> read() { return read_sessions(places, read_processes(places), gaps); }

    void put_session(const std::string& id, const std::string& text) {
        put(places.run + "/systemd/sessions/" + id, text);
    }
};

TEST_F(SessionsTest, ASessionIsReadOffItsFile) {
    put_session("3", on_the_seat);
    run(leader, {}, "/user.slice/user-1000.slice/session-3.scope");
    const auto sessions = read();
    ASSERT_THAT(sessions, SizeIs(1));
    const Session& session = sessions[0];
    EXPECT_EQ(session.id, "3");
    EXPECT_EQ(session.user, "anna");
    EXPECT_EQ(session.uid, 1000U);
    EXPECT_EQ(session.state, "active");
    EXPECT_TRUE(session.active);
    EXPECT_EQ(session.seat, "seat0");
    EXPECT_EQ(session.vt, 7U);
    EXPECT_EQ(session.type, "wayland");
    EXPECT_EQ(session.service, "berth");
    EXPECT_EQ(session.leader, leader);
    EXPECT_THAT(session.processes, ElementsAre(leader));
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(SessionsTest, OneThatIsClosingNamesWhatKeepsIt) {
    put_session("c4", from_afar);
    run(editor, {}, "/user.slice/user-0.slice/session-c4.scope");
    const auto sessions = read();
    ASSERT_THAT(sessions, SizeIs(1));
    EXPECT_EQ(sessions[0].state, "closing");
    EXPECT_FALSE(sessions[0].active);
    EXPECT_EQ(sessions[0].seat, "");
    EXPECT_EQ(sessions[0].vt, 0U);
    EXPECT_EQ(sessions[0].leader, (Process{99, "", 'X'})) << "it is gone";
    EXPECT_THAT(sessions[0].processes, ElementsAre(editor));
}

TEST_F(SessionsTest, LogindsPipesAreNotWaitedFor) {
    put_session("3", on_the_seat);
    ASSERT_EQ(::mkfifo((places.run + "/systemd/sessions/3.ref").c_str(), 0600), 0);
    EXPECT_THAT(read(), SizeIs(1));
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(SessionsTest, SessionsComeInOrder) {
    for (const char* id : {"10", "2", "c1"}) {
        put_session(id, from_afar);
    }
    std::vector<std::string> ids;
    for (const Session& session : read()) {
        ids.push_back(session.id);
    }
    EXPECT_THAT(ids, ElementsAre("c1", "2", "10"));
}

TEST_F(SessionsTest, ATornFileHasWhatItHas) {
    put_session("3", "UID=\n=\nnothing\nSTATE");
    const auto sessions = read();
    ASSERT_THAT(sessions, SizeIs(1));
    EXPECT_EQ(sessions[0].state, "");
    EXPECT_EQ(sessions[0].leader.pid, 0);
}

TEST_F(SessionsTest, AHostWithoutLogindHasNoneAndThatIsNoGap) {
    EXPECT_THAT(read(), IsEmpty());
    EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(SessionsTest, AFolderThatIsNoneIsAGap) {
    put(places.run + "/systemd/sessions", "");
    EXPECT_THAT(read(), IsEmpty());
    EXPECT_THAT(gaps, SizeIs(1));
}

} // namespace

} // namespace berth::explain
