#include "linux/job_memory.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>

namespace berth::os {
namespace {

using model::EndedJob;
using model::Job;
using model::JobId;
using model::JobKind;
using model::JobState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Job a_job(std::uint64_t id, JobState state = JobState::running) {
    Job job;
    job.id = JobId{id};
    job.kind = JobKind::up;
    job.seat = model::SeatName{"seat0"};
    job.state = state;
    return job;
}

std::vector<std::uint64_t> ids_of(const std::vector<EndedJob>& jobs) {
    std::vector<std::uint64_t> ids;
    for (const EndedJob& each : jobs) {
        ids.push_back(each.job.id.value);
    }
    return ids;
}

class JobMemoryTest : public ::testing::Test {
  protected:
    [[nodiscard]] std::string folder() const { return scratch.path() + "/state/jobs"; }

    [[nodiscard]] std::string file() const { return folder() + "/jobs.json"; }

    test::ScratchFolder scratch;
};

TEST_F(JobMemoryTest, TheFirstOneOfABootKnowsOfNone) {
    const JobMemory memory{folder()};
    EXPECT_EQ(memory.last(), 0U);
    EXPECT_THAT(memory.ended(), IsEmpty());
    EXPECT_THAT(memory.cut_off(), IsEmpty());
}

TEST_F(JobMemoryTest, AnEndIsKnownToTheNextOneWithAllOfIt) {
    using namespace std::chrono;
    const auto before = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    Job failed = a_job(1, JobState::failed);
    failed.error = "ImageNotFound: there is no image x";
    failed.client = model::ClientId{"browser"};
    failed.exit_code = 3;
    {
        JobMemory memory{folder()};
        memory.remember(a_job(1));
        memory.remember(failed);
        memory.remember(a_job(2, JobState::done));
        EXPECT_THAT(ids_of(memory.ended()), ElementsAre(2, 1)) << "the last one first";
    }
    const JobMemory next{folder()};
    ASSERT_THAT(ids_of(next.ended()), ElementsAre(2, 1));
    EXPECT_EQ(next.ended()[1].job, failed);
    EXPECT_GE(next.ended()[1].ended, before);
    EXPECT_LE(next.ended()[1].ended, duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
    EXPECT_EQ(next.last(), 2U) << "numbers go on";
    EXPECT_THAT(next.cut_off(), IsEmpty());
}

TEST_F(JobMemoryTest, WhatWasUnderWayHasFailedAndIsToldOnce) {
    {
        JobMemory memory{folder()};
        memory.remember(a_job(6, JobState::done));
        memory.remember(a_job(7));
        memory.remember(a_job(8, JobState::cancelling));
    }
    {
        const JobMemory next{folder()};
        ASSERT_EQ(next.cut_off().size(), 2U);
        EXPECT_EQ(next.cut_off()[0].id, JobId{7});
        EXPECT_EQ(next.cut_off()[0].kind, JobKind::up);
        EXPECT_EQ(next.cut_off()[0].state, JobState::failed);
        EXPECT_THAT(next.cut_off()[0].error, HasSubstr("Failed: berthd ended while this was under way"));
        EXPECT_EQ(next.cut_off()[1].id, JobId{8});
        EXPECT_THAT(ids_of(next.ended()), ElementsAre(8, 7, 6));
        EXPECT_EQ(next.last(), 8U);
    }
    const JobMemory third{folder()};
    EXPECT_THAT(third.cut_off(), IsEmpty());
    EXPECT_THAT(ids_of(third.ended()), ElementsAre(8, 7, 6));
}

TEST_F(JobMemoryTest, AStepOfAJobIsNotWritten) {
    JobMemory memory{folder()};
    memory.remember(a_job(1));

    struct stat before {};

    ASSERT_EQ(::stat(file().c_str(), &before), 0);
    Job step = a_job(1);
    step.phase = "create";
    step.progress = 0.5;
    memory.remember(step);

    struct stat after {};

    ASSERT_EQ(::stat(file().c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino) << "each writing is another file";
    EXPECT_EQ(after.st_mode & 0777U, 0600U);
}

TEST_F(JobMemoryTest, OnlySoManyAreKeptAndTheFileStaysReadable) {
    {
        JobMemory memory{folder()};
        for (std::uint64_t i = 1; i <= 500; ++i) {
            memory.remember(a_job(i));
        }
        for (std::uint64_t i = 501; i <= 501 + model::most_ended_jobs; ++i) {
            Job job = a_job(i, JobState::failed);
            job.error = std::string(100'000, 'x');
            memory.remember(job);
        }
        EXPECT_EQ(memory.ended().size(), model::most_ended_jobs);
        EXPECT_EQ(memory.ended()[0].job.error.size(), JobMemory::longest_error);
    }
    const JobMemory next{folder()};
    EXPECT_EQ(next.cut_off().size(), JobMemory::most_running);
    EXPECT_EQ(next.cut_off().back().id, JobId{500}) << "the ones that began last";
    EXPECT_EQ(next.ended().size(), model::most_ended_jobs);
    EXPECT_EQ(next.last(), 501U + model::most_ended_jobs);
}

TEST_F(JobMemoryTest, ADamagedFileIsNotBelieved) {
    {
        JobMemory memory{folder()};
        memory.remember(a_job(3));
    }
    const std::string text = test::read_file(file());
    for (const std::string& wrong : {text.substr(0, text.size() / 2), std::string{}, std::string{"{}\n{}\n"}}) {
        test::write_file(file(), wrong);
        const JobMemory next{folder()};
        EXPECT_EQ(next.last(), 0U) << wrong;
        EXPECT_THAT(next.cut_off(), IsEmpty()) << wrong;
    }
}

TEST_F(JobMemoryTest, WhereNothingCanBeWrittenItIsKnownUntilItEnds) {
    test::write_file(scratch.path() + "/state", "a file where the folder should be");
    JobMemory memory{folder()};
    memory.remember(a_job(1, JobState::cancelled));
    EXPECT_THAT(ids_of(memory.ended()), ElementsAre(1));
}

} // namespace
} // namespace berth::os
