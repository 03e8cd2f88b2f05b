//! Connection tracking helpers: protocols whose connections announce others.
//!
//! Since Linux 4.7 a helper watches only the connections that a rule with `-j CT --helper` gives it
//! (`nf_conntrack_helper` is 0 by default, and Linux 6.0 has done away with it).

use super::Context;
use super::openings::asks_for_state;
use crate::eval::{Act, Invocation, Program, Step};
use crate::model::{Argument, Protocol, Rule};
use crate::text::base_name;

/// A helper.
pub(super) struct Helper {
    /// Its name, as modules and `--helper` have it.
    pub(super) name: &'static str,
    /// The protocol of the connections that it watches.
    pub(super) protocol: Protocol,
    /// Their port.
    pub(super) port: u16,
}

/// Those that scripts load.
pub(super) const HELPERS: [Helper; 7] = [
    Helper { name: "ftp", protocol: Protocol::TCP, port: 21 },
    Helper { name: "tftp", protocol: Protocol::UDP, port: 69 },
    Helper { name: "irc", protocol: Protocol::TCP, port: 6667 },
    Helper { name: "sip", protocol: Protocol::UDP, port: 5060 },
    Helper { name: "pptp", protocol: Protocol::TCP, port: 1723 },
    Helper { name: "h323", protocol: Protocol::TCP, port: 1720 },
    Helper { name: "amanda", protocol: Protocol::UDP, port: 10080 },
];

impl Helper {
    /// The first step that loads its module.
    pub(super) fn loading<'a>(&self, context: &Context<'a>) -> Option<&'a Step> {
        context.live_steps().map(|(step, _)| step).find(|step| match &step.act {
            Act::Run(own) if own.program == Program::LoadModule => own.arguments.iter().any(|word| {
                let name = word.known().map(base_name).unwrap_or_default();
                let name = name.split('.').next().unwrap_or_default().replace('-', "_");
                ["ip_conntrack_", "nf_conntrack_"].iter().any(|start| name.strip_prefix(start) == Some(self.name))
            }),
            _ => false,
        })
    }

    /// Whether some rule gives it connections, or may for all that is known.
    pub(super) fn is_assigned(&self, context: &Context<'_>) -> bool {
        let assigns = |rule: &Rule| {
            let target = rule.target.as_ref();
            target.is_none_or(|target| target.name.known().is_none()) && !rule.undecided.is_empty()
                || target.is_some_and(|target| {
                    target.options.iter().any(|option| match &option.argument {
                        Some(Argument::Text(text)) => option.name == "--helper" && text == self.name,
                        Some(Argument::Unknown(_)) => option.name == "--helper",
                        _ => false,
                    })
                })
        };
        context.live_commands().flat_map(|(_, command)| command.added_rules()).any(assigns)
    }
}

/// Whether the script makes the kernel assign helpers by itself, as it did before.
pub(super) fn are_automatic(context: &Context<'_>) -> bool {
    let says =
        |own: &Invocation| own.arguments.iter().any(|word| word.value.to_string().contains("nf_conntrack_helper"));
    context.live_steps().any(|(step, _)| matches!(&step.act, Act::Run(own) if says(own)))
}

/// Whether some rule asks for the state RELATED.
pub(super) fn related_is_accepted(context: &Context<'_>) -> bool {
    let mut rules = context.live_commands().flat_map(|(_, command)| command.added_rules());
    rules.any(|rule| asks_for_state(rule, "RELATED"))
}
