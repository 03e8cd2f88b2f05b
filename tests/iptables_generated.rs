//! Rules made from the declarations of the extensions, right and wrong ones, and what the
//! real programs of both variants make of them in a network namespace.

// A skipped test says why.
#![allow(clippy::print_stderr)]

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use iptlint::diag::{Diagnostic, Severity, Variant};
use iptlint::dialect::iptables::extension::{Extension, Needs, OptionRow, Role};
use iptlint::dialect::iptables::extensions::EXTENSIONS;
use iptlint::dialect::iptables::kind::Kind;
use iptlint::dialect::iptables::{Context, parse};
use iptlint::model::{Action, Family, Word};
use iptlint::print::iptables::{Style, append};
use iptlint::text::{FileId, Place, Span};

/// Extensions that usual kernels are without, and why: of their rules only what the program itself refuses is known.
const ABSENT: [(&str, &str); 5] = [
    ("ipvs", "needs a module that usual kernels are built without"),
    ("CLUSTERIP", "was removed from the kernel"),
    ("ULOG", "was removed from the kernel"),
    ("LED", "needs a module that usual kernels are built without"),
    ("SECMARK", "needs SELinux"),
];

/// The status of a program that has itself refused what was asked.
const REFUSED_BY_PROGRAM: &str = "2";

/// What the rules speak of and another program makes: a set, a counter.
const OBJECTS: [&str; 2] = ["ipset create listed hash:ip,port family FAMILY counters timeout 0", "nfacct add counted"];

/// Disagreements that are known: part of the rule, and the reason.
const KNOWN: &[(&str, &str)] = &[
    ("--src-group 0", "the machine's list of groups has a name for it"),
    ("--realm 0", "the machine's list of realms has a name for it"),
    ("-m cgroup --path", "whether the group exists depends on the machine"),
    ("-m cgroup ! --path", "whether the group exists depends on the machine"),
    ("--object-pinned", "whether the program exists depends on the machine"),
    (" --helper some-text", "which helpers there are depends on the machine"),
    (" --timeout some-text", "which timeouts there are depends on the machine"),
    ("--icmpv6-type mld-listener-", "iptables 1.8.9 does not have the names yet, and 1.8.11 has them"),
    ("nosuchuser", "users and groups are those of the machine"),
    ("-htable-size 4294967295", "the kernel lowers it to what it can hold"),
    ("-htable-size 0xffffffff", "the kernel lowers it to what it can hold"),
    ("-htable-max 4294967295", "the kernel lowers it to what it can hold"),
    ("-htable-max 0xffffffff", "the kernel lowers it to what it can hold"),
];

/// Samples of names and of other text.
const NAMES: [&str; 2] = ["name", "some-text"];

