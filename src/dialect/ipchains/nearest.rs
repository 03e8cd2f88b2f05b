//! The name that is spelt most like a wrong one, for advice.

/// The one of `names` with the fewest changed letters, where at most a third of them changed.
pub(super) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let budget = (wrong.chars().count() / 3).max(1);
    let scored = names.into_iter().map(|name| (distance(wrong, name), name));
    scored.filter(|(changes, _)| (1..=budget).contains(changes)).min_by_key(|(changes, _)| *changes).map(|(_, n)| n)
}

/// Letters that are added, left out, replaced or exchanged with their neighbour on the way from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut older = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            next[j] = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(older[j - 2] + 1);
            }
        }
        older = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_not() {
        let names = ["source-port", "protocol", "jump"];
        assert_eq!(nearest("protcol", names), Some("protocol"));
        assert_eq!(nearest("source-prot", names), Some("source-port"));
        assert_eq!(nearest("jmup", names), Some("jump"));
        assert_eq!(nearest("interface", names), None);
    }
}
