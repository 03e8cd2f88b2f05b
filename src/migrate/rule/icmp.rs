//! Types and codes of ICMP, which ipchains writes as ports.

use super::{Tokens, Trouble, Wording, port_of, protocol_of};
use crate::dialect::ipchains::{self, Opt};
use crate::model::{Known, Match, PortRange, Protocol, Rule};

impl Wording<'_> {
    /// Adds the test of type and code.
    pub(in crate::migrate) fn icmp(&self, rule: &Rule, tokens: &mut Tokens) -> Result<(), Trouble> {
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
        self.value(word).is_some_and(|value| lower(value) && ipchains::is_icmp_name(value))
    }
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
        let part = |(low, high): &(u16, u16)| if low == high { low.to_string() } else { format!("{low}:{high}") };
        Ok(parts.iter().map(part).collect::<Vec<_>>().join(","))
    };
    let kind = kind.map(ranges).transpose()?.map(|ranges| format!("0>>22&0x3C@0>>24={ranges}"));
    let code = code.map(ranges).transpose()?.map(|ranges| format!("0>>22&0x3C@0>>16&0xFF={ranges}"));
    let tests: Vec<String> = kind.into_iter().chain(code).collect();
    Ok(format!("\"{}\"", tests.join("&&")))
}
