//! Effects and targets of ipchains.

use super::{Compiler, Jump};
use crate::model::{Argument, Dialect, Effect, Known, MarkChange, Target, Value};
use crate::packet::program::{Action, Ruling};
use crate::packet::{Reason, Rejection};
use crate::text::Place;

/// What an effect does.
pub(super) fn action(effect: &Effect) -> Action {
    match effect {
        Effect::Log | Effect::Netlink(_) => Action::Log,
        Effect::Mark(Known::Is(MarkChange::Set(mark))) => Action::Mark { keep: 0, turn: *mark },
        Effect::Mark(Known::Is(MarkChange::Add(more))) => Action::AddMark(*more),
        Effect::Mark(Known::Unknown(_)) => Action::LoseMark,
        Effect::Tos { and, xor } => Action::Tos { keep: *and, turn: *xor },
    }
}

impl Compiler<'_> {
    pub(super) fn ipchains_target(&mut self, target: &Target) -> Jump {
        let Some(name) = target.name.known() else { return self.unknown_target(&target.name, target.place) };
        match name {
            "RETURN" => Jump::Return,
            "REDIRECT" => Jump::Rule(Ruling::Redirect(redirect_port(target))),
            _ => match ruling(name) {
                Some(ruling) => Jump::Rule(ruling),
                None => self.user_chain(name, target),
            },
        }
    }

    /// What a policy says.
    pub(super) fn policy_target(&mut self, policy: &Value, dialect: Dialect, place: Place) -> Jump {
        let fits = |name: &str| match dialect {
            Dialect::Ipchains => ruling(name),
            Dialect::Iptables if name == "DROP" => Some(Ruling::Deny),
            Dialect::Iptables => ruling(name).filter(|ruling| *ruling == Ruling::Accept),
        };
        match policy.known().and_then(fits) {
            Some(ruling) => Jump::Rule(ruling),
            None => self.unknown_target(policy, place),
        }
    }

    /// A jump to a chain; one that nobody made is a matter of the run.
    pub(super) fn user_chain(&mut self, name: &str, target: &Target) -> Jump {
        match self.chains.get(name) {
            Some(chain) if target.goto => Jump::Goto(*chain),
            Some(chain) => Jump::Call(*chain),
            None => Jump::Unknown(self.unknown(Reason::Target(name.to_owned(), target.place), true)),
        }
    }

    /// A target that is only known at run time.
    pub(super) fn unknown_target(&mut self, name: &Value, place: Place) -> Jump {
        Jump::Unknown(self.unknown(Reason::Value(name.to_string(), place), true))
    }
}

fn ruling(name: &str) -> Option<Ruling> {
    match name {
        "ACCEPT" => Some(Ruling::Accept),
        "DENY" => Some(Ruling::Deny),
        "REJECT" => Some(Ruling::Reject(Rejection::PORT_UNREACHABLE)),
        "MASQ" => Some(Ruling::Masquerade),
        _ => None,
    }
}

fn redirect_port(target: &Target) -> Option<u16> {
    match target.options.first().and_then(|option| option.argument.as_ref()) {
        Some(Argument::Number(port)) => u16::try_from(*port).ok(),
        Some(_) => None,
        None => Some(0),
    }
}
