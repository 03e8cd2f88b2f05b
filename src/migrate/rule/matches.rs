//! The matches of a rule.

use super::{OPTIONAL, Token, Tokens, Trouble, Wording, bare, is_placeholder, optional, port_of, protocol_of};
use crate::dialect::ipchains::{Opt, Takes, Use};
use crate::dialect::names;
use crate::migrate::command::is_literal;
use crate::migrate::layout::{Side, Stage};
use crate::migrate::roles::Parameter;
use crate::model::{Address, Interface, Known, Network, PortRange, Protocol, Rule, Test, Word};

impl Wording<'_> {
    /// The tests of `rule` for a copy of its chain; with `reversed` the sides are exchanged, as `-b` does.
    pub(in crate::migrate) fn tests(&self, rule: &Rule, reversed: bool, stage: Stage) -> Result<Tokens, Trouble> {
        let mut tokens = Tokens::default();
        let mut protocol = 0..0;
        for found in self.uses {
            self.is_a_word(found)?;
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
        tokens.ask_once("-f")?;
        self.in_order(&mut tokens, protocol);
        Ok(tokens)
    }

    /// Leaves an option to a person that ipchains refused, unless the value that is joined to it begins with a blank.
    fn is_a_word(&self, found: &Use) -> Result<(), Trouble> {
        if found.joined.is_none() || found.spec.takes != Takes::OwnWord || found.spec.opt == Opt::Interface {
            return Ok(());
        }
        let option = found.spec.name();
        Err(Trouble::Person(format!(
            "ipchains took what {option} says from a word of its own and refused this, unless the value begins with a \
             blank; if it is to be a rule, put a blank behind {option}"
        )))
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
        let word = found.value_word();
        // In ipchains ports stand behind an address; where it is any, iptables needs none for them.
        let any = test.is_none() && !found.negated();
        if !any || !is_literal(&self.argument(found)) {
            let option = match (source != reversed, reversed) {
                (_, false) => self.spelling(found, if source { "-s" } else { "-d" }),
                (true, true) => "-s".to_owned(),
                (false, true) => "-d".to_owned(),
            };
            let same =
                meant.is_none() || self.value(word).and_then(iptables_reads) == meant || meant == Some(Network::ANY);
            tokens.add_negated(found.word, found.negated(), &option);
            tokens.add(
                word,
                if same { self.argument(found) } else { meant.map(|network| network.to_string()).unwrap_or_default() },
            );
        }
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
            self.optional(option, *port, rule, tokens)?;
        }
        Ok(())
    }

    /// An option with the word `at`, a parameter that may be empty; placeholders of templates are not, and neither is
    /// a parameter with a default, unless that says the same as no port.
    fn optional(&self, option: &str, at: usize, rule: &Rule, tokens: &mut Tokens) -> Result<(), Trouble> {
        let text = self.text(at);
        // With a protocol that is not known, every port is not the same as none: that takes TCP or UDP.
        let may_go = |default| is_every_port(default) && protocol_of(rule).is_some();
        match bare(&text) {
            Some(Parameter { name, default }) if default.map_or_else(|| !self.given.contains(&at), may_go) => {
                tokens.add(at, optional(option, name));
            }
            None if !is_placeholder(&text) => return Err(Trouble::RunTime),
            _ => {
                tokens.add(at, option);
                tokens.add(at, text);
            }
        }
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
            // Neither is one called by more than a name can hold.
            Some(Known::Is(interface)) if interface.is_no_device() => {
                return if found.negated() { Ok(()) } else { Err(Trouble::Never) };
            }
            Some(_) => {}
        }
        tokens.add_negated(found.word, found.negated(), if side == Side::Input { "-i" } else { "-o" });
        // Behind the longest beginning there is room for no end, and iptables has none for the mark either.
        let full = matches!(test, Some(Known::Is(own)) if own.prefix && own.name.len() == Interface::LONGEST);
        let text = self.argument(found);
        tokens.add(found.value_word(), if full { text.replace('+', "") } else { text });
        Ok(())
    }
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
pub(in crate::migrate) fn takes_every_address(text: &str) -> bool {
    iptables_reads(text) == Some(Network::ANY)
}

/// Whether ports are all there are, as where none are named.
fn is_every_port(text: &str) -> bool {
    matches!(text, ":" | "0:" | ":65535" | "0:65535")
}

/// Whether iptables reads the text of ports as ipchains does: leading zeros mean octal to it, and
/// some service names are only in the lists of old machines.
fn reads_as_port(text: &str, protocol: &str) -> bool {
    text.split(':').all(|end| match end.bytes().all(|byte| byte.is_ascii_digit()) {
        true => end.len() < 2 || !end.starts_with('0'),
        false => names::is_current_service(end, protocol),
    })
}
