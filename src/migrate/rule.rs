//! One ipchains rule as the tokens of iptables rules, in the script's own words.
//!
//! Each token is anchored at the word whose place it takes, so that the command can be
//! rewritten where it stands. What the words mean is read from the evaluated rule;
//! their text is kept wherever iptables reads it the same way.

use std::collections::BTreeSet;

use super::adders::Adder;
use super::layout::{Copy, Purpose, Side, Stage};
use super::marks;
use super::roles::{unquoted, variable};
use super::route::Route;
use crate::dialect::ipchains::{Opt, Use};
use crate::dialect::names;
use crate::model::{Address, Effect, Known, MarkChange, Match, Network, PortRange, Protocol, Rule, Test, Value, Word};

/// A word of a new command, and the word of the old one in whose place it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) anchor: usize,
    pub(super) text: String,
}

/// Why a rule is not simply rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What it means is only known at run time.
    RunTime,
    /// It can match no packet.
    Never,
    /// A person must decide; the reason.
    Person(String),
}

/// The words of one command with their texts in the script.
pub(super) struct Wording<'a> {
    pub(super) words: &'a [Word],
    pub(super) texts: &'a [String],
    pub(super) uses: &'a [Use],
    /// Quotes would not survive: the command goes through `eval` or the like.
    pub(super) unquoted: bool,
    /// The word that may be the flag for the log.
    pub(super) flag: Option<Flag>,
    /// Words that are not known and stand where ports do: there may be one, or none.
    pub(super) ports: &'a [usize],
}

/// A list of tokens under construction, and what the rule depends on while the script runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens(pub(super) Vec<Token>, pub(super) Option<Devices>, pub(super) Option<Flag>);

/// A word in the place of an option, which is not known before the script runs. Only `-l` can be there, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// The variable.
    pub(super) name: String,
}

/// Between the name of a variable and the option that goes with it, unless the variable is empty.
const OPTIONAL: &str = ":+";

/// The variable and the option of a text that is an option with its value, or nothing where the variable is empty.
pub(super) fn optional_port(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix("${")?.split_once(OPTIONAL)?;
    Some((name, rest.strip_suffix('}')?.rsplit_once(" $")?.0))
}

impl Flag {
    /// The variable without the flag: nothing where it is one that can be there, else it spoils the word before.
    pub(super) fn rest(&self) -> String {
        format!("${{{}#-l}}", self.name)
    }
}

/// Devices that are only known when the script runs: those whose own address fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Devices {
    /// The address, and their names where those count; either perhaps negated.
    pub(super) arguments: String,
}

impl Tokens {
    pub(super) fn add(&mut self, anchor: usize, text: impl Into<String>) {
        self.0.push(Token { anchor, text: text.into() });
    }

    fn add_negated(&mut self, anchor: usize, negated: bool, option: &str) {
        if negated {
            self.add(anchor, "!");
        }
        self.add(anchor, option);
    }
}

