#include "recording/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace berth::recording {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string head = "# berth dock recording 1\n# begin\n";
const std::string hub = "P: /devices/usb1/1-2\nE: SUBSYSTEM=usb\n\n";
const std::string stick = "P: /devices/usb1/1-2/1-2.1\nE: SUBSYSTEM=usb\n\n";

/// "LINE: what is wrong"; empty: nothing is.
std::string mistake_of(const std::string& text) {
    const auto read = parse(text, "FILE");
    if (read) {
        return {};
    }
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(read.error().message.starts_with("FILE:")) << read.error().message;
    return read.error().message.substr(std::string{"FILE:"}.size());
}

Recording read_whole(const std::string& text) {
    auto read = parse(text, "FILE");
    EXPECT_TRUE(read.has_value()) << read.error().message;
    return read ? std::move(*read) : Recording{};
}

TEST(RecordingParse, ARecordingOfNothingIsOne) {
    EXPECT_EQ(read_whole(head), Recording{});
}

TEST(RecordingParse, EachPartOfADeviceIsRead) {
    const Recording recording =
        read_whole(head + "P: /devices/a\nN: input/event5\nE: SUBSYSTEM=input\nE: NAME=\"a=b\"\n"
                          "A: name=x\\\\y\\n\\101\\t\\q\\\"\nA: phys=\nH: edid=00fF0a\n"
                          "L: driver=../../bus\n\n");
    ASSERT_THAT(recording.begin, SizeIs(1));
    const Device& device = recording.begin[0];
    EXPECT_EQ(device.path, "/devices/a");
    EXPECT_EQ(device.node, "input/event5");
    EXPECT_EQ(device.properties, (Pairs{{"SUBSYSTEM", "input"}, {"NAME", "\"a=b\""}}));
    EXPECT_EQ(device.attributes, (Pairs{{"name", "x\\y\nA\tq\""}, {"phys", ""}, {"edid", std::string{"\0\xff\n", 3}}}));
    EXPECT_EQ(device.links, (Pairs{{"driver", "../../bus"}}));
}

TEST(RecordingParse, EventsAreReadInTheirOrder) {
    const Recording recording =
        read_whole(head + hub + "# event 12 add /devices/usb1/1-2/1-2.1\n" + hub + stick +
                   "# event 30 remove /devices/usb1/1-2/1-2.1\n# overflow 31\n" + hub + "# overflow 32\n");
    ASSERT_THAT(recording.events, SizeIs(4));
    EXPECT_EQ(recording.events[0].at_ms, 12U);
    EXPECT_EQ(recording.events[0].action, "add");
    EXPECT_EQ(recording.events[0].path, "/devices/usb1/1-2/1-2.1");
    EXPECT_THAT(recording.events[0].devices, SizeIs(2));
    EXPECT_EQ(recording.events[1].action, "remove");
    EXPECT_THAT(recording.events[1].devices, IsEmpty());
    EXPECT_EQ(recording.events[2].action, "");
    EXPECT_THAT(recording.events[2].devices, SizeIs(1));
    EXPECT_EQ(recording.events[3].at_ms, 32U);
    EXPECT_EQ(recording.torn_line, 0);
}

