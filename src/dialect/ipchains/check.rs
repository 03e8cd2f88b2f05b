//! The checks that the program makes once it has read all options.
//!
//! Where a word is undecided or a value unknown, only what is refused in every case is refused.

use super::complaint::{CONFLICT, Complaint, MISSING};
use super::options::{OPTIONS, Opt};
use super::parts::Parts;
use super::usage::Use;
use crate::model::Protocol;

/// The commands that take a whole rule.
const RULE_COMMANDS: &[Opt] = &[Opt::Append, Opt::Insert, Opt::Replace, Opt::Delete, Opt::Check];

/// Options that only make sense in listings.
const LISTING: &[Opt] = &[Opt::Numeric, Opt::Exact, Opt::LineNumbers];

/// Options that go with every command.
const ANYWHERE: &[Opt] = &[Opt::Verbose, Opt::NoWarnings];

/// What a packet that is tested must say.
const PACKET: &[Opt] = &[Opt::Source, Opt::Destination, Opt::Protocol, Opt::Interface];

/// Options that no packet has.
const NOT_PACKET: &[Opt] = &[Opt::Bidirectional, Opt::Log, Opt::Mark, Opt::Tos, Opt::Output];

/// All checks, in the order of the program.
pub(super) fn check(parts: &Parts<'_>, command: Opt) -> Result<(), Complaint> {
    if matches!(command, Opt::Help | Opt::Version) {
        return Ok(());
    }
    legal(parts, command)?;
    syn(parts)?;
    ports(parts)?;
    fragments(parts)?;
    if command == Opt::Replace
        && let Some(both) = parts.find(Opt::Bidirectional)
    {
        return Err(Complaint::new(CONFLICT, "cannot use -b with -R").at(both.word));
    }
    if command == Opt::Check {
        packet(parts)?;
    }
    target(parts)
}

fn legal(parts: &Parts<'_>, command: Opt) -> Result<(), Complaint> {
    // The program looks at its options in a fixed order, not in the order in which they are written.
    for spec in OPTIONS.iter().filter(|spec| !spec.command && !allowed(command, spec.opt, parts.by_number())) {
        if let Some(found) = parts.find(spec.opt) {
            let said = format!("Illegal option `{}' with this command", spec.name());
            let meaning = format!("`{}` does not go with this command", spec.name());
            return Err(Complaint::new(CONFLICT, said).meaning(meaning).at(found.word));
        }
    }
    Ok(())
}

fn allowed(command: Opt, opt: Opt, by_number: bool) -> bool {
    let rule = RULE_COMMANDS.contains(&command) && !by_number;
    match opt {
        _ if ANYWHERE.contains(&opt) => true,
        _ if LISTING.contains(&opt) => command == Opt::List,
        _ if NOT_PACKET.contains(&opt) => rule && command != Opt::Check,
        _ => rule,
    }
}

fn syn(parts: &Parts<'_>) -> Result<(), Complaint> {
    let tcp = parts.protocol().is_none_or(|protocol| protocol == (Protocol::TCP, false));
    match parts.find(Opt::Syn) {
        Some(found) if !tcp => Err(Complaint::new(CONFLICT, "-y only allowed with TCP protocol")
            .meaning("`-y` needs `-p tcp`")
            .at(found.word)),
        _ => Ok(()),
    }
}

fn ports(parts: &Parts<'_>) -> Result<(), Complaint> {
    for slots in [parts.ports(Opt::Source), parts.ports(Opt::Destination)] {
        if let [_, second, ..] = slots.as_slice() {
            return Err(Complaint::new(CONFLICT, "multiple ports not allowed")
                .meaning("the port is given twice")
                .at(second.at));
        }
        let Some(slot) = slots.first() else { continue };
        let with_ports = |(protocol, negated): (Protocol, bool)| {
            !negated && [Protocol::TCP, Protocol::UDP, Protocol::ICMP].contains(&protocol)
        };
        if !parts.protocol().is_none_or(with_ports) {
            return Err(Complaint::new("port-without-protocol", "no ports allowed without specific protocol")
                .meaning("a port needs `-p tcp`, `-p udp` or `-p icmp`, not negated")
                .at(slot.at));
        }
    }
    Ok(())
}

fn fragments(parts: &Parts<'_>) -> Result<(), Complaint> {
    if parts.find(Opt::Fragments).is_none_or(Use::negated) {
        return Ok(());
    }
    let port = [Opt::Source, Opt::Destination].iter().find_map(|side| Some(parts.ports(*side).first()?.at));
    match port.or(parts.find(Opt::Syn).map(|found| found.word)) {
        Some(at) => Err(Complaint::new(CONFLICT, "fragment rules cannot have ports or -y")
            .meaning("later fragments have no ports and no TCP flags to test")
            .at(at)),
        None => Ok(()),
    }
}

fn packet(parts: &Parts<'_>) -> Result<(), Complaint> {
    let missing = PACKET.iter().find(|opt| parts.find(**opt).is_none() && parts.undecided.is_empty());
    if let Some(opt) = missing {
        let name = OPTIONS.iter().find(|spec| spec.opt == *opt).map(|spec| spec.name()).unwrap_or_default();
        return Err(Complaint::new(MISSING, format!("You need to supply the `{name}' option for this command"))
            .meaning(format!("a packet to test needs `{name}`")));
    }
    let inverted =
        parts.uses.iter().find_map(|found| found.bang.or(found.inner_bang).or(found.port.and_then(|port| port.bang)));
    match inverted {
        Some(at) => Err(Complaint::new(CONFLICT, "cannot use ! with -C").at(at)),
        None => Ok(()),
    }
}

fn target(parts: &Parts<'_>) -> Result<(), Complaint> {
    let Some(jump) = parts.find(Opt::Jump) else { return Ok(()) };
    let target = jump.value.as_ref().and_then(|value| value.known());
    let chain = parts.chain().and_then(|chain| chain.known()).unwrap_or_default();
    let with_ports =
        |(protocol, negated): (Protocol, bool)| !negated && [Protocol::TCP, Protocol::UDP].contains(&protocol);
    let (code, said) = match (target, chain) {
        (Some("MASQ"), "input" | "output") => {
            ("masq-outside-forward", "masquerading not allowed for input and output chains")
        }
        (Some("REDIRECT"), "output" | "forward") => {
            ("redirect-outside-input", "redirect not allowed for output and forward chains")
        }
        (Some("REDIRECT"), _) if !parts.protocol().is_none_or(with_ports) => {
            (CONFLICT, "redirecting only allowed with TCP or UDP")
        }
        _ => return Ok(()),
    };
    Err(Complaint::new(code, said).at(jump.value_word()))
}
