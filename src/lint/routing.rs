//! Whether a script makes this host a router.
//!
//! It does by the kernel's own switch, or by translating source addresses, which
//! concerns forwarded packets alone.

use super::Context;
use crate::eval::{Act, Invocation, Program, Step};
use crate::logic::Formula;
use crate::model::{Family, Ruleset, Word};
use crate::text::Place;

/// What switches forwarding on for IPv4.
const SWITCHES: [&str; 2] = ["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"];

/// The runs that end with this host as a router, and the step that makes it one.
pub(super) fn routed(context: &Context<'_>, ruleset: &Ruleset) -> Option<(Formula, Place)> {
    let switched = switched_on(context, ruleset.family);
    let translated = ruleset.table("nat").into_iter().flat_map(|table| &table.chains);
    // Where the file is about translation alone, the filter is another one's business.
    if switched.is_none() && ruleset.table("filter").is_none() {
        return None;
    }
    let mut found = switched;
    for entry in translated.filter(|chain| chain.name == "POSTROUTING").flat_map(|chain| &chain.entries) {
        let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
        if matches!(target, Some("MASQUERADE" | "SNAT")) && !entry.many {
            let (runs, place) = found.unwrap_or((Formula::FALSE, entry.rule.place));
            found = Some((context.or(runs, entry.guard), place));
        }
    }
    let (runs, place) = found?;
    Some((context.and(runs, alone(context, ruleset)), place))
}

/// Whether some run may switch forwarding on for IPv4: by itself, or with what a file of `sysctl` says.
pub(super) fn may_switch_on(context: &Context<'_>) -> bool {
    let sets = |word: &Word| {
        let Some(text) = word.known() else { return true };
        let file = ["-p", "-f", "--load", "--system"].iter().any(|option| text.starts_with(option));
        file || SWITCHES.iter().any(|switch| text.replace('/', ".").contains(switch))
    };
    context.live_steps().any(|(step, _)| match &step.act {
        Act::Run(own) => matches!(own.program, Program::ProcWrite | Program::Sysctl) && own.arguments.iter().any(sets),
        _ => false,
    })
}

/// The runs that use this program, and not the one of the other dialect.
fn alone(context: &Context<'_>, ruleset: &Ruleset) -> Formula {
    let (mut own, mut other) = (Formula::FALSE, Formula::FALSE);
    for (step, command) in context.live_commands().filter(|(_, command)| command.family == ruleset.family) {
        let used = if command.dialect == ruleset.dialect { &mut own } else { &mut other };
        *used = context.or(*used, step.guard);
    }
    context.and_not(own, other)
}

fn switched_on(context: &Context<'_>, family: Family) -> Option<(Formula, Place)> {
    let mut found: Option<(Formula, Place)> = None;
    for (step, _) in context.live_steps() {
        let switch = switch(step, family);
        let (runs, place) = found.unwrap_or((Formula::FALSE, switch_place(context, step)));
        found = match switch {
            Some(true) => Some((context.or(runs, step.guard), place)),
            Some(false) if found.is_some() => Some((context.and_not(runs, step.guard), place)),
            _ => found,
        };
    }
    found
}

/// Whether the step turns forwarding on or off.
pub(super) fn switch(step: &Step, family: Family) -> Option<bool> {
    let Act::Run(invocation) = &step.act else { return None };
    let (key, value) = setting(invocation)?;
    let own = match family {
        Family::V4 => SWITCHES.contains(&key.as_str()),
        Family::V6 => key == "net.ipv6.conf.all.forwarding",
    };
    own.then_some(())?;
    match value.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// A kernel parameter and what it is set to.
fn setting(invocation: &Invocation) -> Option<(String, &str)> {
    match (invocation.program, invocation.arguments.as_slice()) {
        (Program::ProcWrite, [file, text]) => {
            Some((file.known()?.strip_prefix("/proc/sys/")?.replace('/', "."), text.known()?))
        }
        (Program::Sysctl, words) => {
            let (key, value) = words.iter().filter_map(|word| word.known()).find_map(|word| word.split_once('='))?;
            Some((key.trim().replace('/', "."), value))
        }
        _ => None,
    }
}

/// Where a switch is written: the call, where a function makes it out of its arguments.
fn switch_place(context: &Context<'_>, step: &Step) -> Place {
    let text = context.analysis.sources.text(step.place);
    let from_call = ["$1", "$2", "${1", "${2", "$@", "$*"].iter().any(|parameter| text.contains(parameter));
    step.calls.last().filter(|_| from_call).copied().unwrap_or_else(|| context.analysis.place_in_file(step))
}
