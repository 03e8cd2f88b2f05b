//! Save files: each line is a step.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use smol_str::SmolStr;

use super::{Act, Input, Invocation, Program, Step};
use crate::logic::Formula;
use crate::model::{Dialect, Family, Value, Word};
use crate::syntax::{Form, Kind, Node};
use crate::text::{Place, Span};

/// Which program wrote a save file.
#[derive(Clone, Copy)]
pub(super) struct SaveKind {
    pub(super) form: Form,
    pub(super) family: Family,
}

impl SaveKind {
    /// The kind of the save file `text`: what ip6tables-save wrote says so, or holds what IPv4 rarely has. What
    /// iptables-save wrote says so as well, and an address of either family leaves no doubt.
    pub(super) fn of(form: Form, text: &str) -> Self {
        const SIGNS: [&str; 4] = ["-p icmpv6 ", "-p ipv6-icmp ", "icmp6-", "-m icmp6 "];
        let written = || text.contains("by ip6tables-");
        let has_sign = || SIGNS.iter().any(|sign| text.contains(sign)) || addresses(text).any(is_of::<Ipv6Addr>);
        let six = || has_sign() && !text.contains("by iptables-") && !addresses(text).any(is_of::<Ipv4Addr>);
        let family = if form == Form::IptablesSave && (written() || six()) { Family::V6 } else { Family::V4 };
        Self { form, family }
    }
}

/// The addresses that rules ask for.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let after = ["-s ", "-d "].into_iter().flat_map(|option| text.split(option).skip(1));
    after.filter_map(|rest| rest.split(['/', ' ', ',', '\n', '\r']).next())
}

fn is_of<Family: FromStr>(address: &str) -> bool {
    address.parse::<Family>().is_ok()
}

/// The steps of the save file `root`; `keep` says that the rules in the kernel are kept (`--noflush`).
pub(super) fn steps(
    root: Node<'_>,
    kind: SaveKind,
    text: &dyn Fn(Span) -> SmolStr,
    place: &dyn Fn(Span) -> Place,
    keep: bool,
) -> Vec<Step> {
    let SaveKind { form, family } = kind;
    let mut table = SmolStr::new_static("filter");
    let mut open = None;
    let mut steps = Vec::with_capacity(root.named().count());
    for line in root.named() {
        let name_of = |kind: Kind| line.child(kind).map(|child| text(child.span));
        let act = match line.kind {
            Kind::Table => {
                table = name_of(Kind::TableName).unwrap_or_default();
                open = Some(place(line.span));
                Act::Table { family, name: table.to_string(), keep }
            }
            Kind::Chain => Act::Chain {
                dialect: if form == Form::IpchainsSave { Dialect::Ipchains } else { Dialect::Iptables },
                family,
                table: table.to_string(),
                name: Value::from(name_of(Kind::ChainName).unwrap_or_default()),
                policy: name_of(Kind::ChainPolicy).map(String::from),
            },
            Kind::Commit => {
                open = None;
                Act::Commit
            }
            Kind::Rule => Act::Run(rule(line, kind, &table, text, place)),
            _ => continue,
        };
        steps.push(step(act, place(line.span)));
    }
    if let (Some(place), Form::IptablesSave) = (open, form) {
        steps.push(step(Act::Uncommitted, place));
    }
    steps
}

fn step(act: Act, place: Place) -> Step {
    Step { act, guard: Formula::TRUE, many: false, rounds: None, uncalled: false, place, calls: Vec::new() }
}

fn rule(
    line: Node<'_>,
    SaveKind { form, family }: SaveKind,
    table: &SmolStr,
    text: &dyn Fn(Span) -> SmolStr,
    place: &dyn Fn(Span) -> Place,
) -> Invocation {
    let counters = line.child(Kind::Counters).map(|counters| Word::new(text(counters.span), place(counters.span)));
    let words = line.all(Kind::Word).map(|word| Word::new(word_text(word, text), place(word.span)));
    let mut arguments = Vec::with_capacity(line.all(Kind::Word).count() + usize::from(counters.is_some()));
    arguments.extend(counters.into_iter().chain(words));
    Invocation {
        program: match (form, family) {
            (Form::IpchainsSave, _) => Program::Ipchains,
            (_, Family::V4) => Program::Iptables,
            (_, Family::V6) => Program::Ip6tables,
        },
        arguments,
        vanished: Vec::new(),
        name: place(Span { start: line.span.start, end: line.span.start }),
        name_value: Value::empty(),
        table: (form == Form::IptablesSave).then(|| table.clone()),
        input: Input::Inherited,
        captured: false,
    }
}

/// A word without its quotes and backslashes.
fn word_text(word: Node<'_>, text: &dyn Fn(Span) -> SmolStr) -> SmolStr {
    if word.is_leaf() {
        return text(word.span);
    }
    let part = |part: Node<'_>| match part.kind {
        Kind::DoubleQuoted => {
            let inner = part.child(Kind::DoubleText).map(|inner| text(inner.span)).unwrap_or_default();
            // What no quote closes goes to the end of the line, which belongs to it.
            let end = if part.child(Kind::Missing).is_some() { "\n" } else { "" };
            without_backslashes(&format!("{inner}{end}"))
        }
        _ => text(part.span).into(),
    };
    word.children().map(part).collect()
}

fn without_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}
