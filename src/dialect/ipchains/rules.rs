//! The rules of one command: tests, effects and target put together.

use super::complaint::{CONFLICT, Complaint};
use super::matches::{self, Tests, given};
use super::options::Opt;
use super::parts::Parts;
use super::ports;
use super::usage::Use;
use super::values;
use crate::model::{Argument, Effect, Known, MarkChange, OptionUse, Protocol, Rule, Target, Test, Value};
use crate::text::Place;

/// The rules: with `-b` a second one for the other direction.
pub(super) fn rules(parts: &Parts<'_>, place: Place) -> Result<Vec<Rule>, Complaint> {
    let tests = matches::tests(parts)?;
    let first = finish(parts, place, tests.clone())?;
    if parts.find(Opt::Bidirectional).is_none() {
        return Ok(vec![first]);
    }
    let mut second = finish(parts, place, tests.reversed(parts.protocol()))?;
    let port = |test: &Test| matches!(test, Test::SourcePort(_) | Test::DestinationPort(_));
    if parts.protocol().is_none() && first.matches.iter().any(|found| port(&found.test)) {
        // ICMP types and codes do not change sides, so the ports are open.
        let protocol = parts.find(Opt::Protocol).and_then(|found| found.value.clone());
        second.undecided.extend(protocol);
    }
    Ok(vec![first, second])
}

/// The rule, of a command that takes one.
pub(super) fn rule(parts: &Parts<'_>, place: Place) -> Result<Rule, Complaint> {
    finish(parts, place, matches::tests(parts)?)
}

/// The packet of `-C`, which has one port on each side unless it is a fragment.
pub(super) fn packet(parts: &Parts<'_>, place: Place) -> Result<Rule, Complaint> {
    let rule = rule(parts, place)?;
    let one = |test: &Test| match test {
        Test::SourcePort(Known::Is(range)) | Test::DestinationPort(Known::Is(range)) => range.low == range.high,
        _ => true,
    };
    let ports =
        rule.matches.iter().filter(|found| matches!(found.test, Test::SourcePort(_) | Test::DestinationPort(_)));
    let with_ports = parts
        .protocol()
        .is_some_and(|(protocol, _)| [Protocol::TCP, Protocol::UDP, Protocol::ICMP].contains(&protocol));
    let needed = with_ports && parts.find(Opt::Fragments).is_none() && parts.undecided.is_empty();
    if (needed && ports.count() != 2) || !rule.matches.iter().all(|found| one(&found.test)) {
        return Err(Complaint::new(CONFLICT, "single source and destination ports required")
            .meaning("a packet to test needs exactly one source port and one destination port"));
    }
    Ok(rule)
}

fn finish(parts: &Parts<'_>, place: Place, tests: Tests) -> Result<Rule, Complaint> {
    let mut rule = Rule::new(place);
    rule.matches = tests.in_order();
    let undecided = parts.undecided.iter().filter_map(|at| parts.words.get(*at));
    rule.undecided = undecided.map(|word| word.value.clone()).collect();
    effects(parts, &mut rule)?;
    rule.target = target(parts)?;
    Ok(rule)
}

/// What the kernel does to a packet before the target, in its order.
fn effects(parts: &Parts<'_>, rule: &mut Rule) -> Result<(), Complaint> {
    rule.effects.extend(parts.find(Opt::Log).map(|_| Effect::Log));
    if let Some(found) = parts.find(Opt::Tos) {
        match values::tos_pair(found, parts.words)? {
            Some((and, xor)) if (and, xor) != (0xFF, 0) => rule.effects.push(Effect::Tos { and, xor }),
            Some(_) => {}
            None => {
                rule.undecided.extend(found.arguments.iter().filter_map(|at| Some(parts.words.get(*at)?.value.clone())))
            }
        }
    }
    if let Some((_, value)) = given(parts, Opt::Mark) {
        // To the kernel, adding nothing is a rule without `-m`.
        let change = Some(values::mark(value)?).filter(|change| *change != Known::Is(MarkChange::Add(0)));
        rule.effects.extend(change.map(Effect::Mark));
    }
    if let Some(found) = parts.find(Opt::Output) {
        let size = found.value.as_ref().map_or(Ok(Known::Is(u16::MAX)), values::size)?;
        rule.effects.push(Effect::Netlink(size));
    }
    Ok(())
}

fn target(parts: &Parts<'_>) -> Result<Option<Target>, Complaint> {
    let Some((found, value)) = given(parts, Opt::Jump) else { return Ok(None) };
    let place = parts.words.get(found.value_word()).map(|word| word.place).unwrap_or_default();
    let port = redirect_port(parts, found, value)?;
    let options = port.map(|argument| OptionUse { name: "port".into(), negated: false, argument: Some(argument) });
    Ok(Some(Target {
        name: value.clone(),
        goto: false,
        extension: false,
        options: options.into_iter().collect(),
        place,
    }))
}

fn redirect_port(parts: &Parts<'_>, found: &Use, target: &Value) -> Result<Option<Argument>, Complaint> {
    let Some((at, word)) = found.further().first().and_then(|at| Some((*at, parts.words.get(*at)?))) else {
        return Ok(target.is("REDIRECT").then_some(Argument::Number(0)));
    };
    let protocol = parts.protocol().map(|(protocol, _)| protocol);
    match ports::single(&word.value, protocol).map_err(|complaint| complaint.at(at))? {
        Known::Is(port) => Ok(Some(Argument::Number(port.into()))),
        Known::Unknown(value) => Ok(Some(Argument::Unknown(value))),
    }
}