const CHAINS: [(&str, &[&str]); 5] = [
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("security", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// How many rules a chain holds before it is read and flushed.
const BATCH: usize = 60;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    table: &'static str,
    chain: &'static str,
    words: Vec<String>,
}

/// What a program said of a rule: its canonical text, or `None` where it is refused.
type Answer = Option<String>;

/// The answer of a program with its status.
#[derive(Clone, Debug, Default)]
struct Said {
    status: String,
    answer: Answer,
}

impl Said {
    /// Whether ours is the same, as far as the kernel can tell.
    fn is(&self, own: &Answer, rule: &Rule) -> bool {
        if rule.words.iter().any(|word| ABSENT.iter().any(|(name, _)| name == word)) {
            return own.is_none() == (self.status == REFUSED_BY_PROGRAM);
        }
        *own == self.answer
    }
}

/// Arguments that an option of this kind takes, and some that it does not: ends of ranges and one beyond.
fn samples(kind: &Kind, family: Family) -> (Vec<String>, Vec<String>) {
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
        Kind::NatPorts => (text(&["1", "1-65535"]), text(&["1:2", "65536", "5-1"])),
        Kind::Nat { .. } => (vec![address[0].to_owned(), address.join("-")], text(&["x", "1.2.3"])),
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
        Kind::Mark | Kind::Realm => (text(&["0", "0xffffffff", "0x1/0xff"]), text(&["4294967296", "1/x"])),
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
        Kind::FileName(longest) => (vec!["name".to_owned(), "x".repeat(longest)], text(&["a/b", ".", ".."])),
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
fn needed(extension: &'static Extension, family: Family) -> Vec<&'static OptionRow> {
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

fn generated(family: Family) -> Vec<Rule> {
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

/// What we say of a rule: for each variant its canonical text or that it is refused, and why.
struct Ours {
    nft: Answer,
    legacy: Answer,
    why: String,
}

fn ours(rule: &Rule, family: Family) -> Ours {
    let line = ["-t", rule.table, "-A", rule.chain].map(str::to_owned);
    let word = |(at, word): (usize, &String)| {
        Word::new(word.clone(), Place::new(FileId(0), Span::new(at * 100, at * 100 + 1)))
    };
    let words: Vec<Word> = line.iter().chain(&rule.words).enumerate().map(word).collect();
    let parsed = parse(&words, Place::default(), Context::command_line(family));
    let why = parsed.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    let refuses = |variant: Variant| {
        let counts = |problem: &Diagnostic| problem.only.is_none_or(|only| only == variant);
        parsed.problems.iter().any(|problem| problem.severity == Severity::Error && counts(problem))
    };
    let (by_nft, by_legacy) = (refuses(Variant::Nft), refuses(Variant::Legacy));
    let text = |variant: Variant| match parsed.command.as_ref().map(|command| &command.action) {
        Some(Action::Append { rules, .. }) => {
            let style = Style { family, variant: Some(variant) };
            Some(
                rules
                    .iter()
                    .map(|one| append(rule.chain, one, style).trim_end().to_owned())
                    .collect::<Vec<_>>()
                    .join("\n"),
            )
        }
        _ => None,
    };
    let (nft, legacy) = (text(Variant::Nft).filter(|_| !by_nft), text(Variant::Legacy).filter(|_| !by_legacy));
    Ours { nft, legacy, why }
}

/// A script that gives each rule to the program and prints its status, then the saved rules.
fn script(program: &str, rules: &[Rule]) -> String {
    let quote = |word: &String| format!("'{word}'");
    let family = if program.starts_with("ip6") { "inet6" } else { "inet" };
    let mut text: String = OBJECTS.map(|object| object.replace("FAMILY", family) + "\n").concat();
    text.push_str(&format!("{program} -t mangle -N measuring\n"));
    text.push_str(&format!("{program} -t mangle -A measuring -j RATEEST --rateest-name measured"));
    text.push_str(" --rateest-interval 250ms --rateest-ewmalog 500ms\n");
    for batch in batches(rules) {
        let Some(first) = batch.first() else { continue };
        for rule in batch {
            let words: Vec<String> = rule.words.iter().map(quote).collect();
            text.push_str(&format!(
                "{program} -t {} -A {} {} >/dev/null 2>&1; echo $?\n",
                rule.table,
                rule.chain,
                words.join(" ")
            ));
        }
        text.push_str(&format!(
            "{program}-save -t {} 2>/dev/null | grep '^-A {} *'\necho ==\n{program} -t {} -F {}\n",
            first.table, first.chain, first.table, first.chain
        ));
    }
    text
}

/// Rules of one chain, so that the saved ones come in the order in which they were given.
fn batches(rules: &[Rule]) -> impl Iterator<Item = &[Rule]> {
    let of_chain = |one: &Rule, other: &Rule| one.table == other.table && one.chain == other.chain;
    rules.chunk_by(of_chain).flat_map(|chain| chain.chunks(BATCH))
}

fn start(program: &str, rules: &[Rule], directory: &std::path::Path) -> Option<Child> {
    let file = directory.join(program);
    std::fs::write(&file, script(program, rules)).ok()?;
    Command::new("unshare").arg("-n").arg("sh").arg(file).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
}

fn answers(child: Child, rules: &[Rule]) -> Vec<Said> {
    let output = child.wait_with_output().expect("the script ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = text.split("==\n");
    let mut answers = Vec::new();
    for batch in batches(rules) {
        let lines: Vec<&str> = parts.next().unwrap_or_default().lines().collect();
        let (codes, saved) = lines.split_at(batch.len().min(lines.len()));
        let mut saved = saved.iter();
        let answer = |code: &&str| Said {
            status: (*code).to_owned(),
            answer: (*code == "0").then(|| saved.next().map_or_else(String::new, |line| line.trim_end().to_owned())),
        };
        answers.extend(codes.iter().map(answer));
    }
    answers
}

#[test]
fn generated_rules_agree_with_both_variants() {
    let directory = tempfile::tempdir().expect("a directory");
    let sets = [(Family::V4, "iptables", generated(Family::V4)), (Family::V6, "ip6tables", generated(Family::V6))];
    let mut real: BTreeMap<(bool, Rule), Vec<(&str, Said)>> = BTreeMap::new();
    // One variant after the other: both would make the same timers of IDLETIMER.
    for variant in ["nft", "legacy"] {
        let mut running = Vec::new();
        for (family, program, rules) in &sets {
            let name = format!("{program}-{variant}");
            let Some(child) = start(&name, rules, directory.path()) else { return skip("there is no unshare") };
            running.push((*family, rules, child));
        }
        for (family, rules, child) in running {
            let said = answers(child, rules);
            if said.iter().all(|said| said.answer.is_none()) {
                return skip("the programs take no rule here");
            }
            assert_eq!(said.len(), rules.len(), "{variant} did not answer for every rule");
            for (rule, answer) in rules.iter().zip(said) {
                real.entry((family == Family::V6, rule.clone())).or_default().push((variant, answer));
            }
        }
    }
    assert!(real.len() >= 3000, "only {} rules", real.len());
    let (mut wrong, mut met) = (Vec::new(), vec![false; KNOWN.len()]);
    for ((v6, rule), said) in &real {
        let family = if *v6 { Family::V6 } else { Family::V4 };
        let own = ours(rule, family);
        let by = |variant: &str| {
            let said = said.iter().find(|(own, _)| *own == variant);
            said.map(|(_, said)| said.clone()).unwrap_or_default()
        };
        let (nft, legacy) = (by("nft"), by("legacy"));
        let same = nft.is(&own.nft, rule) && legacy.is(&own.legacy, rule);
        let line = format!("{} {} {}", rule.table, rule.chain, rule.words.join(" "));
        if same {
            continue;
        }
        match KNOWN.iter().position(|(part, _)| line.contains(part)) {
            Some(at) => met[at] = true,
            None => wrong.push(format!(
                "{family:?} {line}\n  ours {:?} / {:?} {}\n  real {nft:?} / {legacy:?}",
                own.nft, own.legacy, own.why
            )),
        }
    }
    let idle = KNOWN.iter().zip(met).filter(|(_, met)| !met).map(|((part, _), _)| *part).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), real.len(), wrong.join("\n"));
    assert!(idle.is_empty(), "these disagreements are gone: {idle:?}");
}

/// Skips a test, or fails where skipping is forbidden.
fn skip(why: &str) {
    eprintln!("skipped: {why}");
    assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden: {why}");
}
