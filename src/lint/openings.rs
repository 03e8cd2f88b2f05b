//! Rules that let packets in, and what they ask for.

use super::Context;
use crate::eval::Step;
use crate::model::{Action, Argument, Command, Known, Match, ModuleUse, OptionUse, PortRange, Protocol, Rule, Test};
use crate::packet::State;

/// The fully known rules that accept packets from elsewhere.
pub(super) fn openings<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Step, &'a Rule)> + use<'a> {
    let inward = |command: &Command| match &command.action {
        Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. } => {
            ["INPUT", "input", "FORWARD"].iter().any(|name| chain.is(name))
        }
        _ => false,
    };
    let commands = context.live_commands().filter(move |(_, command)| command.table.is("filter") && inward(command));
    let rules = commands.flat_map(|(step, command)| command.added_rules().map(move |rule| (step, rule)));
    rules.filter(|(_, rule)| accepts(rule))
}

/// The protocol that the rule is for.
pub(super) fn protocol(rule: &Rule) -> Option<Protocol> {
    rule.matches.iter().find_map(|own| match &own.test {
        Test::Protocol(Known::Is(protocol)) if !own.negated => Some(*protocol),
        _ => None,
    })
}

/// The match extensions of the rule.
pub(super) fn modules(rule: &Rule) -> impl Iterator<Item = &ModuleUse> {
    rule.matches.iter().filter_map(|own| match &own.test {
        Test::Module(module) => Some(module),
        _ => None,
    })
}

/// The destination ports that a test is for.
pub(super) fn destination_ports(own: &Match) -> Vec<PortRange> {
    match &own.test {
        Test::DestinationPort(Known::Is(range)) if !own.negated => vec![*range],
        Test::Module(module) => {
            let wanted = |name: &str| matches!(name, "--dport" | "--dports" | "--ports");
            let options = module.options.iter().filter(|option| wanted(&option.name) && !option.negated);
            let ports = options.filter_map(|option| match &option.argument {
                Some(Argument::Ports(ports)) => Some(ports.clone()),
                _ => None,
            });
            ports.flatten().collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the rule is fully known and accepts.
pub(super) fn accepts(rule: &Rule) -> bool {
    rule.undecided.is_empty() && rule.target.as_ref().is_some_and(|target| target.name.is("ACCEPT"))
}

/// Whether the rule asks for states among which is this one.
pub(super) fn accepts_state(rule: &Rule, state: State) -> bool {
    State::NAMES.iter().any(|(name, own)| *own == state && asks_for_state(rule, name))
}

/// Whether the rule asks for states among which is the one called `name`.
pub(super) fn asks_for_state(rule: &Rule, name: &str) -> bool {
    let holds = |option: &OptionUse| match &option.argument {
        Some(Argument::Set { chosen, .. }) if matches!(option.name.as_str(), "--state" | "--ctstate") => {
            chosen.iter().any(|word| word == name) != option.negated
        }
        _ => false,
    };
    modules(rule).any(|module| module.options.iter().any(holds))
}

/// Whether the rule looks at TCP flags.
pub(super) fn tests_flags(rule: &Rule) -> bool {
    let flags = |option: &OptionUse| matches!(option.name.as_str(), "--syn" | "--tcp-flags");
    modules(rule).any(|module| module.options.iter().any(flags))
}