impl<'a> Wording<'a> {
    /// The use of `opt`.
    pub(super) fn find(&self, opt: Opt) -> Option<&'a Use> {
        self.uses.iter().find(|found| found.spec.opt == opt)
    }

    /// The text of the word that holds the first argument of an option, or its joined argument.
    pub(super) fn argument(&self, found: &Use) -> String {
        match &found.joined {
            Some(joined) => joined.to_string(),
            None => self.text(found.value_word()),
        }
    }

    pub(super) fn text(&self, word: usize) -> String {
        self.texts.get(word).cloned().unwrap_or_default()
    }

    fn value(&self, word: usize) -> Option<&str> {
        self.words.get(word).and_then(Word::known)
    }

    /// The variable that holds the target, where nothing is known of it.
    pub(super) fn unknown_target(&self, rule: &Rule) -> Option<String> {
        let found = self.find(Opt::Jump).filter(|found| found.joined.is_none() && found.further().is_empty())?;
        let lone = |value: &Value| matches!(value, Value::Mixed(pieces) if pieces.len() == 1);
        rule.target.as_ref().filter(|target| lone(&target.name))?;
        Some(self.argument(found)).filter(|text| variable(text).is_some())
    }

    /// The variable that names a chain of the script's own in the command.
    fn chain_text(&self) -> Option<String> {
        let named = [Opt::Append, Opt::Insert, Opt::Replace, Opt::Delete];
        let found = self.uses.iter().find(|found| named.contains(&found.spec.opt) && found.joined.is_none())?;
        let text = self.argument(found);
        let own = self.value(found.value_word()).is_none_or(|name| !matches!(name, "input" | "forward" | "output"));
        // Quotes within the word go; they must not have told a name from what follows it.
        let name =
            |at: usize| text.as_bytes().get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let parts = text.match_indices('"').any(|(at, _)| at > 0 && name(at - 1) && name(at + 1));
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.${}\"".contains(c));
        (own && text.contains('$') && plain && !parts).then(|| text.replace('"', ""))
    }

    /// The option as written where iptables has the same spelling, else `short`.
    pub(super) fn spelling(&self, found: &Use, short: &str) -> String {
        const SAME: [&str; 16] = [
            "--append",
            "--insert",
            "--replace",
            "--delete",
            "--list",
            "--flush",
            "--zero",
            "--new-chain",
            "--delete-chain",
            "--policy",
            "--source",
            "--src",
            "--destination",
            "--dst",
            "--protocol",
            "--jump",
        ];
        let text = self.text(found.word);
        if SAME.contains(&text.as_str()) { text } else { short.to_owned() }
    }

    /// The tests of `rule` for a copy of its chain; with `reversed` the sides are exchanged, as `-b` does.
    pub(super) fn tests(&self, rule: &Rule, reversed: bool, stage: Stage) -> Result<Tokens, Trouble> {
        let mut tokens = Tokens::default();
        let mut protocol = 0..0;
        for found in self.uses {
            match found.spec.opt {
                Opt::Protocol => {
                    let start = tokens.0.len();
                    self.protocol(found, rule, &mut tokens)?;
                    protocol = start..tokens.0.len();
                }
                Opt::Source | Opt::Destination => self.address(found, rule, reversed, &mut tokens)?,
                Opt::SourcePort | Opt::DestinationPort => {
                    let source = found.spec.opt == Opt::SourcePort;
                    self.port(source, found.value_word(), rule, reversed, &mut tokens)?;
                }
                Opt::Interface => self.interface(found, rule, stage.side(), &mut tokens)?,
                Opt::Syn => {
                    tokens.add_negated(found.word, found.negated(), "--tcp-flags");
                    tokens.add(found.word, "SYN,RST,ACK");
                    tokens.add(found.word, "SYN");
                }
                Opt::Fragments => tokens.add_negated(found.word, found.negated(), "-f"),
                _ => {}
            }
        }
        self.icmp(rule, &mut tokens)?;
        self.in_order(&mut tokens, protocol);
        Ok(tokens)
    }

    /// Brings the tokens into the order of the old words, with the protocol before the options that need it.
    fn in_order(&self, tokens: &mut Tokens, protocol: std::ops::Range<usize>) {
        let marked = tokens.0.drain(..).enumerate().map(|(at, token)| (protocol.contains(&at), token));
        let mut marked: Vec<(bool, Token)> = marked.collect();
        marked.sort_by_key(|(_, token)| token.anchor);
        let needs = |text: &str| {
            matches!(text, "--sport" | "--dport" | "--tcp-flags" | "--icmp-type" | "-m") || text.contains(OPTIONAL)
        };
        let Some(first) = marked.iter().position(|(own, token)| !own && needs(&token.text)) else {
            tokens.0.extend(marked.into_iter().map(|(_, token)| token));
            return;
        };
        // A negation belongs to the option behind it.
        let negated = first > 0 && marked.get(first - 1).is_some_and(|(own, before)| !own && before.text == "!");
        let first = first - usize::from(negated);
        let anchor = marked.get(first).map_or(0, |(_, token)| token.anchor);
        let behind: Vec<(bool, Token)> = marked.split_off(first);
        tokens.0.extend(marked.into_iter().map(|(_, token)| token));
        let (own, rest): (Vec<_>, Vec<_>) = behind.into_iter().partition(|(own, _)| *own);
        tokens.0.extend(own.into_iter().map(|(_, token)| Token { anchor, ..token }));
        tokens.0.extend(rest.into_iter().map(|(_, token)| token));
    }

    fn protocol(&self, found: &Use, rule: &Rule, tokens: &mut Tokens) -> Result<(), Trouble> {
        if protocol_of(rule).is_some_and(|(protocol, _)| protocol.0 > 255) {
            return if found.negated() { Ok(()) } else { Err(Trouble::Never) };
        }
        tokens.add_negated(found.word, found.negated(), &self.spelling(found, "-p"));
        tokens.add(found.value_word(), self.argument(found));
        Ok(())
    }

    fn address(&self, found: &Use, rule: &Rule, reversed: bool, tokens: &mut Tokens) -> Result<(), Trouble> {
        let source = found.spec.opt == Opt::Source;
        let test = rule
            .matches
            .iter()
            .find(|found| matches!((&found.test, source), (Test::Source(_), true) | (Test::Destination(_), false)));
        let meant = match test.map(|found| &found.test) {
            Some(
                Test::Source(Known::Is(Address::V4(network))) | Test::Destination(Known::Is(Address::V4(network))),
            ) => Some(*network),
            _ => None,
        };
        if found.negated() && meant == Some(Network::ANY) {
            return Err(Trouble::Never);
        }
        let option = match (source != reversed, reversed) {
            (_, false) => self.spelling(found, if source { "-s" } else { "-d" }),
            (true, true) => "-s".to_owned(),
            (false, true) => "-d".to_owned(),
        };
        let word = found.value_word();
        let same = meant.is_none() || self.value(word).and_then(iptables_reads) == meant || meant == Some(Network::ANY);
        tokens.add_negated(found.word, found.negated(), &option);
        tokens.add(
            word,
            if same { self.argument(found) } else { meant.map(|network| network.to_string()).unwrap_or_default() },
        );
        if let Some(port) = found.port {
            self.port(source, port.word, rule, reversed, tokens)?;
        } else if let Some(port) = self.ports.iter().find(|port| **port == word + 1) {
            let icmp = protocol_of(rule) == Some((Protocol::ICMP, false));
            let option = match (icmp, source, source != reversed) {
                (true, true, _) if !reversed => "--icmp-type",
                (true, ..) => return Err(Trouble::RunTime),
                (false, _, true) => "--sport",
                (false, _, false) => "--dport",
            };
            self.optional(option, *port, tokens)?;
        }
        Ok(())
    }

    /// An option with the word `at`, which is a variable that may be empty; placeholders of templates are not.
    fn optional(&self, option: &str, at: usize, tokens: &mut Tokens) -> Result<(), Trouble> {
        let text = self.text(at);
        if text.starts_with('@') {
            tokens.add(at, option);
            tokens.add(at, text);
            return Ok(());
        }
        let name = variable(&text).filter(|_| text.starts_with('$')).ok_or(Trouble::RunTime)?;
        tokens.add(at, format!("${{{name}{OPTIONAL}{option} ${name}}}"));
        Ok(())
    }

    /// A port of TCP or UDP at the word `at`.
    fn port(&self, source: bool, at: usize, rule: &Rule, reversed: bool, tokens: &mut Tokens) -> Result<(), Trouble> {
        let protocol = match protocol_of(rule) {
            Some((Protocol::TCP, false)) => "tcp",
            Some((Protocol::UDP, false)) => "udp",
            Some((Protocol::ICMP, false)) => return Ok(()),
            // iptables refuses ports for other protocols than ipchains, or for the same.
            None => return self.any_port(source != reversed, at, tokens),
            _ => return Err(Trouble::RunTime),
        };
        let option = if source != reversed { "--sport" } else { "--dport" };
        let Some((found, range)) = port_of(rule, source) else { return Ok(()) };
        match range {
            // Naming the full range would make iptables pass over fragments; its negation matches nothing else.
            Known::Is(PortRange::ANY) if found.negated => tokens.add(at, "-f"),
            Known::Is(range) if range.low > range.high && found.negated => {
                tokens.add(at, "!");
                tokens.add(at, "-f");
            }
            Known::Is(range) if range.low > range.high => return Err(Trouble::Never),
            Known::Is(range) => {
                tokens.add_negated(at, found.negated, option);
                let kept = self.value(at).is_some_and(|text| reads_as_port(text, protocol));
                tokens.add(at, if kept { self.text(at) } else { range.to_string() });
            }
            Known::Unknown(_) => {
                tokens.add_negated(at, found.negated, option);
                tokens.add(at, self.text(at));
            }
        }
        Ok(())
    }

    /// A port of a protocol that is not known. iptables refuses ports for the protocols for which ipchains does.
    fn any_port(&self, source: bool, at: usize, tokens: &mut Tokens) -> Result<(), Trouble> {
        if at > 0 && self.words.get(at - 1).and_then(Word::known) == Some("!") {
            return Err(Trouble::RunTime);
        }
        tokens.add(at, if source { "--sport" } else { "--dport" });
        tokens.add(at, self.text(at));
        Ok(())
    }

    fn interface(&self, found: &Use, rule: &Rule, side: Side, tokens: &mut Tokens) -> Result<(), Trouble> {
        let test = rule.matches.iter().find_map(|found| match &found.test {
            Test::Interface(interface) => Some(interface),
            _ => None,
        });
        let own_word = found.value_word() == found.word;
        match test {
            // `-i +` is any interface, `! -i +` none.
            None => return Ok(()),
            Some(Known::Is(interface)) if interface.prefix && interface.name.is_empty() => return Err(Trouble::Never),
            // No device is called `-ieth0`.
            Some(_) if own_word => return if found.negated() { Ok(()) } else { Err(Trouble::Never) },
            Some(_) => {}
        }
        tokens.add_negated(found.word, found.negated(), if side == Side::Input { "-i" } else { "-o" });
        tokens.add(found.value_word(), self.argument(found));
        Ok(())
    }

    /// ICMP type and code, which ipchains writes as ports.
    fn icmp(&self, rule: &Rule, tokens: &mut Tokens) -> Result<(), Trouble> {
        if protocol_of(rule).is_none_or(|(protocol, negated)| negated || protocol != Protocol::ICMP) {
            return Ok(());
        }
        let (kind, code) = (port_of(rule, true), port_of(rule, false));
        let Some(anchor) = self.icmp_anchor() else { return Ok(()) };
        if let (Some((found, Known::Unknown(_))), None) = (&kind, &code) {
            tokens.add_negated(anchor, found.negated, "--icmp-type");
            tokens.add(anchor, self.text(anchor));
            return Ok(());
        }
        let range = |side: &Option<(&Match, &Known<PortRange>)>| match side {
            None => Ok(None),
            Some((found, Known::Is(range))) => Ok(Some((found.negated, *range))),
            Some((_, Known::Unknown(_))) => Err(Trouble::RunTime),
        };
        match (range(&kind)?, range(&code)?) {
            (None, None) => {}
            (Some((negated, kind)), None) if kind.low == kind.high && kind.low < 255 => {
                tokens.add_negated(anchor, negated, "--icmp-type");
                tokens.add(anchor, self.icmp_text(anchor).unwrap_or_else(|| kind.low.to_string()));
            }
            (Some((false, kind)), Some((false, code)))
                if kind.low == kind.high && code.low == code.high && kind.low < 255 && code.low < 256 =>
            {
                tokens.add(anchor, "--icmp-type");
                let text = self.icmp_text(anchor).filter(|_| self.icmp_is_name(anchor));
                tokens.add(anchor, text.unwrap_or_else(|| format!("{}/{}", kind.low, code.low)));
            }
            (kind, code) => {
                if self.unquoted {
                    return Err(Trouble::Person(
                        "its ICMP types need a quoted u32 match, and the command's quotes do not survive".to_owned(),
                    ));
                }
                tokens.add(anchor, "-m");
                tokens.add(anchor, "u32");
                tokens.add(anchor, "--u32");
                tokens.add(anchor, u32_test(kind, code)?);
            }
        }
        Ok(())
    }

    /// The first word that gives an ICMP type or code.
    fn icmp_anchor(&self) -> Option<usize> {
        let slots = self.uses.iter().filter_map(|found| match found.spec.opt {
            Opt::Source | Opt::Destination => found.port.map(|port| port.word),
            Opt::SourcePort | Opt::DestinationPort => Some(found.value_word()),
            _ => None,
        });
        slots.min()
    }

    /// The text of a word that holds a full ICMP name or a number, which iptables reads alike.
    fn icmp_text(&self, word: usize) -> Option<String> {
        let value = self.value(word)?;
        let number = value.parse::<u8>().is_ok_and(|number| number.to_string() == value);
        (number || self.icmp_is_name(word)).then(|| self.text(word))
    }

    fn icmp_is_name(&self, word: usize) -> bool {
        let lower = |value: &str| value.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        self.value(word).is_some_and(|value| lower(value) && crate::dialect::ipchains::is_icmp_name(value))
    }

    /// What the rule does to a packet on the way, in this copy: the ends of the rules before the verdict.
    /// `marks` are those that a packet can have.
    pub(super) fn effects(
        &self,
        rule: &Rule,
        chain: &str,
        purpose: Purpose,
        marks: Option<&BTreeSet<u32>>,
    ) -> Result<Vec<Vec<String>>, Trouble> {
        let mut lines = Vec::new();
        for effect in &rule.effects {
            match (effect, purpose) {
                (Effect::Log, Purpose::Filter) => lines.push(jump(self.log(rule, chain))),
                (Effect::Netlink(size), Purpose::Filter) => {
                    let mut line = vec!["NFLOG".to_owned()];
                    match size {
                        Known::Is(u16::MAX) => {}
                        Known::Is(size) => line.extend(["--nflog-size".to_owned(), size.to_string()]),
                        Known::Unknown(_) => return Err(Trouble::RunTime),
                    }
                    lines.push(jump(line));
                }
                (Effect::Mark(Known::Is(MarkChange::Add(number))), Purpose::Mangle) => {
                    lines.extend(relative_mark(marks, *number));
                }
                (Effect::Mark(change), Purpose::Mangle) => {
                    lines.push(jump(vec!["MARK".to_owned(), "--set-mark".to_owned(), self.mark(change)?]));
                }
                (Effect::Tos { and, xor }, Purpose::Mangle) => {
                    let value = format!("0x{xor:02x}/0x{:02x}", !and);
                    lines.push(jump(vec!["TOS".to_owned(), "--set-tos".to_owned(), value]));
                }
                _ => {}
            }
        }
        Ok(lines)
    }

    fn mark(&self, change: &Known<MarkChange>) -> Result<String, Trouble> {
        match change {
            Known::Is(MarkChange::Set(mark)) => {
                let written = self
                    .find(Opt::Mark)
                    .map(|found| self.argument(found))
                    .filter(|text| text.starts_with('$') || !text.starts_with('0'));
                Ok(written.unwrap_or_else(|| mark.to_string()))
            }
            _ => Err(Trouble::RunTime),
        }
    }

    /// What the rule for the log says behind `-j`.
    pub(super) fn log(&self, rule: &Rule, chain: &str) -> Vec<String> {
        let target = match (&rule.target, self.unknown_target(rule)) {
            (_, Some(text)) => unquoted(&text).to_owned(),
            (Some(target), None) => target.name.to_string(),
            (None, None) => "-".to_owned(),
        };
        let chain = self.chain_text().unwrap_or_else(|| chain.to_owned());
        let prefix = if self.unquoted { format!("{chain}:{target}:") } else { format!("\"{chain} {target} \"") };
        ["LOG", "--log-level", "info", "--log-prefix", &prefix].map(str::to_owned).to_vec()
    }
}

