//! What `iptables-save` prints, read as far as the comparison needs it.

use std::collections::BTreeMap;

/// The chains of one table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Policies of the chains; `-` for user chains.
    pub(crate) policies: BTreeMap<String, String>,
    /// The rules of each chain, without `-A CHAIN `.
    pub(crate) rules: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// Whether it is as the kernel makes it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.rules.is_empty() && self.policies.values().all(|policy| policy == "ACCEPT")
    }

    /// The rules of a chain.
    pub(crate) fn chain(&self, name: &str) -> &[String] {
        self.rules.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The tables by name.
pub(crate) fn read(text: &str) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(table) = line.strip_prefix('*') {
            name = table.to_owned();
            tables.entry(name.clone()).or_default();
            continue;
        }
        let Some(table) = tables.get_mut(&name) else { continue };
        if let Some((chain, policy)) = line.strip_prefix(':').and_then(|rest| rest.split_once(' ')) {
            let policy = policy.split(' ').next().unwrap_or_default();
            table.policies.insert(chain.to_owned(), policy.to_owned());
        } else if let Some(rest) = line.strip_prefix("-A ") {
            let (chain, rule) = rest.split_once(' ').unwrap_or((rest, ""));
            table.rules.entry(chain.to_owned()).or_default().push(rule.to_owned());
        }
    }
    tables
}

/// The tables of IPv4 and of IPv6 that `iptlint rules` prints, each text as if iptables-save had.
pub(crate) fn listed(text: &str) -> [BTreeMap<String, Table>; 2] {
    let (four, six) = text.split_once("# To be loaded by ip6tables-restore\n").unwrap_or((text, ""));
    [read(four), read(six)]
}

/// Says how the rules of a second run differ from those of the first, if they do.
pub(crate) fn more(once: &str, twice: &str) -> Option<String> {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        // Behind policies stand counters.
        lines.map(|line| line.split(" [").next().filter(|_| line.starts_with(':')).unwrap_or(line).to_owned()).collect()
    };
    let (once, mut left) = (lines(once), lines(twice));
    let mut gone = Vec::new();
    for line in once {
        match left.iter().position(|other| *other == line) {
            Some(at) => drop(left.remove(at)),
            None => gone.push(line),
        }
    }
    let differs = !left.is_empty() || !gone.is_empty();
    let show = |lines: &[String]| format!("{} such as {:?}", lines.len(), lines.first().map_or("", String::as_str));
    differs.then(|| format!("a second run leaves other rules: more {}, fewer {}", show(&left), show(&gone)))
}
