//! The name that is spelt most like a wrong one.

/// The words in which a message goes on to say what was probably meant.
pub(crate) fn perhaps(name: &str) -> String {
    format!("perhaps `{name}` is meant")
}

/// What to say of a word that an editor for texts has given a dash instead of a hyphen.
pub(crate) fn typographic_dash(word: &str) -> Option<String> {
    let dash = word.starts_with(['\u{2013}', '\u{2014}', '\u{2212}']);
    dash.then(|| "its first letter is a dash of typography; options begin with the hyphen `-`".to_owned())
}

/// The known name nearest to `written`, where one is near enough to be meant.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = written.chars().count();
    let limit = 1 + length / 5;
    let known = known.into_iter().filter(|name| name.chars().count().abs_diff(length) <= limit);
    let near = known.map(|name| (distance(written, name), name));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many letters must be changed, added, dropped or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&last, j) + usize::from(left != right)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(right) && b.get(j - 1) == Some(left);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_is_one_step() {
        assert_eq!(nearest("dprot", ["sport", "dport", "syn"]), Some("dport"));
        assert_eq!(nearest("frobnicate", ["sport", "dport"]), None);
    }
}
