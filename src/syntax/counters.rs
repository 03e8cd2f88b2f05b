//! The counters before a rule of a save file, cut from the line as iptables-restore cuts them.

/// Counters, and where they let the rule behind them end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters<'t> {
    /// What stands for the number of packets.
    pub packets: &'t str,
    /// What stands for the number of bytes.
    pub bytes: &'t str,
    /// Where the rule ends, if that is before the end of the line.
    pub cut: Option<usize>,
}

/// The counters of `line`, which has its line end; `None` where there are none, or where they are refused.
///
/// The rule begins behind the first `]`. But the colon between the two numbers, and the `]` behind the second, may
/// stand further on (`[5]`, `[5:]`), since `strtok` finds them: they end whatever text they stand in.
pub fn counters(line: &str) -> Option<Counters<'_>> {
    let inner = line.strip_prefix('[')?;
    let begin = 1 + inner.find(']')?;
    let (packets, rest) = inner.trim_start_matches(':').split_once(':')?;
    let rest_of_bytes = Some(rest.trim_start_matches(']')).filter(|rest| !rest.is_empty())?;
    let (bytes, behind) = match rest_of_bytes.split_once(']') {
        Some((bytes, behind)) => (bytes, Some(behind)),
        None => (rest_of_bytes, None),
    };
    let before = |text: &str| line.len() - text.len() - 1;
    let ends = [Some(before(rest)), behind.map(before)];
    Some(Counters { packets, bytes, cut: ends.into_iter().flatten().find(|end| *end > begin) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets, bytes, and what is read of the line.
    fn read(line: &str) -> Option<(&str, &str, &str)> {
        counters(line).map(|own| (own.packets, own.bytes, &line[..own.cut.unwrap_or(line.len())]))
    }

    #[test]
    fn colon_and_bracket_are_looked_for_in_the_whole_line() {
        assert_eq!(read("[5:6] -A a:b]\n"), Some(("5", "6", "[5:6] -A a:b]\n")));
        assert_eq!(read("[::5:6:7] -A\n"), Some(("5", "6:7", "[::5:6:7] -A\n")));
        assert_eq!(read("[5] -A a:b]c:d\n"), Some(("5] -A a", "b", "[5] -A a")));
        assert_eq!(read("[] -A a:\n"), Some(("] -A a", "\n", "[] -A a")));
        assert_eq!(read("[5:] -A a\n"), Some(("5", " -A a\n", "[5:] -A a\n")));
        assert_eq!(read("[5:] -A a]b]\n"), Some(("5", " -A a", "[5:] -A a")));
        assert_eq!(read("[5:]] -A a\n"), Some(("5", " -A a\n", "[5:]] -A a\n")));
    }

    #[test]
    fn counters_without_colon_or_bracket_are_refused() {
        for line in ["[5] -A a\n", "[:5] -A a\n", "[5:6 -A a\n", "[5] -A a:", "[5:]", "[5:]]]", "-A a\n", "[", "[]"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
