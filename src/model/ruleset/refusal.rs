//! Why the kernel, or the program on its behalf, refuses a command.

use crate::diag::Variant;
use crate::model::Dialect;

/// The kernel or the program would refuse a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the program would say, or close to it.
    pub message: String,
    /// Its kind: `undefined-table`, `undefined-chain`, `duplicate-chain`, `builtin-chain`, `filled-chain`,
    /// `referenced-chain`, `invalid-value`, `missing-rule`, `unfinished-rule`, `unmade-chain`,
    /// `unwritable-rule`, `other-buckets` or `added-buckets`.
    pub code: &'static str,
    /// The only variant of iptables that refuses it.
    pub only: Option<Variant>,
    /// Whether it is the target of a rule that is missing, and not its chain.
    pub target: bool,
}

/// A reason, in either dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NoTable,
    NoChain,
    NoTarget,
    ChainExists,
    NameTaken,
    Builtin,
    NotEmpty,
    Referenced,
    NotBuiltin,
    NoPolicy,
    InsertTooFar,
    ReplaceTooFar,
    DeleteTooFar,
    DeleteFromEmpty,
    NoRules,
    ZeroTooFar,
    NoSuchRule,
    /// A built-in chain that iptables-nft deletes, since nothing is in it.
    EmptyBuiltin,
    /// A built-in chain that iptables-nft renames, and does not know any more.
    BuiltinRenamed,
    /// iptables-nft-restore crashes at a rule that waits for its `COMMIT`.
    Unfinished,
    /// A table or built-in chain that iptables-nft has not made yet.
    NotMade,
    /// iptables-legacy-restore lists no rules that jump to chains.
    Unwritable,
    /// Buckets of `-m hashlimit` that measure something else.
    OtherBuckets,
    /// Such buckets, of a rule that iptables-nft-restore has added before its `COMMIT`, if only to delete it again.
    OtherBucketsAdded,
    /// The target of rules for the other family, for which iptables-legacy-restore looks.
    NoSoughtTarget,
}

/// What ipchains says of a chain that is not there.
pub const NO_CHAIN: &str = "No chain by that name";

/// What it says of a target that is not there.
pub const NO_TARGET: &str = "No target by that name";

const BAD_RULE: &str = "bad rule (does a matching rule exist in that chain?)";

const NO_SUCH_RULE: &str = "Bad rule (does a matching rule exist in that chain?).";

/// Each reason with what ipchains and iptables say, and the kind.
const FAULTS: &[(Fault, &str, &str, &str)] = &[
    (Fault::NoTable, "", "Table does not exist (do you need to insmod?)", "undefined-table"),
    (Fault::NoChain, NO_CHAIN, "No chain/target/match by that name.", "undefined-chain"),
    (Fault::NoTarget, NO_TARGET, "No chain/target/match by that name.", "undefined-chain"),
    (Fault::ChainExists, "Chain already exists", "Chain already exists.", "duplicate-chain"),
    (Fault::NameTaken, "Chain already exists", "File exists.", "duplicate-chain"),
    (Fault::Builtin, "Device or resource busy", "Invalid argument. Is it a built-in chain?", "builtin-chain"),
    (Fault::NotEmpty, "Chain is not empty", "Directory not empty.", "filled-chain"),
    (Fault::Referenced, "Device or resource busy", "Too many links.", "referenced-chain"),
    (Fault::NotBuiltin, "Invalid argument", "Bad built-in chain name.", "undefined-chain"),
    (Fault::NoPolicy, "Invalid argument", "Bad policy name.", "invalid-value"),
    (Fault::InsertTooFar, BAD_RULE, "Index of insertion too big.", "missing-rule"),
    (Fault::ReplaceTooFar, BAD_RULE, "Index of replacement too big.", "missing-rule"),
    (Fault::DeleteTooFar, BAD_RULE, "Index of deletion too big.", "missing-rule"),
    (Fault::DeleteFromEmpty, NO_CHAIN, "Index of deletion too big.", "missing-rule"),
    (Fault::NoRules, NO_CHAIN, NO_SUCH_RULE, "missing-rule"),
    (Fault::ZeroTooFar, BAD_RULE, "Argument list too long.", "missing-rule"),
    (Fault::NoSuchRule, BAD_RULE, NO_SUCH_RULE, "missing-rule"),
    (Fault::EmptyBuiltin, "Device or resource busy", "Invalid argument. Is it a built-in chain?", "builtin-chain"),
    (Fault::BuiltinRenamed, "Device or resource busy", "No chain/target/match by that name.", "builtin-chain"),
    (Fault::Unfinished, "", "Segmentation fault", "unfinished-rule"),
    (Fault::NotMade, "", "No such file or directory.", "unmade-chain"),
    (Fault::Unwritable, "", "Couldn't load target.", "unwritable-rule"),
    (Fault::OtherBuckets, "", "Invalid argument.", "other-buckets"),
    (Fault::OtherBucketsAdded, "", "Invalid argument.", "added-buckets"),
    (Fault::NoSoughtTarget, "", "Couldn't load target.", "undefined-chain"),
];

impl Fault {
    /// The refusal in the words of `dialect`.
    pub(super) fn refusal(self, dialect: Dialect) -> Refusal {
        let row = FAULTS.iter().find(|row| row.0 == self);
        let (ipchains, iptables, code) = row.map_or(("", "", ""), |row| (row.1, row.2, row.3));
        let message = if dialect == Dialect::Ipchains { ipchains } else { iptables };
        let only = match self {
            Self::ZeroTooFar => Some(Variant::Legacy),
            Self::EmptyBuiltin | Self::BuiltinRenamed if dialect == Dialect::Iptables => Some(Variant::Legacy),
            Self::Unfinished | Self::NotMade | Self::OtherBucketsAdded => Some(Variant::Nft),
            Self::Unwritable | Self::NoSoughtTarget => Some(Variant::Legacy),
            _ => None,
        };
        Refusal { message: message.to_owned(), code, only, target: self == Self::NoTarget }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_row() {
        assert_eq!(FAULTS.len(), Fault::NoSoughtTarget as usize + 1);
        assert!(FAULTS.iter().enumerate().all(|(at, row)| row.0 as usize == at));
    }
}