TEST(RecordingParse, AMistakeIsNamedByItsLine) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", "1: not a dock recording of berth"},
        {"P: /devices/a\n", "1: not a dock recording of berth"},
        {"# berth dock recording 2\n# begin\n", "1: recording version 2, this berth reads version 1"},
        {"# berth dock recording 1\n", "2: \"# begin\" was expected"},
        {"# berth dock recording 1\nP: /devices/a\n", "2: \"# begin\" was expected"},
        {head + "\n", "3: \"P: /devices/…\" was expected"},
        {head + "E: SUBSYSTEM=usb\n", "3: \"P: /devices/…\" was expected"},
        {head + "P: /sys/devices/a\n", "3: \"P: /devices/…\" was expected"},
        {head + "P: /devices/a\n\n", "3: a device without a SUBSYSTEM"},
        {head + hub + hub, "6: described twice: /devices/usb1/1-2"},
        {head + "P: /devices/a\nP: /devices/b\n", "4: NAME=VALUE was expected"},
        {head + "P: /devices/a\nE: SUBSYSTEM\n", "4: NAME=VALUE was expected"},
        {head + "P: /devices/a\nE: =usb\n", "4: NAME=VALUE was expected"},
        {head + "P: /devices/a\nE SUBSYSTEM=usb\n", "4: P:, N:, E:, A:, H: or L: was expected"},
        {head + "P: /devices/a\nX: a=b\n", "4: P:, N:, E:, A:, H: or L: was expected"},
        {head + "P: /devices/a\nN: \n", "4: one name of a node was expected"},
        {head + "P: /devices/a\nN: a\nN: b\n", "5: one name of a node was expected"},
        {head + "P: /devices/a\nA: a=\\\n", "4: a backslash without what it stands for"},
        {head + "P: /devices/a\nA: a=\\777\n", "4: a backslash without what it stands for"},
        {head + "P: /devices/a\nH: a=0\n", "4: pairs of hexadecimal digits were expected"},
        {head + "P: /devices/a\nH: a=0x\n", "4: pairs of hexadecimal digits were expected"},
        {head + "P: /devices/a\n# overflow 1\n", "4: a device ends with an empty line"},
        {head + "# end\n", "3: \"# event\" or \"# overflow\" was expected"},
        {head + "#event 1 add /devices/a\n", "3: \"# event\" or \"# overflow\" was expected"},
        {head + "# overflow 1 2\n", "3: \"# event\" or \"# overflow\" was expected"},
        {head + "# overflow\n", "3: a number of milliseconds was expected"},
        {head + "# overflow -1\n", "3: a number of milliseconds was expected"},
        {head + "# event 1.5 add /devices/a\n", "3: a number of milliseconds was expected"},
        {head + "# event 18446744073709551616 add /devices/a\n", "3: a number of milliseconds was expected"},
        {head + "# event 1 add\n", "3: an action and a device's path were expected"},
        {head + "# event 1  /devices/a\n", "3: an action and a device's path were expected"},
        {head + "# event 1 Add /devices/a\n", "3: an action and a device's path were expected"},
        {head + "# event 1 add /dev/a\n", "3: an action and a device's path were expected"},
        {head + "# event 1 add /devices/a\n# overflow 2\n", "3: the description of the device is missing"},
        {head + "# event 1 add /devices/usb1/1-2/1-2.1\n" + hub + "# overflow 2\n",
         "3: the description of the device is missing"},
        {head + "# event 1 add /devices/usb1/1-2\n" + hub + stick, "7: no further device belongs to this event"},
        {head + "# event 1 remove /devices/usb1/1-2\n" + hub, "4: no further device belongs to this event"},
    };
    for (const auto& [text, mistake] : rows) {
        EXPECT_EQ(mistake_of(text), mistake) << text;
    }
}

TEST(RecordingParse, ATextThatEndsInTheMidstOfAnEventIsGoodUpToThere) {
    const std::string good = head + hub + "# overflow 5\n";
    const Recording whole = read_whole(good);
    const std::string last = "# event 12 add /devices/usb1/1-2/1-2.1\n" + stick;
    for (std::size_t size = 1; size < last.size(); ++size) {
        const Recording recording = read_whole(good + last.substr(0, size));
        EXPECT_EQ(recording.begin, whole.begin) << size;
        EXPECT_EQ(recording.events, whole.events) << size;
        EXPECT_GT(recording.torn_line, 6) << size;
    }
    EXPECT_THAT(read_whole(good + last).events, SizeIs(2));
    EXPECT_EQ(read_whole(good + last).torn_line, 0);
}

TEST(RecordingParse, AnEventThatIsWholeStaysWhenTheNextIsTorn) {
    const Recording recording = read_whole(head + hub + "# overflow 5\n# event 12 ad");
    EXPECT_THAT(recording.events, SizeIs(1));
    EXPECT_EQ(recording.torn_line, 7);
}

TEST(RecordingParse, OfATornBeginningTheWholeDevicesStay) {
    const Recording recording = read_whole(head + hub + stick.substr(0, stick.size() - 1));
    EXPECT_THAT(recording.begin, SizeIs(1));
    EXPECT_EQ(recording.torn_line, 7);
}

} // namespace
} // namespace berth::recording