/// What jumps to a target.
pub(super) fn jump(target: Vec<String>) -> Vec<String> {
    std::iter::once("-j".to_owned()).chain(target).collect()
}

/// A rule for each mark that a packet can have; where that is not known, jumps to chains that add.
fn relative_mark(marks: Option<&BTreeSet<u32>>, number: u32) -> Vec<Vec<String>> {
    let rule = |(old, new): (u32, u32)| {
        let words = ["-m", "mark", "--mark", &old.to_string(), "-j", "MARK", "--set-mark", &new.to_string()];
        words.map(str::to_owned).to_vec()
    };
    match marks.and_then(|marks| marks::additions(marks, number)) {
        Some(changes) => changes.into_iter().map(rule).collect(),
        None => Adder::all(number).into_iter().map(|adder| jump(vec![adder.chain()])).collect(),
    }
}

/// The protocol that a rule names, and whether it is negated; any protocol where it names none.
pub(super) fn protocol_of(rule: &Rule) -> Option<(Protocol, bool)> {
    let test = rule.matches.iter().find_map(|found| match &found.test {
        Test::Protocol(protocol) => Some((protocol, found.negated)),
        _ => None,
    });
    match test {
        None => Some((Protocol::ANY, false)),
        Some((Known::Is(protocol), negated)) => Some((*protocol, negated)),
        Some((Known::Unknown(_), _)) => None,
    }
}

