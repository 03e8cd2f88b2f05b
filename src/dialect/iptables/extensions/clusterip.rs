//! One address shared by the hosts of a cluster.

use super::{Case, Constraint, Extension, Kind, OptionRow};
use crate::model::Family;

const MODES: &[(&str, &str)] = &[
    ("sourceip", "sourceip"),
    ("sourceip-sourceport", "sourceip-sourceport"),
    ("sourceip-sourceport-destport", "sourceip-sourceport-destport"),
];

const WHOLE: &[&str] = &["--new", "--hashmode", "--clustermac", "--total-nodes", "--local-node"];

pub(super) static CLUSTERIP: Extension = Extension::target(
    "CLUSTERIP",
    &[
        OptionRow::new("--new", Kind::Switch),
        OptionRow::new("--hashmode", Kind::Choice(MODES, Case::Exact)).also("--new"),
        OptionRow::new("--clustermac", Kind::GroupMac).also("--new"),
        OptionRow::new("--total-nodes", Kind::Number(0, 16)).also("--new"),
        OptionRow::new("--local-node", Kind::Number(0, 16)).also("--new"),
        OptionRow::new("--hash-init", Kind::Number(0, u32::MAX as u64)).also("--new").added_as("0", &["--new"], &[]),
    ],
)
.constrained(&[Constraint::AllOrNone(WHOLE)])
.of_family(&[Family::V4]);
