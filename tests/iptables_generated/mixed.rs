//! Rules put together at random out of general options, several matches and a target, in all ways in which options
//! can be written: abbreviated, joined to their arguments, repeated, negated before and behind, out of order.

use iptlint::dialect::iptables::extension::{Extension, OptionRow, Role};
use iptlint::dialect::iptables::extensions::EXTENSIONS;
use iptlint::model::Family;

use crate::declared::{CHAINS, NAMES, needed, samples};
use crate::dice::Dice;
use crate::{ABSENT, Rule};

/// Extensions that make things which outlive their rules, or ask for what only the host has.
const AVOIDED: [&str; 4] = ["RATEEST", "rateest", "IDLETIMER", "CLUSTERIP"];

/// Options about what only the host has, and one that takes what it then does not print; they are asked for elsewhere.
const ELSEWHERE: [&str; 6] = ["--object-pinned", "--path", "--timeout", "--helper", "--nfacct-name", "--monthdays"];

/// Arguments that an option takes, and some that it does not take, or not everywhere.
type Arguments = (&'static [&'static str], &'static [&'static str]);

const PROTOCOLS: Arguments = (
    &[
        "tcp", "udp", "icmp", "TCP", "6", "0x6", "017", "17", "all", "ALL", "icmpv6", "58", "sctp", "esp", "gre", "47",
        "255",
    ],
    &["0", "256", "mh", "", " 6", "tcp,udp", "ipv6-icmp", "-1", "tcp "],
);

const ADDRESSES: Arguments = (
    &[
        "10.0.0.1",
        "10.1.2.3/8",
        "0/0",
        "0",
        "10/8",
        "10.1",
        "1.2.3.4,5.6.7.8",
        "1.2.3.4/255.255.0.0",
        "1.2.3.4/0.0.0.255",
        "127.1/8",
    ],
    &[
        "1.2.3.4/33",
        "1.2.3.4/0xff",
        "256.1.1.1",
        "0x0a000001",
        "1.2.3.4/",
        "/8",
        "",
        "1.2.3.4,",
        "010.1.1.1",
        "1.2.3.4/08",
        "1.2.3.4 ",
        "1.2.3.4/24/8",
        "4294967295",
        "::1",
    ],
);

const ADDRESSES6: Arguments = (
    &[
        "::1",
        "2001:db8::/32",
        "::/0",
        "::ffff:1.2.3.4",
        "2001:DB8::1/64",
        "::1,::2",
        "::1/ffff::",
        "0::0/0",
        "1:2:3:4:5:6:7:8/127",
    ],
    &["::1/129", "fe80::1%eth0", "::1/", "2001:db8:::1", "::1/0x40", "", "::1/-1", "1.2.3.4"],
);

const INTERFACES: Arguments = (
    &["eth0", "eth+", "+", "lo", "eth0:1", "fifteenletters0", "fifteenletters+", "a+b"],
    &["e th", "", "averyverylongnam", "eth0,eth1", "-x", "eth/0", "!"],
);

/// Settings that change no rule; the last ones do not stand beside it.
const SETTINGS: [&[&str]; 19] = [
    &["-v"],
    &["-vv"],
    &["-w"],
    &["-w", "5"],
    &["-w", "5", "-W", "100"],
    &["-w5"],
    &["--wait=3"],
    &["--modprobe=/bin/true"],
    &["-M", "/bin/true"],
    &["-4"],
    &["--ipv6"],
    &["-W", "100"],
    &["--wait", "x"],
    &["-n"],
    &["-x"],
    &["--line-numbers"],
    &["--"],
    &["stray"],
    &["!"],
];
const RIGHT_SETTINGS: usize = 9;

const COUNTERS: [&[&str]; 8] = [
    &["-c", "1", "2"],
    &["-c", "1,2"],
    &["--set-counters", "3", "4"],
    &["-c", "0x10", "018"],
    &["-c", "1"],
    &["-c", "x", "2"],
    &["-c1,2"],
    &["-c", "-1", "2"],
];
const RIGHT_COUNTERS: usize = 3;

const TARGETS: Arguments =
    (&["ACCEPT", "DROP", "RETURN", "LOG"], &["QUEUE", "accept", "ACCEPT ", "", "MASQUERADE", "REJECT"]);