fn port_of(rule: &Rule, source: bool) -> Option<(&Match, &Known<PortRange>)> {
    rule.matches.iter().find_map(|found| match (&found.test, source) {
        (Test::SourcePort(range), true) | (Test::DestinationPort(range), false) => Some((found, range)),
        _ => None,
    })
}

/// The network that iptables takes an address text for; `None` where it asks a name server.
fn iptables_reads(text: &str) -> Option<Network> {
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    let dotted = |text: &str| -> Option<u32> {
        let mut bytes = [0u8; 4];
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() > 4 {
            return None;
        }
        for (byte, part) in bytes.iter_mut().zip(&parts) {
            let octal = part.len() > 1 && part.starts_with('0');
            *byte = if octal { return None } else { part.parse().ok()? };
        }
        Some(u32::from_be_bytes(bytes))
    };
    let mask = match mask {
        None => u32::MAX,
        Some(mask) if mask.contains('.') => dotted(mask)?,
        Some(mask) => Network::prefix_mask(mask.parse().ok().filter(|length| *length <= 32)?),
    };
    (address.contains('.') || mask == 0)
        .then(|| dotted(address).map(|address| Network { address: address & mask, mask }))
        .flatten()
}

/// Whether iptables takes a text for every address.
pub(super) fn takes_every_address(text: &str) -> bool {
    iptables_reads(text) == Some(Network::ANY)
}

