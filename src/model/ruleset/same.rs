//! When `-D` takes two rules for the same one.

use super::shown_name;
use crate::model::{Address, Argument, Dialect, Effect, Known, Match, Rule, Target, Test};

/// Whether the kernel deletes `held` when told to delete `given`.
pub(super) fn same(held: &Rule, given: &Rule, dialect: Dialect) -> bool {
    held.matches.len() == given.matches.len()
        && held.matches.iter().zip(&given.matches).all(|(a, b)| a.negated == b.negated && a.test == b.test)
        && compared(held, dialect).eq(compared(given, dialect))
        && same_target(held.target.as_ref(), given.target.as_ref())
        && held.undecided == given.undecided
}

/// The effects that are compared: ipchains looks neither at marks nor at TOS bytes.
fn compared(rule: &Rule, dialect: Dialect) -> impl Iterator<Item = &Effect> {
    let ignored =
        move |effect: &&Effect| dialect == Dialect::Ipchains && matches!(effect, Effect::Mark(_) | Effect::Tos { .. });
    rule.effects.iter().filter(move |effect| !ignored(effect))
}

/// Whether two rules go to what has the same name, be it another chain.
fn same_target(held: Option<&Target>, given: Option<&Target>) -> bool {
    let name = |target: &Target| target.name.known().map(|name| shown_name(name).to_owned());
    match (held, given) {
        (Some(held), Some(given)) => {
            let named_alike = held.name == given.name || name(held).is_some() && name(held) == name(given);
            named_alike && held.goto == given.goto && held.options == given.options
        }
        (held, given) => held.is_none() && given.is_none(),
    }
}

/// Whether the rule has a part that may turn out to equal that of another rule.
pub(super) fn is_open(rule: &Rule) -> bool {
    !rule.undecided.is_empty()
        || rule.matches.iter().any(open_match)
        || rule
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Mark(Known::Unknown(_)) | Effect::Netlink(Known::Unknown(_))))
        || rule.target.as_ref().is_some_and(open_target)
}

fn open_match(found: &Match) -> bool {
    match &found.test {
        Test::Source(address) | Test::Destination(address) => {
            matches!(address, Known::Unknown(_) | Known::Is(Address::Name(..)))
        }
        Test::Interface(name) | Test::InInterface(name) | Test::OutInterface(name) => name.as_ref().is_none(),
        Test::Protocol(protocol) => protocol.as_ref().is_none(),
        Test::SourcePort(port) | Test::DestinationPort(port) => port.as_ref().is_none(),
        Test::Fragment | Test::Syn => false,
        Test::Module(module) => {
            module.options.iter().any(|option| matches!(option.argument, Some(Argument::Unknown(_))))
        }
    }
}

fn open_target(target: &Target) -> bool {
    let unknown = target.options.iter().any(|option| matches!(option.argument, Some(Argument::Unknown(_))));
    unknown || target.name.known().is_none()
}
