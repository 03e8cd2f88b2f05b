//! Targets of iptables.

use super::{Compiler, Identity, Jump, module, target};
use crate::dialect::iptables::declared;
use crate::dialect::iptables::extensions::Role;
use crate::model::{Argument, ModuleUse, OptionUse, Target, Test};
use crate::packet::program::{Action, Ruling, Translation};
use crate::packet::{Reason, Rejection};
use crate::text::Place;

/// Targets that tell somebody of a packet.
pub(super) const LOGGING: [&str; 3] = ["LOG", "NFLOG", "ULOG"];

/// Targets that change or note something that no match here looks at; the packet goes on.
const PASSING: [&str; 20] = [
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNSECMARK",
    "ECN",
    "HL",
    "IDLETIMER",
    "LED",
    "RATEEST",
    "SECMARK",
    "SET",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TRACE",
    "TTL",
    "LOGMARK",
    "ACCOUNT",
    "IPV4OPTSSTRIP",
    "DHCPMAC",
];

impl Compiler<'_> {
    /// Where a matching packet goes; what happens to it on the way is added to `actions`.
    pub(super) fn iptables_target(&mut self, target: &Target, rule: Place, actions: &mut Vec<Action>) -> Jump {
        let Some(name) = target.name.known() else { return self.unknown_target(&target.name, target.place) };
        let is_added = |option: &OptionUse| declared::added_option(name, Role::Target, &option.name).is_some();
        if target.options.iter().any(is_added) {
            return self.no_model(target, rule);
        }
        match name {
            "ACCEPT" => Jump::Rule(Ruling::Accept),
            "DROP" => Jump::Rule(Ruling::Deny),
            "RETURN" => Jump::Return,
            "REJECT" => match rejection(target) {
                Some(rejection) => Jump::Rule(Ruling::Reject(rejection)),
                None => self.no_model(target, rule),
            },
            _ if LOGGING.contains(&name) => passing(Action::Log, actions),
            "MARK" | "CONNMARK" | "TOS" | "DSCP" => passing(changing(target, name), actions),
            "NOTRACK" => passing(Action::Untrack, actions),
            "CT" if has(target, "--notrack") => passing(Action::Untrack, actions),
            "CT" => Jump::Next,
            "MASQUERADE" | "REDIRECT" | "SNAT" | "DNAT" | "NETMAP" => {
                let known = target::translation(target, name);
                Jump::Rule(Ruling::Translate(known.unwrap_or_else(|| self.lost(target, name, rule))))
            }
            _ if PASSING.contains(&name) => {
                let text = module::written("-j", (name, Role::Target), &target.options);
                let unknown = self.unknown(Reason::Stateful(text, rule), true);
                passing(Action::Other(unknown), actions)
            }
            _ if self.chains.contains_key(name) => self.user_chain(name, target),
            _ => self.no_model(target, rule),
        }
    }

    /// A translation to what is only known at run time, the same wherever it is written.
    fn lost(&mut self, target: &Target, name: &str, rule: Place) -> Translation {
        let to = target.options.iter().find(|option| matches!(option.argument, Some(Argument::Unknown(_))));
        let Some(option) = to.filter(|_| target.options.len() == 1) else {
            return Translation::Lost(self.unknown(Reason::Target(name.to_owned(), rule), true));
        };
        let test = Test::Module(ModuleUse { name: name.into(), options: vec![option.clone()] });
        Translation::Lost(self.shared(Identity::Test(test), |_| Reason::Target(name.to_owned(), rule)))
    }

    fn no_model(&mut self, target: &Target, rule: Place) -> Jump {
        Jump::Unknown(self.unknown(Reason::Target(target.name.to_string(), rule), true))
    }
}

fn passing(action: Action, actions: &mut Vec<Action>) -> Jump {
    actions.push(action);
    Jump::Next
}

fn has(target: &Target, name: &str) -> bool {
    target.options.iter().any(|option| option.name == name)
}

