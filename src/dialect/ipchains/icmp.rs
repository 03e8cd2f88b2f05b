//! The names that ipchains has for ICMP types and codes.

use super::complaint::Complaint;
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::PortRange;

/// One name of each line: name, type, and the code unless it is any.
const NAMES: &str = include_str!("icmp.tsv");

/// A name and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    name: &'static str,
    /// The type.
    pub(super) kind: PortRange,
    /// The code; none where any is meant.
    pub(super) code: Option<PortRange>,
}

/// The one name that `text` begins, in any case; an exact name has no preference.
pub(super) fn find(text: &str) -> Result<Row, Complaint> {
    let begins = |row: &Row| row.name.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    let mut found = rows().filter(begins);
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        (Some(one), Some(other)) => Err(ambiguous(text, one.name, other.name)),
        (None, _) => {
            let complaint = Complaint::invalid(format!("invalid port/service `{text}' specified"))
                .meaning(format!("`{text}` is no ICMP type"));
            Err(match nearest(text, rows().map(|row| row.name)) {
                Some(near) => complaint.hint(perhaps(near)),
                None => complaint,
            })
        }
    }
}

/// Whether `text` is one of the names in full.
pub(super) fn is_name(text: &str) -> bool {
    rows().any(|row| row.name == text)
}

fn ambiguous(text: &str, one: &str, other: &str) -> Complaint {
    Complaint::invalid(format!("Ambiguous ICMP `{text}' : `{one}' or `{other}'?"))
        .meaning(format!("the ICMP name `{text}` could be `{one}` or `{other}`"))
        .help("write the name in full")
}

fn rows() -> impl Iterator<Item = Row> {
    NAMES.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let name = fields.next()?;
        let kind = PortRange::single(fields.next()?.parse().ok()?);
        let code = fields.next().and_then(|code| code.parse().ok()).map(PortRange::single);
        Some(Row { name, kind, code })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_cut_short_where_that_is_clear() {
        let found = |text| find(text).ok().map(|row| row.name);
        assert_eq!(found("ECHO-REQ"), Some("echo-request"));
        assert_eq!(found("tos-network-u"), Some("TOS-network-unreachable"));
        assert_eq!(found("redirect"), Some("redirect"));
        assert_eq!(found("echo"), None);
        assert_eq!(found(""), None);
        assert_eq!(found("nothing"), None);
    }

    #[test]
    fn every_row_is_read_and_no_name_begins_another() {
        assert_eq!(rows().count(), NAMES.lines().count());
        for row in rows() {
            assert_eq!(find(row.name).map(|found| found.name), Ok(row.name));
        }
    }
}
