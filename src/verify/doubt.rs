//! Why something cannot be decided.

use crate::analysis::{Analysis, Reading};
use crate::dialect::ipmasqadm;
use crate::eval::{Act, Program};
use crate::model::{Action, Dialect, Family, Table};
use crate::packet::sets::Atom;

/// What keeps the rules of a file from being known.
pub(super) fn doubts(analysis: &Analysis<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let path = analysis.sources.get(analysis.file).path();
    let mut doubt = |line: Option<usize>, what: &str| {
        let place = line.map_or(path.to_owned(), |line| format!("{path}:{line}"));
        super::note(&mut found, format!("{place}: {what}"));
    };
    if analysis.evaluation.cut_short.is_some() {
        doubt(None, "the script goes on for too long to follow");
    }
    for (step, reading) in analysis.evaluation.steps.iter().zip(&analysis.readings) {
        let Act::Run(invocation) = &step.act else { continue };
        if step.guard.is_false() || step.uncalled {
            continue;
        }
        let place = analysis.place_in_file(step);
        let line = Some(analysis.sources.get(place.file).line(place.span.start));
        match invocation.program {
            Program::FromIpchains => doubt(line, "the command is translated while the script runs"),
            Program::Ipmasqadm if ipmasqadm::parse(&invocation.arguments, place).action == Action::Unknown => {
                doubt(line, "what ipmasqadm does is not known");
            }
            Program::Ipfwadm => doubt(line, "ipfwadm is not modelled"),
            _ => {}
        }
        if let Some(command) = reading.as_ref().and_then(Reading::command) {
            if command.action == Action::Unknown {
                doubt(line, "what the command does is only known at run time");
            } else if command.table.known().is_none() {
                doubt(line, "the table is only known at run time");
            }
        }
    }
    let has = |dialect| analysis.ruleset(dialect, Family::V4).is_some_and(|own| own.tables.iter().any(is_used));
    if has(Dialect::Ipchains) && has(Dialect::Iptables) {
        doubt(None, "it has commands of ipchains and of iptables");
    }
    if analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables).any(|table| table.open) {
        doubt(None, "the names of its chains are not all known");
    }
    found
}

/// Whether a table is other than the kernel makes it.
pub(super) fn is_used(table: &Table) -> bool {
    table.chains.iter().any(|chain| !chain.builtin || !chain.entries.is_empty() || chain.policies.len() != 1)
}

/// That the answer depends on something that is not known.
pub(super) fn depends(atom: &Atom) -> String {
    match atom {
        Atom::Value(text, _) | Atom::Number(text, _) => format!("it depends on {text}"),
        Atom::Stateful(text, _) => comes(text),
        Atom::Alone(text, _) => format!("it depends on this: {text}"),
        Atom::Test(text, _) | Atom::Condition(text, _) => format!("it depends on `{text}`"),
        Atom::Local(_) => "it depends on which addresses are the host's own".to_owned(),
        Atom::Port(..) | Atom::Address(..) => "it depends on which address or port is picked".to_owned(),
    }
}

/// That a test that depends on earlier packets does not get the same ones.
pub(super) fn comes(text: &str) -> String {
    format!("`{text}` depends on earlier packets, and is not asked about the same ones on both sides")
}
