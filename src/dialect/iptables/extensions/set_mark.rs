//! Setting the marks of packets and connections.

use super::{Change, Coupling, Extension, Kind, Needs, OptionRow};

const MARKS: &[&str] = &["--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark"];
const CONNECTION_MARKS: &[&str] =
    &["--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark", "--save-mark", "--restore-mark"];
const COPIES: &[&str] = &["--save-mark", "--restore-mark"];

const fn change(name: &'static str, change: Change, conflicts: &'static [&'static str]) -> OptionRow {
    OptionRow::new(name, Kind::MarkChange(change)).stands_for(&["--set-xmark"]).conflicts(conflicts)
}

pub(super) static MARK: Extension = Extension::target(
    "MARK",
    &[
        OptionRow::new("--set-xmark", Kind::MarkChange(Change::SetXor)).conflicts(MARKS),
        change("--set-mark", Change::Set, MARKS),
        change("--and-mark", Change::And, MARKS),
        change("--or-mark", Change::Or, MARKS),
        change("--xor-mark", Change::Xor, MARKS),
    ],
)
.needing(Needs::AnyOption);

pub(super) static CONNMARK: Extension = Extension::target(
    "CONNMARK",
    &[
        OptionRow::new("--set-xmark", Kind::MarkChange(Change::SetXor)).conflicts(CONNECTION_MARKS),
        change("--set-mark", Change::Set, CONNECTION_MARKS),
        change("--and-mark", Change::And, CONNECTION_MARKS),
        change("--or-mark", Change::Or, CONNECTION_MARKS),
        change("--xor-mark", Change::Xor, CONNECTION_MARKS),
        OptionRow::new("--save-mark", Kind::Switch).conflicts(CONNECTION_MARKS),
        OptionRow::new("--restore-mark", Kind::Switch).conflicts(CONNECTION_MARKS),
        OptionRow::new("--nfmask", Kind::MarkChange(Change::Plain)).added_as("0xffffffff", COPIES, &["--mask"]),
        OptionRow::new("--ctmask", Kind::MarkChange(Change::Plain)).added_as("0xffffffff", COPIES, &["--mask"]),
        OptionRow::new("--mask", Kind::MarkChange(Change::Plain))
            .stands_for(&["--nfmask", "--ctmask"])
            .conflicts(&["--nfmask", "--ctmask"]),
        OptionRow::new("--left-shift-mark", Kind::Number(0, 31)).omitted_if(&["0"]),
        OptionRow::new("--right-shift-mark", Kind::Number(0, 31)).omitted_if(&["0"]),
    ],
)
.needing(Needs::OneOf(CONNECTION_MARKS))
.coupled(Coupling::ConnectionMark);
