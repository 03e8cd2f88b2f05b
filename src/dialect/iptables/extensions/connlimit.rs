//! The number of connections of a host or network.

use super::{Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

const COUNT: Kind = Kind::Number(0, u32::MAX as u64);

/// The options, with the length of whole addresses.
const fn options(whole: &'static str) -> [OptionRow; 5] {
    [
        OptionRow::new("--connlimit-upto", COUNT)
            .opposite("--connlimit-above")
            .conflicts(&["--connlimit-above"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--connlimit-above", COUNT)
            .opposite("--connlimit-upto")
            .conflicts(&["--connlimit-upto"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--connlimit-mask", Kind::LoosePrefixLength).added_as(whole, &[], &[]),
        OptionRow::new("--connlimit-saddr", Kind::Switch).conflicts(&["--connlimit-daddr"]).added_as(
            "",
            &[],
            &["--connlimit-daddr"],
        ),
        OptionRow::new("--connlimit-daddr", Kind::Switch).conflicts(&["--connlimit-saddr"]),
    ]
}

const fn of_family(options: &'static [OptionRow], families: &'static [Family]) -> Extension {
    Extension::matching("connlimit", options)
        .of_family(families)
        .needing(Needs::OneOf(&["--connlimit-upto", "--connlimit-above"]))
}

pub(super) static CONNLIMIT: Extension = of_family(&options("32"), &[Family::V4]);
pub(super) static CONNLIMIT_V6: Extension = of_family(&options("128"), &[Family::V6]);
