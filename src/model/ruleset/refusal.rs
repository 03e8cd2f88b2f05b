//! Why the kernel, or the program on its behalf, refuses a command.

use crate::model::Dialect;

/// The kernel or the program would refuse a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the program would say, or close to it.
    pub message: String,
    /// The lint that it belongs to.
    pub code: &'static str,
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
    NoSuchRule,
}

const BAD_RULE: &str = "bad rule (does a matching rule exist in that chain?)";

/// Each reason with what ipchains and iptables say, and the lint.
const FAULTS: &[(Fault, &str, &str, &str)] = &[
    (Fault::NoTable, "", "Table does not exist (do you need to insmod?)", "undefined-table"),
    (Fault::NoChain, "No chain by that name", "No chain/target/match by that name.", "undefined-chain"),
    (Fault::NoTarget, "No target by that name", "No chain/target/match by that name.", "undefined-chain"),
    (Fault::ChainExists, "Chain already exists", "Chain already exists.", "duplicate-chain"),
    (Fault::NameTaken, "Chain already exists", "File exists.", "duplicate-chain"),
    (Fault::Builtin, "Device or resource busy", "Invalid argument. Is it a built-in chain?", "chain-in-use"),
    (Fault::NotEmpty, "Chain is not empty", "Directory not empty.", "chain-in-use"),
    (Fault::Referenced, "Device or resource busy", "Too many links.", "chain-in-use"),
    (Fault::NotBuiltin, "Invalid argument", "Bad built-in chain name.", "undefined-chain"),
    (Fault::NoPolicy, "Invalid argument", "Bad policy name.", "invalid-value"),
    (Fault::InsertTooFar, BAD_RULE, "Index of insertion too big.", "missing-rule"),
    (Fault::ReplaceTooFar, BAD_RULE, "Index of replacement too big.", "missing-rule"),
    (Fault::DeleteTooFar, BAD_RULE, "Index of deletion too big.", "missing-rule"),
    (Fault::DeleteFromEmpty, "No chain by that name", "Index of deletion too big.", "missing-rule"),
    (Fault::NoSuchRule, BAD_RULE, "Bad rule (does a matching rule exist in that chain?).", "missing-rule"),
];

impl Fault {
    /// The refusal in the words of `dialect`.
    pub(super) fn refusal(self, dialect: Dialect) -> Refusal {
        let row = FAULTS.iter().find(|row| row.0 == self);
        let (ipchains, iptables, code) = row.map_or(("", "", ""), |row| (row.1, row.2, row.3));
        let message = if dialect == Dialect::Ipchains { ipchains } else { iptables };
        Refusal { message: message.to_owned(), code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_row() {
        assert_eq!(FAULTS.len(), Fault::NoSuchRule as usize + 1);
        assert!(FAULTS.iter().enumerate().all(|(at, row)| row.0 as usize == at));
    }
}
