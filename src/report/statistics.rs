//! How often each lint had something to say.

use std::collections::BTreeMap;

use super::Checked;

/// One line a lint, the most frequent first: how many findings, of them with a repair, and the name.
pub fn statistics(checked: &[Checked]) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for finding in checked.iter().flat_map(|file| &file.findings) {
        let (all, fixable) = counts.entry(finding.code).or_default();
        *all += 1;
        *fixable += usize::from(!finding.fixes.is_empty());
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(name, (all, _))| (std::cmp::Reverse(*all), *name));
    let line = |(name, (all, fixable)): (&str, (usize, usize))| {
        let repair = if fixable > 0 { format!(" ({fixable} fixable)") } else { String::new() };
        format!("{all:>6}  {name}{repair}\n")
    };
    rows.into_iter().map(line).collect()
}
