//! From checked options to the command of the common model.

use std::sync::Arc;

use super::complaint::{Complaint, MISSING};
use super::options::Opt;
use super::parts::Parts;
use super::usage::Use;
use super::{check, nearest_target, rules, values};
use crate::dialect::nearest::perhaps;
use crate::model::{Action, Command, Dialect, Family, Known, Rule, Value};
use crate::text::Place;

/// What a policy may be; MASQ only in the forward chain.
const POLICIES: &[&str] = &["ACCEPT", "DENY", "REJECT"];

/// The command that `parts` say, or why it is refused.
pub(super) fn command(parts: &Parts<'_>, place: Place) -> Result<Command, Complaint> {
    let action = match parts.command() {
        Some(found) => {
            check::check(parts, found.spec.opt)?;
            action(parts, found, place)?
        }
        None if parts.undecided.is_empty() => return Err(no_command()),
        None => Action::Unknown,
    };
    Ok(Command { dialect: Dialect::Ipchains, family: Family::V4, table: "filter".into(), action, place })
}

fn no_command() -> Complaint {
    Complaint::new(MISSING, "no command specified").help("a command is one of `-A`, `-I`, `-R`, `-D`, `-F`, `-P`, ...")
}

fn shared(rules: Vec<Rule>) -> Vec<Arc<Rule>> {
    rules.into_iter().map(Arc::new).collect()
}

fn action(parts: &Parts<'_>, found: &Use, place: Place) -> Result<Action, Complaint> {
    let name = || found.value.clone().unwrap_or(Value::empty());
    let chain = || found.value.clone();
    let position = || values::position(found, parts.words);
    let first = || Known::Is(1);
    Ok(match found.spec.opt {
        Opt::Append => Action::Append { chain: name(), rules: shared(rules::rules(parts, place)?) },
        Opt::Insert => {
            let rules = shared(rules::rules(parts, place)?);
            Action::Insert { chain: name(), position: position()?.unwrap_or_else(first), rules }
        }
        Opt::Replace => {
            let rule = rules::rule(parts, place)?.into();
            Action::Replace { chain: name(), position: position()?.unwrap_or_else(first), rule }
        }
        Opt::Delete => match position()? {
            Some(position) => Action::DeleteNumber { chain: name(), position },
            None => Action::DeleteRule { chain: name(), rules: shared(rules::rules(parts, place)?) },
        },
        Opt::Check => Action::Check { chain: name(), rule: rules::packet(parts, place)?.into() },
        Opt::List if parts.find(Opt::Masquerading).is_some() => Action::ListMasquerading,
        Opt::List => Action::List { chain: chain(), zero: parts.find(Opt::Zero).is_some(), rules: false },
        Opt::Flush => Action::Flush { chain: chain() },
        Opt::Zero => Action::Zero { chain: chain(), position: None, listed: false },
        Opt::NewChain => Action::NewChain { chain: name() },
        Opt::DeleteChain => Action::DeleteChain { chain: chain() },
        Opt::Policy => policy(parts, found)?,
        Opt::Set => timeouts(parts, found)?,
        Opt::Masquerading => return Err(Complaint::new(MISSING, "-M needs -L or -S").at(found.word)),
        _ => Action::Information,
    })
}

fn policy(parts: &Parts<'_>, found: &Use) -> Result<Action, Complaint> {
    let at = found.further().first().copied().unwrap_or(found.word);
    let target = parts.words.get(at).map_or(Value::empty(), |word| word.value.clone());
    let chain = found.value.clone().unwrap_or(Value::empty());
    let masquerade = target.is("MASQ") && chain.known().is_none_or(|chain| chain == "forward");
    match target.known() {
        Some(text) if !POLICIES.contains(&text) && !masquerade => {
            let complaint = Complaint::invalid(format!("Invalid policy `{text}' for -P"))
                .meaning(format!("`{text}` is no policy of this chain"))
                .at(at);
            let near = nearest_target(text).filter(|near| *near != text && POLICIES.contains(near));
            Err(match near {
                _ if text == "DROP" => complaint.hint("in ipchains it is called `DENY`"),
                Some(near) => complaint.hint(perhaps(near)),
                None => complaint,
            })
        }
        _ => Ok(Action::Policy { chain, target }),
    }
}

fn timeouts(parts: &Parts<'_>, found: &Use) -> Result<Action, Complaint> {
    let mut times = values::timeouts(found, parts.words)?.into_iter();
    // A word that is missing is among those of an unknown before it.
    let unknown = found.value.clone().unwrap_or(Value::empty());
    let mut next = || times.next().unwrap_or_else(|| Known::Unknown(unknown.clone()));
    Ok(Action::MasqueradeTimeouts { tcp: next(), tcp_fin: next(), udp: next() })
}
