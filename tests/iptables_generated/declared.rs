//! Rules made from the declarations of the extensions, right and wrong ones.

use iptlint::dialect::iptables::extension::{Extension, Needs, OptionRow, Role};
use iptlint::dialect::iptables::extensions::EXTENSIONS;
use iptlint::dialect::iptables::kind::Kind;
use iptlint::model::Family;

use crate::{ABSENT, Rule};

/// Samples of names and of other text.
pub(crate) const NAMES: [&str; 2] = ["name", "some-text"];

pub(crate) const CHAINS: [(&str, &[&str]); 5] = [
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("security", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// Arguments that an option of this kind takes, and some that it does not: ends of ranges and one beyond.
pub(crate) fn samples(kind: &Kind, family: Family) -> (Vec<String>, Vec<String>) {
    let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
    let address = if family == Family::V4 { ["10.1.2.3", "10.1.2.9"] } else { ["2001:db8::3", "2001:db8::9"] };
    match *kind {
        Kind::Switch | Kind::FixedFlags(..) => (vec![String::new()], Vec::new()),
        Kind::TcpFlags => (text(&["SYN,ACK SYN", "ALL NONE", "all fin"]), text(&["SYN FOO"])),
        Kind::PortRange | Kind::WrappingPortRange => {
            (text(&["0", "65535", "1:65535", ":5", "5:", "http"]), text(&["nosuchservice", "1:x", "-1"]))
        }
        Kind::PortList => (
            text(&["0,65535", "1:2,3", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"]),
            text(&["1,", "65536", "3:2", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"]),
        ),
        Kind::NatPorts(_) => (text(&["1", "1-65535"]), text(&["1:2", "65536", "5-1", "5-7/0"])),
        Kind::Nat(_) => (
            vec![address[0].to_owned(), address.join("-"), ":5".to_owned(), ":5-7/9".to_owned()],
            text(&["x", "1.2.3", ":7-5", ":5-7/0", "[]:5"]),
        ),
        Kind::StrictRange(high) => (
            vec![format!("0:{}", high - 1), "1:2".to_owned()],
            vec![format!("0:{}", high + 1), "2:1".to_owned(), "1".to_owned()],
        ),
        Kind::Number(low, high) => {
            let mut bad = text(&["x", "1x"]);
            bad.extend(high.checked_add(1).map(|beyond| beyond.to_string()));
            bad.extend(low.checked_sub(1).map(|below| below.to_string()));
            (vec![low.to_string(), high.to_string(), format!("{high:#x}")], bad)
        }
        Kind::Hexadecimal(high, _) => {
            (vec!["0".to_owned(), format!("{high:#x}")], vec![(high + 1).to_string(), "x".to_owned()])
        }
        Kind::Range(high) => (
            vec!["0".to_owned(), format!("1:{high}"), ":5".to_owned(), "5:".to_owned()],
            vec![(high + 1).to_string(), "x".to_owned()],
        ),
        Kind::Realm => (text(&["cosmos", "0", "0/0", "0x1/0xff"]), text(&["4294967296", "1/x", "1x", "cosmos/1"])),
        Kind::Group => (text(&["default", "0", "0/0", "0x1/0xff"]), text(&["4294967296", "x", "default/1"])),
        Kind::Mark => (text(&["0", "0xffffffff", "0x1/0xff"]), text(&["4294967296", "1/x"])),
        Kind::MarkChange(_) => (text(&["0", "0xffffffff"]), text(&["4294967296", "x"])),
        Kind::Tos => (text(&["0", "0xff", "0x10/0x3f", "Minimize-Delay"]), text(&["256", "x"])),
        Kind::TosChange(_) => (text(&["0", "0xff"]), text(&["256", "x"])),
        Kind::DscpClass => (text(&["CS0", "ef", "AF43"]), text(&["CS8", "x"])),
        Kind::Burst => (text(&["1", "1000000", "5kb"]), text(&["0", "x", "1000001"])),
        Kind::Set(all) | Kind::SetByBeginning(all) => (
            vec![
                all.first().copied().unwrap_or_default().to_owned(),
                all.iter().take(3).copied().collect::<Vec<_>>().join(","),
            ],
            text(&["nosuchword", "0,b"]),
        ),
        Kind::Choice(all, _) => {
            let names = all.iter().map(|(name, _)| *name);
            let in_hexadecimal =
                names.clone().filter_map(|name| name.parse::<u8>().ok()).map(|own| format!("{own:#x}"));
            (names.map(str::to_owned).chain(in_hexadecimal).collect(), text(&["nosuchword", "0x63"]))
        }
        Kind::Names(all) => (all.iter().map(|(name, _)| (*name).to_owned()).collect(), text(&["nosuchword"])),
        Kind::Icmp(all) => (
            all.iter().map(|(name, ..)| (*name).to_owned()).chain(text(&["3/4", "200"])).collect(),
            text(&["256", "3/256", "nosuchtype"]),
        ),
        Kind::Rate | Kind::FineRate => {
            (text(&["1/s", "5/minute", "7/hour", "3/day", "10"]), text(&["0/s", "1/week", "x"]))
        }
        Kind::GroupMac => (text(&["01:23:45:67:89:ab"]), text(&["00:23:45:67:89:ab"])),
        Kind::Label(longest) => (vec!["a\"b\\c".to_owned(), "x".repeat(longest)], vec!["x".repeat(longest + 1)]),
        Kind::Delay => (text(&["0", "10", "inf", "4294967295"]), text(&["x", "4294967296"])),
        Kind::ConnectionPorts => {
            (text(&["0", "65535", "1:65535", ":5", "5:", "5:0", "http"]), text(&["nosuchservice", "1:x", "-1"]))
        }
        Kind::Mac => (text(&["01:23:45:67:89:ab", "::1:+2:3:4"]), text(&["01:23:45:67:89", "zz:23:45:67:89:ab"])),
        Kind::Host => (vec![address[0].to_owned()], text(&["1.2.3.4.5", "x:y"])),
        Kind::AddressRange => (vec![address.join("-")], text(&["x-y"])),
        Kind::Text(..) => (text(&["some-text"]), Vec::new()),
        Kind::Interface => (text(&["eth0", "eth+"]), text(&["averyveryverylongname"])),
        Kind::Owner => (text(&["0", "0-5", "root"]), text(&["nosuchuser", "5-1"])),
        Kind::ClassId => (text(&["1:2", "ffff:ffff"]), text(&["1", "x:y"])),
        Kind::Probability => (text(&["0", "1", "0.5"]), text(&["1.1", "x", "-1"])),
        Kind::PrefixLength | Kind::LoosePrefixLength => (
            text(if family == Family::V4 { &["0", "32", "255.255.0.0"] } else { &["0", "128", "ffff::"] }),
            text(&["x", "1.2.3.4.5"]),
        ),
        Kind::OpenRange => (text(&["0", "5:", "1:2"]), text(&["2:1", "x"])),
        Kind::HeaderOptions => {
            (text(&["1", "255:255", "1:2,3"]), text(&["x", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"]))
        }
        Kind::AddressList => (text(&["::1", "::1,::2"]), text(&["x", "::1,y"])),
        Kind::TcpOptions => (text(&["2", "255", "mss,wscale"]), text(&["1", "256", "2,2", "x"])),
        Kind::NamedRange(all) => (
            all.iter().map(|(name, _)| (*name).to_owned()).chain(text(&["0", "255", "1:2"])).collect(),
            text(&["256", "x", "2:1"]),
        ),
        Kind::Date => (
            text(&["1970", "2038-12-31T23:59:59", "2020-02-03T04", "2020-00-00", "2020-02-31"]),
            text(&["1969", "2039", "2020-13", "2020-01-32", "2020-01-01T24"]),
        ),
        Kind::TimeOfDay => (text(&["00:00", "23:59:59", "5:06"]), text(&["24:00", "12", "12:60", "12:00:60"])),
        Kind::WeekDays => (text(&["Mon", "1,7", "Tue,Wed,Monday", "8", ""]), text(&["x", "mon"])),
        Kind::MonthDays => (text(&["1", "31", "3,2,1", "0"]), text(&["32", "x"])),
        Kind::Bit(high) => (text(&["1"]), vec!["0".to_owned(), (high + 1).to_string(), "x".to_owned()]),
        Kind::QuotedNumber(high) => {
            (vec!["0".to_owned(), high.to_string(), "4294967297".to_owned()], vec![(high + 1).to_string()])
        }
        Kind::Lowered(most) => (
            vec!["0".to_owned(), most.to_string(), (most + 1).to_string(), "4294967295".to_owned()],
            text(&["4294967296", "x"]),
        ),
        Kind::LowBits(bits) => (vec!["0".to_owned(), ((1_u64 << bits) - 1).to_string()], Vec::new()),
        Kind::Pattern => (text(&["GET", "a.b"]), Vec::new()),
        Kind::HexPattern => (text(&["|41|", "a|0d0a|b", "|7c|"]), text(&["|4|", "|41", "|zz|"])),
        Kind::Chunks => (
            text(&["any DATA", "all INIT_ACK,INIT", "only DATA:bE,ABORT:T", "ANY all", "any NONE"]),
            text(&["none DATA", "any nosuchchunk", "any DATA:x", "any INIT:T"]),
        ),
        Kind::SetOfPackets => (
            text(&["listed src", "listed dst,src", "listed src,dst,src,dst,src,dst"]),
            text(&["listed x", "listed src,", "listed src,dst,src,dst,src,dst,src", "listed"]),
        ),
        Kind::CounterName => (text(&["counted"]), Vec::new()),
        Kind::FileName(longest, taken) => {
            (vec!["name".to_owned(), "x".repeat(longest)], [text(&["a/b", ".", "..", ""]), text(taken)].concat())
        }
        Kind::Seconds => (text(&["1", "10", "2147483647"]), text(&["0", "x", "-1"])),
        Kind::AscendingRange(high) => (
            vec!["0".to_owned(), format!("1:{high}"), ":5".to_owned(), "5:".to_owned()],
            vec![(high + 1).to_string(), "2:1".to_owned()],
        ),
        Kind::BarredSet(all) => (vec![String::new(), all.join("|")], text(&["nosuchword"])),
        Kind::LooseSet(all) | Kind::ExactSet(all) => {
            (vec![all.first().copied().unwrap_or_default().to_owned(), all.join(",")], text(&["nosuchword", "0,b"]))
        }
        Kind::Address => (vec![address[0].to_owned()], vec![format!("{}/8", address[0]), "1.2.3.4.5".to_owned()]),
        Kind::Prefix => (text(&["2001:db8::/32", "::/0"]), text(&["2001:db8::", "2001:db8::1/32", "x/3", "::/129"])),
        Kind::Segment => (text(&["::1", "a::/64"]), text(&["x", "::/129"])),
        Kind::Span => (text(&["250ms", "8s"]), text(&["x"])),
        _ => (Vec::new(), Vec::new()),
    }
}

fn option(row: &OptionRow, argument: &str) -> Vec<String> {
    let words = argument.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
    std::iter::once(row.name.to_owned()).chain(words).collect()
}

/// The options without which the extension is refused.
pub(crate) fn needed(extension: &'static Extension, family: Family) -> Vec<&'static OptionRow> {
    let has_sample = |row: &&OptionRow| !samples(&row.kind, family).0.is_empty();
    let mut rows: Vec<&OptionRow> = extension.options.iter().filter(|row| row.required).collect();
    let lists: Vec<Vec<&str>> = match extension.needs {
        Needs::Nothing => Vec::new(),
        Needs::AnyOption => vec![extension.options.iter().map(|row| row.name).collect()],
        Needs::OneOf(names) => vec![names.to_vec()],
        Needs::EachOf(lists) => lists.iter().map(|names| names.to_vec()).collect(),
    };
    for names in lists {
        if !rows.iter().any(|row| names.contains(&row.name)) {
            rows.extend(names.iter().filter_map(|name| extension.option(name)).find(has_sample));
        }
    }
    let also: Vec<&OptionRow> =
        rows.iter().filter_map(|row| row.also).filter_map(|name| extension.option(name)).collect();
    rows.extend(also);
    rows
}

/// The match once more with each of its options, which iptables-nft puts into one.
fn once_more(extension: &'static Extension, family: Family) -> impl Iterator<Item = Vec<String>> {
    let arguments = move |row: &'static OptionRow| {
        let all = samples(&row.kind, family).0;
        all.into_iter().map(move |argument| option(row, &argument))
    };
    let again = vec!["-m".to_owned(), extension.name.to_owned()];
    extension.options.iter().flat_map(arguments).map(move |option| [again.clone(), option].concat())
}

fn rules_of(extension: &'static Extension, family: Family) -> Vec<Rule> {
    let places = CHAINS.iter().flat_map(|(table, chains)| chains.iter().map(move |chain| (*table, *chain)));
    let fits = |(table, chain): &(&str, &str)| {
        (extension.tables.is_empty() || extension.tables.contains(table))
            && (extension.hooks.is_empty() || extension.hooks.contains(chain))
    };
    let Some((table, chain)) = places.clone().find(fits) else { return Vec::new() };
    let mut start: Vec<String> = Vec::new();
    if let Some(protocol) = extension.protocols.first() {
        start.extend(["-p".to_owned(), protocol.to_string()]);
    }
    start.extend([if extension.role == Role::Match { "-m" } else { "-j" }.to_owned(), extension.name.to_owned()]);
    let needed = needed(extension, family);
    let base = |without: &OptionRow| -> Vec<String> {
        let others = needed.iter().filter(|row| row.name != without.name && !row.conflicts.contains(&without.name));
        let words = others.filter_map(|row| samples(&row.kind, family).0.first().map(|first| option(row, first)));
        start.iter().cloned().chain(words.flatten()).collect()
    };
    let rule = |words: Vec<String>| Rule { table, chain, words };
    let mut rules = vec![rule(start.clone())];
    for row in extension.options {
        let (good, bad) = samples(&row.kind, family);
        let before = base(row);
        let with = |words: &[String]| rule(before.iter().chain(words).cloned().collect());
        for argument in good.iter().chain(&bad) {
            rules.push(with(&option(row, argument)));
        }
        let Some(first) = good.first() else { continue };
        let once = option(row, first);
        rules.push(with(&[once.clone(), once.clone()].concat()));
        rules.push(with(&[vec!["!".to_owned()], once.clone()].concat()));
        rules.push(with(&[vec!["!".to_owned(), "!".to_owned()], once.clone()].concat()));
        rules.push(with(&[once.clone(), vec!["stray".to_owned()]].concat()));
        if row.kind.arity() > 0 {
            rules.push(with(&[row.name.to_owned()]));
        }
        for other in extension.options.iter().filter(|other| other.name != row.name) {
            if let Some(argument) = samples(&other.kind, family).0.first() {
                rules.push(with(&[once.clone(), option(other, argument)].concat()));
            }
        }
        if extension.native {
            rules.extend(once_more(extension, family).map(|more| with(&[once.clone(), more].concat())));
        }
    }
    let whole: Vec<String> = start
        .iter()
        .cloned()
        .chain(
            needed
                .iter()
                .filter_map(|row| samples(&row.kind, family).0.first().map(|first| option(row, first)))
                .flatten(),
        )
        .collect();
    if extension.role == Role::Match {
        let start = if extension.protocols.is_empty() { 0 } else { 2 };
        rules.push(rule([whole.clone(), whole.iter().skip(start).cloned().collect()].concat()));
    }
    if !ABSENT.iter().any(|(name, _)| *name == extension.name) {
        rules.extend(places.map(|(table, chain)| Rule { table, chain, words: whole.clone() }));
    }
    let bare: Vec<String> = whole.iter().skip(if extension.protocols.is_empty() { 0 } else { 2 }).cloned().collect();
    for protocol in ["tcp", "udp", "icmp", "47"] {
        rules.push(rule([vec!["-p".to_owned(), protocol.to_owned()], bare.clone()].concat()));
    }
    rules.push(rule(bare));
    rules
}

pub(crate) fn rules(family: Family) -> Vec<Rule> {
    let mut rules: Vec<Rule> = EXTENSIONS
        .iter()
        .filter(|extension| extension.families.contains(&family))
        .flat_map(|extension| rules_of(extension, family))
        .collect();
    rules.sort();
    rules.dedup();
    rules.iter_mut().enumerate().for_each(|(at, rule)| rule.words.iter_mut().for_each(|word| number(word, at, family)));
    rules
}

/// What a rule makes by a name has another name in each rule, and in each family: the timers of
/// IDLETIMER are those of the whole machine, and both families are asked at once.
fn number(word: &mut String, at: usize, family: Family) {
    if NAMES.contains(&word.as_str()) {
        word.push_str(&format!("{}-{at}", if family == Family::V4 { 4 } else { 6 }));
    }
}
