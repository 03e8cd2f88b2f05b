//! Matches as conditions.

use super::{Compiler, Identity, Part, Spot, module};
use crate::model::{Address, Interface, Known, Network, Test};
use crate::packet::Reason;
use crate::packet::check::{Check, Condition, Side};

impl Compiler<'_> {
    /// Adds the conditions that a match stands for.
    pub(super) fn matching(&mut self, spot: Spot<'_>, conditions: &mut Vec<Condition>) {
        let (own, rule) = (&spot.rule.matches[spot.number as usize], spot.rule.place);
        let check = match &own.test {
            Test::Module(module) => return self.module(module, spot, conditions),
            test => plain(test, own.negated),
        };
        // Ports and SYN of ipchains know of their negation themselves.
        let within = matches!(check, Some(Check::PlainPort { .. } | Check::Begins { .. }));
        let negated = own.negated && !within;
        let unknown = match &check {
            Some(_) if within && own.negated => self.unknown(Reason::Opaque(shown(&own.test), rule), true),
            Some(_) => self.written(spot, Part::Whole),
            None => self.shared(Identity::Test(own.test.clone()), |_| Reason::Value(value_of(&own.test), rule)),
        };
        conditions.push(Condition { negated, check: check.unwrap_or(Check::Unknown), unknown });
    }
}

/// The check of a test that is known.
fn plain(test: &Test, negated: bool) -> Option<Check> {
    Some(match test {
        Test::Source(address) => Check::Source(network(address.as_ref()?)?),
        Test::Destination(address) => Check::Destination(network(address.as_ref()?)?),
        Test::Interface(device) | Test::InInterface(device) | Test::OutInterface(device) => {
            let device = device.as_ref()?;
            let name = device.name.clone();
            // Behind the longest name there is room for nothing more.
            let prefix = device.prefix && name.len() < Interface::LONGEST;
            match test {
                _ if device.is_no_device() => Check::Never,
                Test::OutInterface(_) => Check::Departure { name, prefix },
                _ => Check::Arrival { name, prefix },
            }
        }
        Test::Protocol(number) => Check::Protocol(number.as_ref()?.0),
        Test::Fragment => Check::Fragment,
        Test::SourcePort(range) => Check::PlainPort { side: Side::Source, range: *range.as_ref()?, negated },
        Test::DestinationPort(range) => Check::PlainPort { side: Side::Destination, range: *range.as_ref()?, negated },
        Test::Syn => Check::Begins { negated },
        Test::Module(_) => return None,
    })
}

/// The IPv4 network, where it is known; a packet of IPv4 is in none of IPv6.
pub(super) fn network(address: &Address) -> Option<Network> {
    match address {
        Address::V4(network) => Some(*network),
        Address::Name(_, 0) => Some(Network::ANY),
        Address::Name(..) | Address::V6(_) => None,
    }
}

/// How a test is written, for people.
pub(in crate::packet) fn shown(test: &Test) -> String {
    let option = match test {
        Test::Module(own) => return module::shown(own),
        Test::Source(_) => "-s",
        Test::Destination(_) => "-d",
        Test::Interface(_) | Test::InInterface(_) => "-i",
        Test::OutInterface(_) => "-o",
        Test::SourcePort(_) => "--sport",
        Test::DestinationPort(_) => "--dport",
        Test::Protocol(_) | Test::Fragment | Test::Syn => "",
    };
    format!("{option} {}", value_of(test))
}

/// How the value of a test that is not known is written.
fn value_of(test: &Test) -> String {
    fn text<T: ToString>(known: &Known<T>) -> String {
        match known {
            Known::Is(value) => value.to_string(),
            Known::Unknown(value) => value.to_string(),
        }
    }
    match test {
        Test::Source(address) | Test::Destination(address) => text(address),
        Test::Interface(device) | Test::InInterface(device) | Test::OutInterface(device) => text(device),
        Test::SourcePort(range) | Test::DestinationPort(range) => text(range),
        Test::Protocol(Known::Unknown(value)) => value.to_string(),
        Test::Protocol(_) | Test::Fragment | Test::Syn | Test::Module(_) => String::new(),
    }
}
