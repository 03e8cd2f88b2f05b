//! `forgotten-policy`: policies of a save file that iptables-nft-restore forgets.

use std::collections::HashSet;

use crate::diag::{Diagnostic, Severity, Variant};
use crate::eval::Act;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Dialect};

lint! {
    /// Finds commands of a save file by which iptables-nft-restore forgets the policy of a chain.
    ///
    /// # What it does
    /// Looks for `-Z`, also that of `-L -Z`, behind a policy that the same table sets, and for `-X` behind one of a chain which has no rules
    /// yet.
    ///
    /// # Why it is bad
    /// iptables-nft-restore puts the policy together with the other command, and the chain gets the policy ACCEPT. No
    /// message says so. iptables-legacy-restore keeps the policy.
    ///
    /// # Example
    /// ```text
    /// *filter
    /// :INPUT DROP [0:0]
    /// :FORWARD DROP [0:0]
    /// :OUTPUT ACCEPT [0:0]
    /// -Z
    /// -A INPUT -i lo -j ACCEPT
    /// -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// COMMIT
    /// ```
    ///
    /// # Use instead
    /// ```text
    /// *filter
    /// :INPUT DROP [0:0]
    /// :FORWARD DROP [0:0]
    /// :OUTPUT ACCEPT [0:0]
    /// -A INPUT -i lo -j ACCEPT
    /// -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// COMMIT
    /// ```
    pub(super) static LINT = {
        name: "forgotten-policy",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// What a table has said since it was opened.
#[derive(Default)]
struct Section {
    /// The chains whose policy is DROP.
    closed: Vec<String>,
    /// The chains with rules.
    filled: HashSet<String>,
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut section = Section::default();
    let mut found = Vec::new();
    let analysis = context.analysis;
    for (step, reading) in analysis.evaluation.steps.iter().zip(&analysis.readings) {
        match &step.act {
            Act::Table { .. } | Act::Commit => section = Section::default(),
            Act::Chain { dialect: Dialect::Iptables, name, policy: Some(policy), .. } if policy == "DROP" => {
                section.closed.push(name.to_string());
            }
            Act::Run(invocation) if invocation.table.is_some() => {
                let command = reading.as_ref().and_then(|reading| reading.command());
                for chain in command.map(|command| section.take(command)).unwrap_or_default() {
                    let message = format!(
                        "iptables-nft-restore forgets here that the policy of {chain} is DROP, and leaves ACCEPT"
                    );
                    let finding = context.finding(step.place, message).only_for(Variant::Nft);
                    found.push(
                        finding.with_help("set the policy in a table of its own behind this one, or drop this line"),
                    );
                }
            }
            _ => {}
        }
    }
    found
}

impl Section {
    /// Takes note of a command, and gives the chains whose policy it makes forgotten.
    fn take(&mut self, command: &Command) -> Vec<String> {
        match &command.action {
            Action::Policy { chain, target } if target.is("DROP") => self.closed.push(chain.to_string()),
            Action::Append { chain, .. } | Action::Insert { chain, .. } => {
                self.filled.insert(chain.to_string());
            }
            Action::Zero { chain, position: None, .. } | Action::List { chain, zero: true, .. } => {
                return self.forget(|own, _| chain.as_ref().is_none_or(|chain| chain.is(own)));
            }
            Action::DeleteChain { chain } => {
                return self.forget(|own, filled| !filled && chain.as_ref().is_none_or(|chain| chain.is(own)));
            }
            _ => {}
        }
        Vec::new()
    }

    fn forget(&mut self, which: impl Fn(&str, bool) -> bool) -> Vec<String> {
        let (gone, kept) = self.closed.drain(..).partition(|chain| which(chain, self.filled.contains(chain)));
        self.closed = kept;
        gone
    }
}
