//! A host's share of the connections of a cluster.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

const HIGHEST: u64 = u32::MAX as u64;
const OWN: &[&str] = &["--cluster-local-nodemask", "--cluster-local-node"];

pub(super) static CLUSTER: Extension = Extension::matching(
    "cluster",
    &[
        // iptables takes no mask above the number of nodes, although it prints such masks.
        OptionRow::new("--cluster-local-nodemask", Kind::Hexadecimal(32, 8))
            .negatable()
            .conflicts(OWN)
            .meaning(Meaning::Opaque),
        OptionRow::new("--cluster-local-node", Kind::Bit(32))
            .stands_for(&["--cluster-local-nodemask"])
            .negatable()
            .conflicts(OWN)
            .meaning(Meaning::Opaque),
        OptionRow::new("--cluster-total-nodes", Kind::Number(1, 32)).required(),
        OptionRow::new("--cluster-hash-seed", Kind::Hexadecimal(HIGHEST, 8)).required(),
    ],
)
.needing(Needs::OneOf(OWN))
.constrained(&[
    Constraint::Never { option: ("--cluster-local-nodemask", "0x00000000"), other: "--cluster-total-nodes" },
    Constraint::BitsBelow { option: "--cluster-local-node", other: "--cluster-total-nodes" },
    Constraint::BitsBelow { option: "--cluster-local-nodemask", other: "--cluster-total-nodes" },
]);