/// Whether iptables reads the text of ports as ipchains does: leading zeros mean octal to it, and
/// some service names are only in the lists of old machines.
fn reads_as_port(text: &str, protocol: &str) -> bool {
    text.split(':').all(|end| match end.bytes().all(|byte| byte.is_ascii_digit()) {
        true => end.len() < 2 || !end.starts_with('0'),
        false => names::is_current_service(end, protocol),
    })
}

/// A test of ICMP type and code that no single icmp match can state.
fn u32_test(kind: Option<(bool, PortRange)>, code: Option<(bool, PortRange)>) -> Result<String, Trouble> {
    let ranges = |(negated, range): (bool, PortRange)| -> Result<String, Trouble> {
        let (low, high) = (range.low, range.high.min(255));
        let mut parts: Vec<(u16, u16)> = Vec::new();
        if !negated {
            parts.push((low, high));
        } else {
            if low > 0 {
                parts.push((0, low - 1));
            }
            if high < 255 && low <= high {
                parts.push((high + 1, 255));
            }
        }
        parts.retain(|(low, high)| low <= high);
        if parts.is_empty() {
            return Err(Trouble::Never);
        }
        Ok(parts.iter().map(|(low, high)| format!("0x{low:x}:0x{high:x}")).collect::<Vec<_>>().join(","))
    };
    let kind = kind.map(ranges).transpose()?.map(|ranges| format!("0>>22&0x3C@0>>24={ranges}"));
    let code = code.map(ranges).transpose()?.map(|ranges| format!("0>>22&0x3C@0>>16&0xFF={ranges}"));
    let tests: Vec<String> = kind.into_iter().chain(code).collect();
    Ok(format!("\"{}\"", tests.join("&&")))
}

