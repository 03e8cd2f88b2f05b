//! What the kernel brings along: built-in chains, and targets that are no chains.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::model::Dialect;

const TABLES: &str = include_str!("tables.tsv");
const TARGETS: &str = include_str!("targets.tsv");

static NAMES: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| {
    let rows = TARGETS.lines().filter_map(|line| line.split_once('\t'));
    rows.flat_map(|(dialect, names)| names.split(' ').map(move |name| (dialect, name))).collect()
});

/// The tables that rules of a dialect may be in.
pub fn tables(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let rows = TABLES.lines().map(|line| line.split('\t'));
    rows.filter_map(move |mut fields| fields.next().filter(|own| *own == dialect_name(dialect)).and(fields.next()))
}

/// The built-in chains of `table`; none where there is no such table.
pub fn builtin_chains(dialect: Dialect, table: &str) -> Option<impl Iterator<Item = &'static str>> {
    let chains = TABLES.lines().find_map(|line| {
        let mut fields = line.split('\t');
        let found = fields.next() == Some(dialect_name(dialect)) && fields.next() == Some(table);
        fields.next().filter(|_| found)
    });
    chains.map(|chains| chains.split(' '))
}

/// Whether `name` after `-j` is a verdict or an extension, whatever chains there are.
pub(super) fn is_target(dialect: Dialect, name: &str) -> bool {
    NAMES.contains(&(dialect_name(dialect), name))
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Ipchains => "ipchains",
        Dialect::Iptables => "iptables",
    }
}
