//! Rules and rulesets as `iptables-save` 1.8.9 (nf_tables) prints them.
//!
//! Options of extensions are spelled by the same declarations that read them.
//! Parts that are only known at run time show as `${NAME}`: such text is for people.
//! Where the variants print a rule in different words, those of iptables-legacy are the ones without a variant.

mod native;

use std::borrow::Cow;

use crate::diag::Variant;
use crate::dialect::iptables::extensions::{self, OptionRow, Role};
use crate::dialect::iptables::kind;
use crate::dialect::names;
use crate::model::{
    Address, Argument, Chain, Family, Interface, Known, Match, OptionUse, Protocol, Rule, Ruleset, Table, Target, Test,
    Value, shown_name,
};

/// The order in which iptables-nft prints tables; iptables-legacy has another one.
const TABLES: [&str; 5] = ["mangle", "security", "raw", "filter", "nat"];

/// For whom rules are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// iptables or ip6tables.
    pub family: Family,
    /// The variant, where one is meant.
    pub variant: Option<Variant>,
}

impl From<Family> for Style {
    fn from(family: Family) -> Self {
        Self { family, variant: None }
    }
}

/// The specification of a rule, without `-A CHAIN`: `-s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT`.
pub fn specification(rule: &Rule, style: impl Into<Style>) -> String {
    let style = style.into();
    let nft = style.variant == Some(Variant::Nft);
    let matches = if nft { native::read_back(&rule.matches, style.family) } else { Cow::Borrowed(&*rule.matches) };
    let mut words: Vec<String> = matches.iter().filter_map(|test| matching(test, style)).collect();
    words.extend(rule.target.iter().filter_map(|target| goal(target, style)));
    words.extend(rule.undecided.iter().map(Value::to_string));
    words.join(" ")
}

/// A rule as a line of a save file.
pub fn append(chain: &str, rule: &Rule, style: impl Into<Style>) -> String {
    let specification = specification(rule, style);
    let blank = if specification.is_empty() { "" } else { " " };
    format!("-A {chain}{blank}{specification}")
}

/// The whole ruleset as a save file, without comments. Only what is certain is printed as if it held always.
pub fn save(ruleset: &Ruleset) -> String {
    save_for(ruleset, None)
}

/// The same in the words of a variant.
pub fn save_for(ruleset: &Ruleset, variant: Option<Variant>) -> String {
    let style = Style { family: ruleset.family, variant };
    let rank = |table: &&Table| TABLES.iter().position(|name| *name == table.name);
    let mut tables: Vec<&Table> = ruleset.tables.iter().collect();
    tables.sort_by_key(rank);
    tables.into_iter().map(|table| section(table, style)).collect()
}

fn section(table: &Table, style: Style) -> String {
    // The program sorts user chains by name.
    let (builtin, mut own): (Vec<&Chain>, Vec<&Chain>) = table.chains.iter().partition(|chain| chain.builtin);
    own.sort_by(|a, b| a.name.cmp(&b.name));
    let chains: Vec<&Chain> = builtin.into_iter().chain(own).filter(|chain| !chain.exists.is_false()).collect();
    let mut text = format!("*{}\n", table.name);
    for chain in &chains {
        let policy = if chain.builtin { policy(chain) } else { "-".to_owned() };
        text.push_str(&format!(":{} {policy} [0:0]\n", shown_name(&chain.name)));
    }
    for chain in &chains {
        // Of two chains of one name, the program finds the rules of one for both.
        let name = shown_name(&chain.name);
        let seen = table.chain(name).unwrap_or(chain);
        for entry in seen.entries.iter().filter(|entry| !entry.guard.is_false()) {
            text.push_str(&append(name, &entry.rule, style));
            text.push('\n');
        }
    }
    text.push_str("COMMIT\n");
    text
}

fn policy(chain: &Chain) -> String {
    let possible = chain.policies.iter().filter(|policy| !policy.guard.is_false());
    possible.map(|policy| policy.target.to_string()).next_back().unwrap_or_else(|| "ACCEPT".to_owned())
}

/// What the program prints of a test; nothing where it forgets it.
fn matching(test: &Match, style: Style) -> Option<String> {
    let not = if test.negated { "! " } else { "" };
    let every = |interface: &Known<Interface>| matches!(interface, Known::Is(own) if own.prefix && own.name.is_empty());
    Some(match &test.test {
        Test::InInterface(interface) | Test::OutInterface(interface)
            if style.variant == Some(Variant::Legacy) && every(interface) =>
        {
            return None;
        }
        Test::Source(address) => format!("{not}-s {}", shown(address, network)),
        Test::Destination(address) => format!("{not}-d {}", shown(address, network)),
        Test::Interface(interface) | Test::InInterface(interface) => {
            format!("{not}-i {}", shown(interface, ToString::to_string))
        }
        Test::OutInterface(interface) => format!("{not}-o {}", shown(interface, ToString::to_string)),
        Test::Protocol(number) => format!("{not}-p {}", shown(number, protocol)),
        Test::Fragment => format!("{not}-f"),
        Test::Module(module) => {
            format!("-m {}{}", module.name, options(&module.name, Role::Match, &module.options, style))
        }
        // Ports and SYN are ipchains' own; iptables has them as options of a match.
        Test::SourcePort(ports) => format!("{not}--sport {}", shown(ports, ToString::to_string)),
        Test::DestinationPort(ports) => format!("{not}--dport {}", shown(ports, ToString::to_string)),
        Test::Syn => format!("{not}--syn"),
    })
}

/// Nothing of a jump to a chain whose name `-E` has made empty.
fn goal(target: &Target, style: Style) -> Option<String> {
    let flag = if target.goto { "-g" } else { "-j" };
    let name = target.name.to_string();
    let name = shown_name(&name);
    let options = options(name, Role::Target, &target.options, style);
    (!name.is_empty()).then(|| format!("{flag} {name}{options}"))
}

fn shown<T>(known: &Known<T>, show: impl Fn(&T) -> String) -> String {
    match known {
        Known::Is(value) => show(value),
        Known::Unknown(value) => value.to_string(),
    }
}

/// A name stays a name; the program would print the addresses it stands for.
fn network(address: &Address) -> String {
    address.to_string()
}

fn protocol(number: &Protocol) -> String {
    let name = u8::try_from(number.0).ok().and_then(names::protocol_name);
    name.map_or_else(|| number.0.to_string(), str::to_owned)
}

fn options(name: &str, role: Role, options: &[OptionUse], style: Style) -> String {
    let extension = extensions::find(name, role, style.family);
    let mut text = String::new();
    for option in options {
        let row = extension.and_then(|extension| extension.option(&option.name));
        if row.is_some_and(|row| row.is_left_out(option) || row.legacy_only && style.variant == Some(Variant::Nft)) {
            continue;
        }
        text.push_str(if option.negated { " ! " } else { " " });
        text.push_str(&option.name);
        if let Some(argument) = &option.argument {
            text.push(' ');
            text.push_str(&row.map_or_else(|| plain(argument), |row| written(row, argument, style)));
        }
    }
    text
}

fn written(row: &OptionRow, argument: &Argument, style: Style) -> String {
    match argument {
        Argument::Text(text) if style.variant != Some(Variant::Nft) && text.len() > row.legacy_bytes => {
            row.kind.write(&Argument::Text(kind::cut(text, row.legacy_bytes).to_owned()))
        }
        _ => row.kind.write(argument),
    }
}

/// The argument of an option that is not declared.
fn plain(argument: &Argument) -> String {
    kind::write(argument)
}
