//! The time at which a packet comes.

use super::{Constraint, Extension, Kind, Meaning, OptionRow};

const ALL_WEEK: &[&str] = &["Mon,Tue,Wed,Thu,Fri,Sat,Sun"];
const ALL_MONTH: &[&str] = &["1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"];

pub(super) static TIME: Extension = Extension::matching(
    "time",
    &[
        OptionRow::new("--timestart", Kind::TimeOfDay)
            .added_as("00:00:00", &["--timestop"], &[])
            .meaning(Meaning::Stateful),
        OptionRow::new("--timestop", Kind::TimeOfDay)
            .added_as("23:59:59", &["--timestart"], &[])
            .meaning(Meaning::Stateful),
        OptionRow::new("--monthdays", Kind::MonthDays).negatable().omitted_if(ALL_MONTH).meaning(Meaning::Stateful),
        OptionRow::new("--weekdays", Kind::WeekDays).negatable().omitted_if(ALL_WEEK).meaning(Meaning::Stateful),
        OptionRow::new("--datestart", Kind::Date).omitted_if(&["1970-01-01T00:00:00"]).meaning(Meaning::Stateful),
        OptionRow::new("--datestop", Kind::Date)
            .omitted_if(&["1970-01-01T00:00:00"])
            .added_as("2038-01-19T03:14:07", &[], &[])
            .meaning(Meaning::Stateful),
        OptionRow::new("--kerneltz", Kind::Switch).conflicts(&["--utc"]).meaning(Meaning::Stateful),
        OptionRow::new("--localtz", Kind::Switch).stands_for(&["--kerneltz"]).conflicts(&["--utc"]),
        OptionRow::new("--utc", Kind::Switch).expands(&[]).conflicts(&["--kerneltz"]),
        OptionRow::new("--contiguous", Kind::Switch).meaning(Meaning::Stateful),
    ],
)
.silent(&[("--timestart", "00:00:00"), ("--timestop", "23:59:59")])
.constrained(&[Constraint::Descends {
    option: "--contiguous",
    first: ("--timestart", "00:00:00"),
    second: ("--timestop", "23:59:59"),
}]);