/// What stands behind `-j` in a copy: tokens for the verdict, or nothing where the copy has no such rule.
pub(super) enum Verdict {
    /// No rule.
    Omit,
    /// A rule without target.
    Count,
    /// A rule with this target.
    To(Vec<String>),
}

/// The verdict of an ipchains target in a copy of its chain.
pub(super) fn verdict(target: Option<&str>, copy: &Copy, route: &Route, port: Option<&Value>) -> Verdict {
    let to = |words: &[&str]| Verdict::To(words.iter().map(|word| (*word).to_owned()).collect());
    match (copy.purpose, target) {
        (Purpose::Filter, None) => Verdict::Count,
        (Purpose::Filter, Some(target)) => to(&route.verdict(target, copy.stage)),
        (_, None) => Verdict::Omit,
        (_, Some("RETURN")) => to(&["RETURN"]),
        (Purpose::Redirect, Some("REDIRECT")) => match port {
            Some(Value::Known(port)) if port == "0" || port.is_empty() => to(&["REDIRECT"]),
            Some(port) => to(&["REDIRECT", "--to-ports", &port.to_string()]),
            None => to(&["REDIRECT"]),
        },
        (_, Some(_)) => to(&["ACCEPT"]),
    }
}

/// The ports that masquerading takes.
const MASQUERADE_PORTS: PortRange = PortRange { low: 61000, high: 65095 };

