#include "bus/bus_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace berth::testing {

namespace {

std::string attribute(const std::string& tag, const std::string& name) {
    std::smatch match;
    return std::regex_search(tag, match, std::regex{" " + name + "=\"([^\"]*)\""}) ? match[1].str() : std::string{};
}

/// "method Up in:s in:a{sv} out:o", "property Vt u", "signal StateChanged s s s" of one interface.
std::set<std::string> members_of(const std::string& xml, const std::string& interface) {
    const auto begin = xml.find("<interface name=\"" + interface + "\"");
    if (begin == std::string::npos) {
        return {};
    }
    const std::string part = xml.substr(begin, xml.find("</interface>", begin) - begin);
    const std::regex tags{"<(method|signal|property|arg)\\b[^>]*>"};
    std::set<std::string> members;
    std::string current;
    for (std::sregex_iterator each{part.begin(), part.end(), tags}; each != std::sregex_iterator{}; ++each) {
        const std::string kind = (*each)[1];
        const std::string tag = each->str();
        if (kind == "arg") {
            const std::string direction = attribute(tag, "direction");
            current += " " + (direction.empty() ? "" : direction + ":") + attribute(tag, "type");
            continue;
        }
        members.insert(current);
        current = kind + " " + attribute(tag, "name");
        if (kind == "property") {
            current += " " + attribute(tag, "type") + " " + attribute(tag, "access");
        }
    }
    members.insert(current);
    members.erase("");
    return members;
}

std::string documented(const std::string& name) {
    std::ifstream file{std::string{BERTH_SOURCE_DIR} + "/dbus-interfaces/org.berth.Berth1." + name + ".xml"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return std::regex_replace(text, std::regex{"<!--[^]*?-->"}, "");
}

class Introspection : public BusFixture {
  protected:
    std::string served(const std::string& path) {
        return client.call(path, "org.freedesktop.DBus.Introspectable", "Introspect").text;
    }

    void expect_same(const std::string& name, const std::string& path) {
        const std::string interface = "org.berth.Berth1." + name;
        const auto wanted = members_of(documented(name), interface);
        EXPECT_GT(wanted.size(), 5U) << "the XML was not understood";
        EXPECT_EQ(members_of(served(path), interface), wanted);
    }
};

TEST_F(Introspection, TheManagerIsWhatItsXmlSays) {
    expect_same("Manager", manager_path);
}

TEST_F(Introspection, ASeatIsWhatItsXmlSays) {
    expect_same("Seat", seat0_path);
}

TEST_F(Introspection, AJobIsWhatItsXmlSays) {
    model::Job job;
    job.id = model::JobId{1};
    job.seat = seat.name;
    server.job_changed(job);
    expect_same("Job", "/org/berth/Berth1/jobs/1");
}

TEST_F(Introspection, TheManagerListsItsChildren) {
    EXPECT_THAT(served(manager_path), ::testing::HasSubstr("<node name=\"seats\"/>"));
    EXPECT_THAT(served("/org/berth/Berth1/seats"), ::testing::HasSubstr("<node name=\"seat0\"/>"));
}

TEST(InterfaceFiles, EveryMemberIsDocumentedByName) {
    for (const char* name : {"Manager", "Seat", "Job", "Self"}) {
        std::ifstream file{std::string{BERTH_SOURCE_DIR} + "/dbus-interfaces/org.berth.Berth1." + name + ".xml"};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        for (const std::string& member : members_of(documented(name), std::string{"org.berth.Berth1."} + name)) {
            const auto begin = member.find(' ') + 1;
            const std::string word = member.substr(begin, member.find(' ', begin) - begin);
            EXPECT_NE(text.find("<!-- " + word + ": "), std::string::npos) << name << "." << word;
        }
    }
}

} // namespace

} // namespace berth::testing
