//! When `-D` takes two rules for the same one.

use crate::model::{Address, Argument, Dialect, Effect, Known, Match, Rule, Target, Test};

/// Whether the kernel deletes `held` when told to delete `given`.
pub(super) fn same(held: &Rule, given: &Rule, dialect: Dialect) -> bool {
    held.matches.len() == given.matches.len()
        && held.matches.iter().zip(&given.matches).all(|(a, b)| a.negated == b.negated && a.test == b.test)
        && compared(held, dialect).eq(compared(given, dialect))
        && target(held) == target(given)
        && held.undecided == given.undecided
}

/// The effects that are compared: ipchains looks neither at marks nor at TOS bytes.
fn compared(rule: &Rule, dialect: Dialect) -> impl Iterator<Item = &Effect> {
    let ignored =
        move |effect: &&Effect| dialect == Dialect::Ipchains && matches!(effect, Effect::Mark(_) | Effect::Tos { .. });
    rule.effects.iter().filter(move |effect| !ignored(effect))
}

fn target(rule: &Rule) -> Option<(&crate::model::Value, bool, &[crate::model::OptionUse])> {
    rule.target.as_ref().map(|target| (&target.name, target.goto, target.options.as_slice()))
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