/// Whether the ports that masquerading takes are in a range, if all of them are or none.
fn fits_masquerading(range: PortRange) -> Option<bool> {
    let overlaps = range.low <= MASQUERADE_PORTS.high && range.high >= MASQUERADE_PORTS.low;
    let covers = range.low <= MASQUERADE_PORTS.low && range.high >= MASQUERADE_PORTS.high;
    (covers || !overlaps).then_some(covers)
}

/// What the ports that masquerading takes say of a rule's destination port, and with it of answers, if anything.
pub(super) fn fits_answers(rule: &Rule) -> Option<bool> {
    let (negated, range) = known_port(rule, false).ok()??;
    fits_masquerading(range).map(|fits| fits != negated)
}

/// Which options of conntrack ask for a packet's destination as it was before the kernel changed it.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) address: &'static str,
    pub(super) port: &'static str,
}

impl Before {
    /// Answers to masqueraded connections.
    pub(super) const REPLY: Self = Self { address: "--ctrepldst", port: "--ctrepldstport" };
    /// Connections to this host that go on to an inside one.
    pub(super) const RELAYED: Self = Self { address: "--ctorigdst", port: "--ctorigdstport" };

    /// Whether `option` asks for an address.
    pub(super) fn asks_address(option: &str) -> bool {
        option == Self::REPLY.address || option == Self::RELAYED.address
    }

    /// The tests with these options in the place of those that ask for the destination.
    /// `rule` says whether they ask at all, `reversed` that the rule is the second one of `-b`.
    pub(super) fn tests(self, body: Tokens, rule: &Rule, reversed: bool) -> Tokens {
        let mut tokens = Tokens::default();
        let mut old = body.0.into_iter();
        while let Some(token) = old.next() {
            let option = match token.text.as_str() {
                "-d" | "--destination" | "--dst" => self.address,
                "--dport" => self.port,
                text if text.contains(OPTIONAL) => {
                    let text = text.replace(":+--dport ", &format!(":+-m conntrack {} ", self.port));
                    tokens.add(token.anchor, text);
                    continue;
                }
                _ => {
                    tokens.0.push(token);
                    continue;
                }
            };
            // A negation stands before its option, and the module before both.
            let negation = tokens.0.pop_if(|last| last.text == "!");
            let Some(value) = old.next() else { continue };
            if option == self.address && is_any_address(rule, reversed) {
                continue;
            }
            tokens.add(token.anchor, "-m");
            tokens.add(token.anchor, "conntrack");
            tokens.0.extend(negation);
            tokens.add(token.anchor, option);
            tokens.0.push(value);
        }
        tokens
    }
}

