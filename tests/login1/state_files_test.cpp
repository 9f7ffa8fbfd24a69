#include "login1/own_session.hpp"
#include "login1/state_files.hpp"

#include <gmock/gmock.h>

using namespace berth::login1;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace {

std::string visible(StateFile file, const std::string& text) {
    return visible_part(file, text, own_session());
}

} // namespace

TEST(StateFiles, LieWhereLogindHasThem) {
    EXPECT_EQ(path_of(StateFile::session, own_session()), "sessions/3");
    EXPECT_EQ(path_of(StateFile::user, own_session()), "users/1000");
    EXPECT_EQ(path_of(StateFile::seat, own_session()), "seats/seat0");
}

TEST(StateFiles, OfASessionWhatLogindOfDebian12Writes) {
    EXPECT_EQ(visible(StateFile::session, "# This is private data. Do not parse.\n"
                                          "UID=1000\nUSER=desk\nACTIVE=1\nIS_DISPLAY=1\nSTATE=active\nREMOTE=0\n"
                                          "TYPE=wayland\nORIGINAL_TYPE=wayland\nCLASS=user\nSCOPE=session-3.scope\n"
                                          "FIFO=/run/systemd/sessions/3.ref\nSEAT=seat0\nTTY=/dev/tty7\n"
                                          "SERVICE=berth\nDESKTOP=gnome\nVTNR=7\nPOSITION=7\nLEADER=4242\n"
                                          "AUDIT=1\nREALTIME=1700000000000000\nMONOTONIC=52000000\n"
                                          "CONTROLLER=:1.17\nDEVICES=226:0 13:64 13:65\n"),
              "UID=1000\nUSER=desk\nACTIVE=1\nIS_DISPLAY=1\nSTATE=active\nREMOTE=0\nTYPE=wayland\n"
              "ORIGINAL_TYPE=wayland\nCLASS=user\nSEAT=seat0\nTTY=/dev/tty7\nSERVICE=berth\nDESKTOP=gnome\nVTNR=7\n"
              "REALTIME=1700000000000000\nMONOTONIC=52000000\n");
}

TEST(StateFiles, OfAUserOnlyTheOwnSessionAndSeat) {
    EXPECT_EQ(visible(StateFile::user, "NAME=desk\nSTATE=active\nSTOPPING=no\nRUNTIME=/run/user/1000\n"
                                       "SERVICE=user@1000.service\nSLICE=user-1000.slice\nDISPLAY=3\nREALTIME=17\n"
                                       "MONOTONIC=52\nSESSIONS=9 3 c2\nSEATS=seat0 seat7\nACTIVE_SESSIONS=3 9\n"
                                       "ONLINE_SESSIONS=9 3 c2\nACTIVE_SEATS=seat7 seat0\nONLINE_SEATS=seat0\n"),
              "NAME=desk\nSTATE=active\nDISPLAY=3\nREALTIME=17\nMONOTONIC=52\nSESSIONS=3\nSEATS=seat0\n"
              "ACTIVE_SESSIONS=3\nONLINE_SESSIONS=3\nACTIVE_SEATS=seat0\nONLINE_SEATS=seat0\n");
}

TEST(StateFiles, OfAUserWhoLooksAtAnotherSessionNotWhich) {
    EXPECT_EQ(visible(StateFile::user, "NAME=desk\nDISPLAY=9\nSESSIONS=9 33\nACTIVE_SESSIONS=9\nACTIVE_SEATS=seat7\n"),
              "NAME=desk\n");
}

TEST(StateFiles, OfASeatOnlyTheOwnSessionAndUser) {
    EXPECT_EQ(visible(StateFile::seat, "IS_SEAT0=1\nCAN_MULTI_SESSION=1\nCAN_TTY=1\nCAN_GRAPHICAL=1\nACTIVE=3\n"
                                       "ACTIVE_UID=1000\nSESSIONS=3 9\nUIDS=1000 1009\n"),
              "IS_SEAT0=1\nCAN_MULTI_SESSION=1\nCAN_TTY=1\nCAN_GRAPHICAL=1\nACTIVE=3\nACTIVE_UID=1000\nSESSIONS=3\n"
              "UIDS=1000\n");
}

TEST(StateFiles, OfASeatThatShowsAnotherSessionNotWhoseItIs) {
    for (const char* uid : {"1009", "1000"}) {
        const std::string seen =
            visible(StateFile::seat, std::string{"ACTIVE=9\nACTIVE_UID="} + uid + "\nSESSIONS=3 9\nUIDS=1000 1009\n");
        EXPECT_EQ(seen, "SESSIONS=3\nUIDS=1000\n");
    }
}

TEST(StateFiles, AnIdIsAWholeWord) {
    for (const char* list : {"33", "c3", "33 c3 13", "", " ", "-3"}) {
        EXPECT_THAT(visible(StateFile::seat, std::string{"SESSIONS="} + list + "\nACTIVE=" + list + "\n"), IsEmpty())
            << list;
    }
    EXPECT_EQ(visible(StateFile::seat, "SESSIONS=\"9 3\"\n"), "SESSIONS=3\n") << "quoted, as later versions write";
}

TEST(StateFiles, WhatLogindWillWriteOneDayIsNotShown) {
    for (const auto file : {StateFile::session, StateFile::user, StateFile::seat}) {
        const std::string seen =
            visible(file, "NEW_KEY=3\nSESSION=9\nLEADER_PIDFDID=1\nUIDS_X=1000\nuid=1000\n UID=1000\n=3\n");
        EXPECT_THAT(seen, IsEmpty());
    }
}

TEST(StateFiles, AKeyOfAnotherKindOfFileIsNotShown) {
    EXPECT_THAT(visible(StateFile::session, "SESSIONS=3\nUIDS=1000\nNAME=x\nIS_SEAT0=1\n"), IsEmpty());
    EXPECT_THAT(visible(StateFile::seat, "UID=1000\nUSER=desk\nSEAT=seat0\nDISPLAY=3\nSEATS=seat0\n"), IsEmpty());
    EXPECT_THAT(visible(StateFile::user, "ACTIVE=3\nUIDS=1000\nACTIVE_UID=1000\nSEAT=seat0\n"), IsEmpty());
}

TEST(StateFiles, WhatIsNoLineIsLeftOut) {
    EXPECT_EQ(visible(StateFile::session, "UID=1000"), "UID=1000\n") << "a last line without its end";
    EXPECT_EQ(visible(StateFile::session, "\n\nUID\n=\nUID=1000\n\n"), "UID=1000\n");
    EXPECT_THAT(visible(StateFile::session, ""), IsEmpty());
    EXPECT_THAT(visible(StateFile::session, std::string(3, '\0')), IsEmpty());
    EXPECT_EQ(visible(StateFile::session, "TTY=a=b\n"), "TTY=a=b\n");
}

TEST(StateFiles, ATextOfAnAbsurdSizeIsNotShown) {
    EXPECT_THAT(visible(StateFile::session, "UID=1000\nX=" + std::string(std::size_t{1} << 20U, 'x')), IsEmpty());
}

TEST(StateFiles, ASessionOnAnotherSeatDoesNotNameIt) {
    EXPECT_THAT(visible(StateFile::session, "UID=1000\nSEAT=seat9\n"), Not(HasSubstr("seat9")));
}
