//! Lists of addresses that were seen lately.

use super::{Extension, Kind, Meaning, Needs, OptionRow, Quoting};
use crate::model::Family;

const COMMANDS: &[&str] = &["--set", "--rcheck", "--update", "--remove"];
const NO_CHECKS: &[&str] = &["--set", "--remove"];
const CHECKS: Meaning = Meaning::Stateful;

pub(super) static RECENT: Extension = Extension::matching(
    "recent",
    &[
        OptionRow::new("--set", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--rcheck", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--update", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--remove", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--seconds", Kind::Number(1, u32::MAX as u64)).conflicts(NO_CHECKS).meaning(CHECKS),
        OptionRow::new("--reap", Kind::Switch).also("--seconds").meaning(CHECKS),
        OptionRow::new("--hitcount", Kind::Number(0, u32::MAX as u64))
            .conflicts(NO_CHECKS)
            .omitted_if(&["0"])
            .meaning(CHECKS),
        OptionRow::new("--rttl", Kind::Switch).conflicts(NO_CHECKS).meaning(CHECKS),
        OptionRow::new("--name", Kind::Text(199, Quoting::Never)).added_as("DEFAULT", &[], &[]),
        OptionRow::new("--mask", Kind::Netmask).added_as("255.255.255.255", &[], &[]),
        OptionRow::new("--rsource", Kind::Switch).added_as("", &[], &["--rdest"]),
        OptionRow::new("--rdest", Kind::Switch),
    ],
)
.of_family(&[Family::V4])
.needing(Needs::OneOf(COMMANDS));

pub(super) static RECENT_V6: Extension = Extension::matching(
    "recent",
    &[
        OptionRow::new("--set", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--rcheck", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--update", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--remove", Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS),
        OptionRow::new("--seconds", Kind::Number(1, u32::MAX as u64)).conflicts(NO_CHECKS).meaning(CHECKS),
        OptionRow::new("--reap", Kind::Switch).also("--seconds").meaning(CHECKS),
        OptionRow::new("--hitcount", Kind::Number(0, u32::MAX as u64))
            .conflicts(NO_CHECKS)
            .omitted_if(&["0"])
            .meaning(CHECKS),
        OptionRow::new("--rttl", Kind::Switch).conflicts(NO_CHECKS).meaning(CHECKS),
        OptionRow::new("--name", Kind::Text(199, Quoting::Never)).added_as("DEFAULT", &[], &[]),
        OptionRow::new("--mask", Kind::Netmask).added_as("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[], &[]),
        OptionRow::new("--rsource", Kind::Switch).added_as("", &[], &["--rdest"]),
        OptionRow::new("--rdest", Kind::Switch),
    ],
)
.of_family(&[Family::V6])
.needing(Needs::OneOf(COMMANDS));