/// Codes of ICMP errors of type 3, as `reject_tg` of net/ipv4/netfilter/ipt_REJECT.c sends them.
fn rejection(target: &Target) -> Option<Rejection> {
    let Some(option) = target.options.iter().find(|option| option.name == "--reject-with") else {
        return Some(Rejection::PORT_UNREACHABLE);
    };
    let Some(Argument::Text(with)) = &option.argument else { return None };
    Some(match with.as_str() {
        "icmp-net-unreachable" => Rejection::Unreachable(0),
        "icmp-host-unreachable" => Rejection::Unreachable(1),
        "icmp-proto-unreachable" => Rejection::Unreachable(2),
        "icmp-port-unreachable" => Rejection::Unreachable(3),
        "icmp-net-prohibited" => Rejection::Unreachable(9),
        "icmp-host-prohibited" => Rejection::Unreachable(10),
        "icmp-admin-prohibited" => Rejection::Unreachable(13),
        "tcp-reset" => Rejection::Reset,
        _ => return None,
    })
}

/// What MARK (xt_mark.c), CONNMARK (xt_connmark.c), TOS and DSCP (xt_DSCP.c) do.
fn changing(target: &Target, name: &str) -> Action {
    let masked = |names: &[&str]| {
        let option = target.options.iter().find(|option| names.contains(&option.name.as_str()))?;
        match &option.argument {
            Some(Argument::Masked { value, mask }) => Some((*value, *mask)),
            Some(Argument::Number(value)) => Some(((*value as u32) << 2, 0xFC)),
            _ => None,
        }
    };
    const MARKS: [&str; 5] = ["--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark"];
    match name {
        "MARK" => masked(&MARKS).map_or(Action::LoseMark, |(turn, mask)| Action::Mark { keep: !mask, turn }),
        // What a shift makes of the bits is not followed.
        "CONNMARK" if is_shifted(target) && has(target, "--restore-mark") => Action::LoseMark,
        "CONNMARK" if is_shifted(target) => Action::LoseConnectionMark,
        "CONNMARK" if has(target, "--save-mark") || has(target, "--restore-mark") => copying(target),
        "CONNMARK" => match masked(&MARKS) {
            Some((turn, mask)) => Action::ConnectionMark { keep: !mask, turn },
            None => Action::LoseConnectionMark,
        },
        _ => match masked(&["--set-tos", "--and-tos", "--or-tos", "--xor-tos", "--set-dscp", "--set-dscp-class"]) {
            Some((turn, mask)) => Action::Tos { keep: !(mask as u8), turn: turn as u8 },
            None => Action::LoseTos,
        },
    }
}

fn is_shifted(target: &Target) -> bool {
    has(target, "--left-shift-mark") || has(target, "--right-shift-mark")
}

/// `connmark_tg_shift`: save keeps what is outside ctmask, restore what is outside nfmask.
fn copying(target: &Target) -> Action {
    let save = has(target, "--save-mark");
    let of_packet = mask(target, "--nfmask").or_else(|| mask(target, "--mask"));
    let of_connection = mask(target, "--ctmask").or_else(|| mask(target, "--mask"));
    match (of_packet, of_connection, save) {
        (Some(packet), Some(connection), true) => Action::SaveMark { keep: !connection, take: packet },
        (Some(packet), Some(connection), false) => Action::RestoreMark { keep: !packet, take: connection },
        (_, _, true) => Action::LoseConnectionMark,
        (_, _, false) => Action::LoseMark,
    }
}

/// The mask that an option names: all bits where it is not there, `None` where it is not known.
fn mask(target: &Target, name: &str) -> Option<u32> {
    let option = target.options.iter().find(|option| option.name == name);
    let other = target.options.iter().find(|option| option.name == "--mask");
    match option.or(other).map(|option| &option.argument) {
        None => Some(u32::MAX),
        Some(Some(Argument::Text(text))) => u32::from_str_radix(text.trim_start_matches("0x"), 16).ok(),
        Some(Some(Argument::Masked { value, .. })) => Some(*value),
        Some(_) => None,
    }
}
