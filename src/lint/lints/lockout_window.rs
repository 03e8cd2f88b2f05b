//! `lockout-window`: closed long before it is opened.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::policies::closes;
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Action, Command};
use crate::syntax::{Form, Kind};

lint! {
    /// Finds scripts that close INPUT long before they accept anything there.
    ///
    /// # What it does
    /// Looks for `-P INPUT DROP` in a script, while the chain accepts nothing, and counts the commands up to the
    /// first rule that does. Ten are long. Scripts with a `trap`, and those that restore a saved file, are left
    /// alone. It is off unless it is asked for: at boot nobody is locked out.
    ///
    /// # Why it is bad
    /// Whoever runs the script over the network is cut off as soon as the policy is set. If one of the commands
    /// in between hangs or fails, the first rule that accepts never comes.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// for network in 0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 \
    ///   192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4; do
    ///   iptables -A INPUT -i eth0 -s $network -j DROP
    /// done
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// for network in 0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 \
    ///   192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4; do
    ///   iptables -A INPUT -i eth0 -s $network -j DROP
    /// done
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "lockout-window",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

/// So many commands take long enough.
const LONG: usize = 10;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if !is_unguarded_script(context) {
        return Vec::new();
    }
    let commands: Vec<(&Step, &Command)> = context.live_commands().collect();
    let mut found = Vec::new();
    for (at, (step, command)) in commands.iter().enumerate() {
        let Action::Policy { chain, target } = &command.action else { continue };
        let Some(name) = chain.known().filter(|name| matches!(*name, "INPUT" | "input")) else { continue };
        if !closes(target.known()) || accepted_before(context, &commands[..=at], name) {
            continue;
        }
        let same_run = commands[at + 1..].iter().filter(|(other, _)| context.compatible(other.guard, step.guard));
        let of_family = same_run.filter(|(_, own)| (own.dialect, own.family) == (command.dialect, command.family));
        let after: Vec<_> = of_family.collect();
        let first = after.iter().position(|(_, own)| may_accept(own, name));
        if let Some(between) = first.filter(|between| *between >= LONG) {
            let message =
                format!("{name} is closed here, and {between} commands later it accepts something for the first time");
            let finding = context.finding(context.analysis.written_at(step), message);
            let finding =
                finding.with_related(context.analysis.written_at(after[between].0), "the first rule that accepts");
            let help = "accept established connections at once, or load all rules in one step with iptables-restore";
            found.push(finding.with_help(help).with_confidence(Confidence::Heuristic));
        }
    }
    found
}

/// Whether the file is a script that goes on as it is: without a trap, and without a saved file to fall back to.
fn is_unguarded_script(context: &Context<'_>) -> bool {
    let analysis = context.analysis;
    let Some(tree) = analysis.tree().filter(|tree| tree.form == Form::Script) else { return false };
    let source = analysis.sources.get(analysis.file);
    let traps = tree.root().walk().filter(|node| node.kind == Kind::Simple);
    let trap = traps.map(|node| source.text(node.span)).any(|text| text.starts_with("trap "));
    let restores = analysis.invocations().any(|(.., own)| own.program.restores());
    !trap && !restores && context.is_whole()
}

/// Whether the chain may accept something by the last of the commands.
fn accepted_before(context: &Context<'_>, commands: &[(&Step, &Command)], name: &str) -> bool {
    let Some(((step, command), earlier)) = commands.split_last() else { return false };
    let mut accepting = Formula::FALSE;
    for (other, own) in earlier.iter().filter(|(_, own)| (own.dialect, own.family) == (command.dialect, command.family))
    {
        if may_accept(own, name) {
            accepting = context.or(accepting, other.guard);
        } else if matches!(&own.action, Action::Flush { chain } if own.table.is("filter") && chain.as_ref().is_none_or(|own| own.is(name)))
        {
            accepting = context.and_not(accepting, other.guard);
        }
    }
    !context.and(accepting, step.guard).is_false()
}

/// Whether the command puts a rule into the chain by which some packet may get in.
fn may_accept(command: &Command, name: &str) -> bool {
    let here = match &command.action {
        Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. } => {
            chain.known().is_none_or(|own| own == name)
        }
        Action::Unknown => true,
        _ => false,
    };
    let keeps_out = |target: Option<&str>| closes(target) || matches!(target, Some("LOG" | "NFLOG" | "ULOG"));
    let opens =
        || command.added_rules().any(|rule| rule.target.as_ref().is_some_and(|own| !keeps_out(own.name.known())));
    here && command.table.known().is_none_or(|table| table == "filter")
        && (command.action == Action::Unknown || opens())
}