/// Without the test of the destination port where the ports for masquerading decide it: answers come to one of those.
pub(super) fn answered(body: Tokens, rule: &Rule, reversed: bool) -> Result<Tokens, Trouble> {
    // A port that is only known at run time is asked about then.
    let Ok(Some((negated, range))) = known_port(rule, reversed) else { return Ok(body) };
    match fits_masquerading(range) {
        None => return Ok(body),
        Some(within) if within == negated => return Err(Trouble::Never),
        Some(_) => {}
    }
    let mut tokens = Tokens::default();
    let mut old = body.0.into_iter();
    while let Some(token) = old.next() {
        if token.text == "--dport" {
            tokens.0.pop_if(|last| last.text == "!");
            old.next();
        } else {
            tokens.0.push(token);
        }
    }
    Ok(tokens)
}

/// Whether a rule takes packets from, or to, every address.
fn is_any_address(rule: &Rule, source: bool) -> bool {
    let any = |found: &Match| match (&found.test, source) {
        (Test::Source(Known::Is(Address::V4(network))), true)
        | (Test::Destination(Known::Is(Address::V4(network))), false) => *network == Network::ANY,
        (Test::Source(_), true) | (Test::Destination(_), false) => false,
        _ => true,
    };
    rule.matches.iter().all(any)
}

/// The tests of a masqueraded packet: its source is the address of the device by which it goes,
/// its source port one of those for masquerading. `reversed` says that the rule is the second one of `-b`.
pub(super) fn disguised(body: Tokens, rule: &Rule, reversed: bool) -> Result<Tokens, Trouble> {
    if body.0.iter().any(|token| token.text.contains(OPTIONAL) && token.text.contains("--sport")) {
        return Err(Trouble::RunTime);
    }
    if let Some((negated, range)) = known_port(rule, !reversed)? {
        match fits_masquerading(range) {
            None => {
                let reason = "whether its source port fits depends on the port that masquerading chooses";
                return Err(Trouble::Person(reason.to_owned()));
            }
            Some(within) if within == negated => return Err(Trouble::Never),
            Some(_) => {}
        }
    }
    let (mut tokens, mut source, mut device) = (Tokens::default(), None, None);
    let mut old = body.0.into_iter();
    while let Some(token) = old.next() {
        let slot = match token.text.as_str() {
            "-s" | "--source" | "--src" => &mut source,
            "-o" => &mut device,
            "--sport" => {
                tokens.0.pop_if(|last| last.text == "!");
                old.next();
                continue;
            }
            _ => {
                tokens.0.push(token);
                continue;
            }
        };
        let negated = tokens.0.pop_if(|last| last.text == "!").is_some();
        *slot = old.next().map(|value| (negated, token, value));
    }
    match source.filter(|_| !is_any_address(rule, !reversed)) {
        Some((negated, _, value)) => {
            let word = |negated: bool, text: &str| format!("{}{text}", if negated { "! " } else { "" });
            let name = device.map(|(negated, _, value)| format!(" {}", word(negated, &value.text)));
            let arguments = format!("{}{}", word(negated, &value.text), name.unwrap_or_default());
            tokens.1 = Some(Devices { arguments });
        }
        None => {
            if let Some((negated, option, value)) = device {
                tokens.add_negated(option.anchor, negated, &option.text);
                tokens.0.push(value);
            }
        }
    }
    Ok(tokens)
}

/// The test of the source port of TCP or UDP, or that of the destination port, where it is known.
fn known_port(rule: &Rule, source: bool) -> Result<Option<(bool, PortRange)>, Trouble> {
    if protocol_of(rule).is_some_and(|(protocol, _)| protocol == Protocol::ICMP) {
        return Ok(None);
    }
    match port_of(rule, source) {
        None => Ok(None),
        Some((found, Known::Is(range))) => Ok(Some((found.negated, *range))),
        Some((_, Known::Unknown(_))) => Err(Trouble::RunTime),
    }
}
