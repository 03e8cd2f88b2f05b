//! Lists of addresses that were seen lately.

use super::{Constraint, Coupling, Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

const COMMANDS: &[&str] = &["--set", "--rcheck", "--update", "--remove"];
const NO_CHECKS: &[&str] = &["--set", "--remove"];
const CHECKS: Meaning = Meaning::Stateful;

/// The most packets of an address that kernels remember.
const MOST_HITS: u64 = 65_535;

const fn command(name: &'static str) -> OptionRow {
    OptionRow::new(name, Kind::Switch).negatable().conflicts(COMMANDS).meaning(CHECKS)
}

/// The options, with the mask of whole addresses.
const fn options(whole: &'static str) -> [OptionRow; 12] {
    [
        command("--set"),
        command("--rcheck"),
        command("--update"),
        command("--remove"),
        OptionRow::new("--seconds", Kind::Number(1, u32::MAX as u64)).conflicts(NO_CHECKS).meaning(CHECKS),
        OptionRow::new("--reap", Kind::Switch).also("--seconds").meaning(CHECKS),
        OptionRow::new("--hitcount", Kind::Number(0, MOST_HITS)).omitted_if(&["0"]).meaning(CHECKS),
        OptionRow::new("--rttl", Kind::Switch).conflicts(NO_CHECKS).meaning(CHECKS),
        OptionRow::new("--name", Kind::FileName(199, &[])).added_as("DEFAULT", &[], &[]),
        OptionRow::new("--mask", Kind::Netmask).added_as(whole, &[], &[]),
        OptionRow::new("--rsource", Kind::Switch).added_as("", &[], &["--rdest"]),
        OptionRow::new("--rdest", Kind::Switch),
    ]
}

const fn of_family(options: &'static [OptionRow], families: &'static [Family]) -> Extension {
    Extension::matching("recent", options)
        .of_family(families)
        .needing(Needs::OneOf(COMMANDS))
        .constrained(&[Constraint::NothingBeside { option: "--hitcount", others: NO_CHECKS }])
        .coupled(Coupling::LastOf(&["--rsource", "--rdest"]))
}

pub(super) static RECENT: Extension = of_family(&options("255.255.255.255"), &[Family::V4]);
pub(super) static RECENT_V6: Extension = of_family(&options("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), &[Family::V6]);
