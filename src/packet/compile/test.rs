//! Matches as conditions.

use super::{Compiler, Identity};
use crate::model::{Address, Interface, Known, Match, Network, Test};
use crate::packet::Reason;
use crate::packet::check::{Check, Condition, Side};
use crate::text::Place;

impl Compiler<'_> {
    /// Adds the conditions that a match stands for.
    pub(super) fn matching(&mut self, own: &Match, rule: Place, conditions: &mut Vec<Condition>) {
        let check = match &own.test {
            Test::Module(module) => return self.module(module, rule, conditions),
            test => plain(test, own.negated),
        };
        // Ports and SYN of ipchains know of their negation themselves.
        let within = matches!(check, Some(Check::PlainPort { .. } | Check::Begins { .. }));
        let negated = own.negated && !within;
        let reason = || match &check {
            Some(_) => Reason::Opaque(written(&own.test), rule),
            None => Reason::Value(value_of(&own.test), rule),
        };
        let unknown = match within && own.negated {
            true => self.unknown(reason(), true),
            false => self.shared(Identity::Test(own.test.clone()), |_| reason()),
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
fn written(test: &Test) -> String {
    let option = match test {
        Test::Source(_) => "-s",
        Test::Destination(_) => "-d",
        Test::Interface(_) | Test::InInterface(_) => "-i",
        Test::OutInterface(_) => "-o",
        Test::SourcePort(_) => "--sport",
        Test::DestinationPort(_) => "--dport",
        Test::Protocol(_) | Test::Fragment | Test::Syn | Test::Module(_) => "",
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
