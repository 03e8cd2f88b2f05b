//! `missing-established`: questions without answers.

use crate::diag::{Diagnostic, Severity};
use crate::lint::closed::Closed;
use crate::lint::samples::{answers, any_first};
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Family};
use crate::packet::{Class, Hook, Ways};

lint! {
    /// Finds firewalls that let connections out and keep all answers from coming back.
    ///
    /// # What it does
    /// Looks for scripts and save files that set up INPUT or FORWARD and close it, where no rule
    /// lets in an answer: neither by its state nor by its flags, ports or addresses, from whatever interface but
    /// `lo`. OUTPUT, or FORWARD itself, must let something go that could be answered.
    ///
    /// # Why it is bad
    /// A connection needs both directions. The host resolves no names, fetches no updates and sends no mail.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 25 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 25 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "missing-established",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (hook, asking) in [(Hook::Input, Hook::Output), (Hook::Forward, Hook::Forward)] {
        for mut own in context.closed(hook) {
            // What ipchains has masqueraded comes back without asking forward.
            let judged = hook == Hook::Input || own.ruleset.dialect == Dialect::Iptables;
            // Where nothing but the loopback is let in, IPv6 is switched off on purpose.
            let wanted = own.ruleset.family == Family::V4 || lets(&mut own, hook);
            if judged && wanted && lets(&mut own, asking) && keeps_all_answers(&mut own, hook) {
                let message = format!("{} is closed here, also to the answers to every connection", own.chain.name);
                let finding = context.finding(own.place, message).only_in(own.runs);
                found.push(finding.with_help(match own.ruleset.dialect {
                    Dialect::Iptables => "accept them by their state: `-m conntrack --ctstate ESTABLISHED,RELATED`",
                    Dialect::Ipchains => {
                        "accept TCP packets that begin no connection (`! -y`), and answers of name servers"
                    }
                }));
            }
        }
    }
    found
}

/// Whether something may go out that could be answered.
fn lets(own: &mut Closed<'_>, hook: Hook) -> bool {
    let class = Class { device: Some(Ways::Outside), ..any_first() };
    own.gate.lets(hook, &class) == Some(true)
}

fn keeps_all_answers(own: &mut Closed<'_>, hook: Hook) -> bool {
    answers().iter().all(|class| own.gate.lets(hook, class) == Some(false))
}