pub(crate) fn rules(family: Family, seed: u64, count: usize) -> Vec<Rule> {
    let mut dice = Dice(seed);
    let usable = |extension: &&&Extension| {
        let absent = ABSENT.iter().any(|(name, _)| *name == extension.name) || AVOIDED.contains(&extension.name);
        extension.families.contains(&family) && !absent
    };
    let extensions: Vec<&'static Extension> = EXTENSIONS.iter().filter(usable).copied().collect();
    let mut rules: Vec<Rule> =
        (0..count).map(|_| Mixer { family, wild: dice.one_in(3), dice: &mut dice }.rule(&extensions)).collect();
    rules.sort();
    rules.dedup();
    rules
}

struct Mixer<'d> {
    family: Family,
    /// Whether the rule may be wrong in any way.
    wild: bool,
    dice: &'d mut Dice,
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|word| (*word).to_owned()).collect()
}

impl Mixer<'_> {
    fn wrong(&mut self, sides: usize) -> bool {
        self.wild && self.dice.one_in(sides)
    }

    fn rule(&mut self, extensions: &[&'static Extension]) -> Rule {
        let of = |role: Role| extensions.iter().copied().filter(move |extension| extension.role == role).collect();
        let (matches, targets): (Vec<_>, Vec<_>) = (of(Role::Match), of(Role::Target));
        let count = self.dice.pick(&[0, 1, 1, 2, 3]);
        let mut chosen: Vec<&'static Extension> = (0..count).map(|_| *self.dice.one(&matches)).collect();
        let target = self.dice.one_in(3).then(|| *self.dice.one(&targets));
        let mut parts: Vec<Vec<String>> = Vec::new();
        let known = chosen.iter().chain(&target).find_map(|extension| extension.protocols.first().copied());
        match known {
            Some(protocol) if !self.wrong(5) => parts.push(vec!["-p".to_owned(), protocol.to_string()]),
            _ if self.dice.one_in(3) => parts.push(self.general("-p", "--protocol", PROTOCOLS)),
            _ => {}
        }
        if self.dice.one_in(8) {
            chosen.extend(chosen.first().copied());
        }
        parts.extend(chosen.into_iter().map(|extension| self.extension("-m", extension)));
        parts.extend((0..self.dice.roll(3)).map(|_| self.other()));
        if self.wrong(2) {
            let at = self.dice.roll(parts.len() + 1);
            parts.insert(at, self.other());
        }
        match target {
            Some(target) => parts.push(self.extension("-j", target)),
            None if !self.dice.one_in(4) => parts.push(self.general("-j", "--jump", TARGETS)),
            None => {}
        }
        if parts.len() > 1 && self.wrong(3) {
            let (one, other) = (self.dice.roll(parts.len()), self.dice.roll(parts.len()));
            parts.swap(one, other);
        }
        let (table, chain) = self.place(target);
        let words = self.spoiled(parts.concat());
        Rule { table, chain, words }
    }

    /// A chain that fits the target, or any.
    fn place(&mut self, target: Option<&'static Extension>) -> (&'static str, &'static str) {
        let all: Vec<(&str, &str)> =
            CHAINS.iter().flat_map(|(table, chains)| chains.iter().map(|chain| (*table, *chain))).collect();
        let fits = |(table, chain): &(&str, &str)| {
            target.is_none_or(|own| {
                (own.tables.is_empty() || own.tables.contains(table))
                    && (own.hooks.is_empty() || own.hooks.contains(chain))
            })
        };
        let fitting: Vec<(&str, &str)> = all.iter().copied().filter(fits).collect();
        if fitting.is_empty() || self.wrong(6) { self.dice.pick(&all) } else { self.dice.pick(&fitting) }
    }

    /// A general option in one of its spellings.
    fn general(&mut self, short: &str, long: &str, (right, wrong): Arguments) -> Vec<String> {
        let argument = if self.wrong(3) { self.dice.pick(wrong) } else { self.dice.pick(right) }.to_owned();
        let cut = || long.chars().take(5).collect::<String>();
        let mut own = match self.dice.roll(8) {
            0 => vec![long.to_owned(), argument],
            1 => vec![cut(), argument],
            2 if self.wild => vec![format!("{long}={argument}")],
            3 if self.wild => vec![format!("{short}{argument}")],
            _ => vec![short.to_owned(), argument],
        };
        let negatable =
            short != "-j" && !own.iter().any(|word| word.contains(',') || matches!(word.as_str(), "all" | "ALL" | "+"));
        match self.dice.roll(12) {
            0 | 1 if negatable || self.wild => own.insert(0, "!".to_owned()),
            2 if self.wild => own.insert(1, "!".to_owned()),
            _ => {}
        }
        own
    }

    fn other(&mut self) -> Vec<String> {
        let v4 = (self.family == Family::V4) != self.wrong(10);
        let addresses = if v4 { ADDRESSES } else { ADDRESSES6 };
        let settings = if self.wild { SETTINGS.len() } else { RIGHT_SETTINGS };
        let counters = if self.wild { COUNTERS.len() } else { RIGHT_COUNTERS };
        match self.dice.roll(8) {
            0 => self.general("-s", "--source", addresses),
            1 => self.general("-d", "--destination", addresses),
            2 if self.wild => self.general("-i", "--in-interface", INTERFACES),
            3 if self.wild => self.general("-o", "--out-interface", INTERFACES),
            4 if v4 || self.wild => words(self.dice.pick(&[&["-f"][..], &["!", "-f"], &["--fragments"]])),
            5 => words(self.dice.pick(COUNTERS.get(..counters).unwrap_or_default())),
            _ => words(self.dice.pick(SETTINGS.get(..settings).unwrap_or_default())),
        }
    }

    /// The match or target with the options that it needs, and some more.
    fn extension(&mut self, load: &str, extension: &'static Extension) -> Vec<String> {
        let (family, usable) = (self.family, |row: &&OptionRow| !ELSEWHERE.contains(&row.name));
        let mut rows: Vec<&OptionRow> = needed(extension, family);
        for _ in 0..self.dice.roll(3) {
            if !extension.options.is_empty() {
                let row = self.dice.one(extension.options);
                let clashes = |other: &&OptionRow| {
                    other.name == row.name || other.conflicts.contains(&row.name) || row.conflicts.contains(&other.name)
                };
                if self.wrong(2) || !rows.iter().any(clashes) {
                    rows.push(row);
                }
            }
        }
        let mut own = if self.wrong(6) { Vec::new() } else { words(&[load, extension.name]) };
        for row in rows.into_iter().filter(usable) {
            own.extend(self.option(row));
        }
        own
    }

    /// An option in one of its spellings, with a right or a wrong argument.
    fn option(&mut self, row: &OptionRow) -> Vec<String> {
        let (good, bad) = samples(&row.kind, self.family);
        let odd = words(&["", " ", "0", "-1", "0x1f", "017", "1:", ",", "a b", "!", "-j", "+1", "1 "]);
        let pool = match self.dice.roll(5) {
            0 if self.wild => &bad,
            1 if self.wild => &odd,
            _ => &good,
        };
        let argument = if pool.is_empty() { String::new() } else { self.dice.one(pool).clone() };
        // What has a name is shared by rules that know it, and each has its own.
        let argument = if NAMES.contains(&argument.as_str()) {
            format!("{argument}{}", self.dice.roll(1 << 30))
        } else {
            argument
        };
        let argument = match self.dice.roll(20) {
            0 if self.wild => argument.to_uppercase(),
            1 if self.wild => format!(" {argument}"),
            2 if self.wild => format!("{argument} "),
            _ => argument,
        };
        let name = row
            .aliases
            .iter()
            .chain([&row.name])
            .nth(self.dice.roll(row.aliases.len() + 1))
            .copied()
            .unwrap_or(row.name);
        let end = 3 + self.dice.roll(name.len().saturating_sub(3).max(1));
        let name = if self.wrong(4) { name.chars().take(end).collect() } else { name.to_owned() };
        let mut own = match (row.kind.arity(), self.dice.roll(8)) {
            (0, 0) if self.wild => vec![format!("{name}={argument}")],
            (0, _) => vec![name],
            (1, 0) if self.wild => vec![name],
            (1, 1) => vec![format!("{name}={argument}")],
            (1, _) => vec![name, argument],
            _ => [vec![name], argument.split(' ').map(str::to_owned).collect()].concat(),
        };
        match self.dice.roll(16) {
            0..3 if row.negatable || self.wild => own.insert(0, "!".to_owned()),
            3 if self.wild => own.insert(1, "!".to_owned()),
            4 if self.wild => own.extend(own.clone()),
            _ => {}
        }
        own
    }

    /// The words, at times with one left out or twice.
    fn spoiled(&mut self, mut words: Vec<String>) -> Vec<String> {
        if words.is_empty() {
            words.push("-v".to_owned());
        }
        let at = self.dice.roll(words.len());
        match self.dice.roll(24) {
            0 | 1 if self.wild && words.len() > 1 => drop(words.remove(at)),
            2 | 3 if self.wild => words.insert(at, words[at].clone()),
            _ => {}
        }
        words
    }
}
