//! Chains and targets that are not there when a command names them.
//!
//! The ruleset says that a command is refused; here it is found out what is missing and
//! where it is written. `undefined-chain` and `wrong-table` share the result.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Context, emptied};
use crate::diag::Variant;
use crate::dialect::nearest::nearest;
use crate::eval::{Act, Step};
use crate::model::{Action, Command, Dialect, Refusal, Rule, Value, builtin_chains, tables};
use crate::text::Place;

/// Beginnings of the names of chains that well-known programs make for others to put rules into:
/// Docker, OpenWrt, ufw, libvirt, fail2ban, Kubernetes and what plugs its networks, OpenStack, Shorewall's and
/// Red Hat's own scripts.
pub(super) const MADE_ELSEWHERE: [&str; 21] = [
    "DOCKER",
    "input_",
    "output_",
    "forwarding_",
    "prerouting_",
    "postrouting_",
    "zone_",
    "ufw-",
    "ufw6-",
    "LIBVIRT_",
    "f2b-",
    "fail2ban-",
    "KUBE-",
    "cali-",
    "CILIUM_",
    "CNI-",
    "CRIO-",
    "FLANNEL-",
    "neutron-",
    "nova-",
    "RH-Firewall-",
];

/// A chain or target that is missing.
pub(super) struct Absent<'a> {
    /// Its name.
    pub(super) name: &'a Value,
    /// Where it is written.
    pub(super) place: Place,
    /// The command that names it.
    pub(super) command: &'a Command,
    /// It is a built-in chain of another table.
    pub(super) elsewhere: bool,
    /// Some command of the file makes it, but not before this one.
    pub(super) made_later: bool,
    /// The script counts on it that the command may be refused.
    pub(super) careful: bool,
    /// The command hangs on another one that names the chain, as in `if iptables -L NAME`.
    pub(super) asked_for: bool,
    /// Some command of the file makes one of that name for the other family.
    pub(super) in_other_family: bool,
    /// Some command of the file makes it, but in runs of which this one is none: another arm of `case $1 in`.
    pub(super) in_other_runs: bool,
    /// The only variant of iptables that minds.
    pub(super) only: Option<Variant>,
    /// The chain that is spelt most like it.
    pub(super) near: Option<String>,
}

/// What is missing for the commands that the kernel refuses for that reason.
///
/// Words that were complained of already are left out.
pub(super) fn find<'a>(context: &Context<'a>) -> Vec<Absent<'a>> {
    let made = Made::by(context);
    let refused = context.analysis.refusals.iter().filter(|(_, refusal)| refusal.code == "undefined-chain");
    let found = refused.filter_map(|(number, refusal)| {
        let step = context.analysis.evaluation.steps.get(*number)?;
        let reading = context.analysis.readings.get(*number)?.as_ref()?;
        let absent = absent(context, step, (reading.command()?, refusal), &made)?;
        let said = reading.problems().iter().any(|problem| problem.place == absent.place);
        (!said).then_some(absent)
    });
    found.collect()
}

/// The chains that a file makes.
struct Made<'a> {
    names: BTreeSet<String>,
    /// The commands among them that are run, by the name.
    by_commands: HashMap<&'a Value, Vec<(&'a Step, &'a Command)>>,
}

impl<'a> Made<'a> {
    fn by(context: &Context<'a>) -> Self {
        let mut by_commands: HashMap<_, Vec<_>> = HashMap::new();
        for (step, command) in context.live_commands() {
            if let Action::NewChain { chain } = &command.action {
                by_commands.entry(chain).or_default().push((step, command));
            }
        }
        Self { names: made_chains(context).into_iter().collect(), by_commands }
    }

    fn by_commands(&self, name: &Value) -> &[(&'a Step, &'a Command)] {
        self.by_commands.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The names of the chains that some command of the file makes.
pub(super) fn made_chains(context: &Context<'_>) -> HashSet<String> {
    let by_command = context.analysis.commands().filter_map(|(_, command)| match &command.action {
        Action::NewChain { chain } | Action::RenameChain { to: chain, .. } => Some(chain.to_string()),
        _ => None,
    });
    let by_line = context.analysis.evaluation.steps.iter().filter_map(|step| match &step.act {
        Act::Chain { name, .. } => Some(name.to_string()),
        _ => None,
    });
    by_command.chain(by_line).collect()
}

fn absent<'a>(
    context: &Context<'a>,
    step: &'a Step,
    (command, refusal): (&'a Command, &Refusal),
    made: &Made<'a>,
) -> Option<Absent<'a>> {
    let (chain, rule) = parts(&command.action)?;
    let target = rule.and_then(|rule| rule.target.as_ref()).filter(|_| refusal.target);
    let (name, place) = match target {
        Some(target) => (&target.name, target.place),
        None => (chain, chain_place(step, chain)),
    };
    let script = context.is_script();
    if (script || !emptied::is_whole(context, command))
        && MADE_ELSEWHERE.iter().any(|start| name.known_prefix().starts_with(start))
    {
        return None;
    }
    let elsewhere = target.is_none() && chain.known().is_some_and(|name| is_builtin(command.dialect, name));
    let made_later = made.names.contains(&name.to_string());
    let near = name.known().filter(|_| !made_later && !elsewhere).and_then(|written| {
        let builtin = builtin_chains(command.dialect, command.table.known().unwrap_or("filter"));
        // A jump to a built-in chain is refused.
        let builtin: Vec<&str> = builtin.into_iter().flatten().filter(|_| target.is_none()).collect();
        nearest(written, made.names.iter().map(String::as_str).chain(builtin)).map(str::to_owned)
    });
    let (place, careful) = (context.place(step, place), context.is_script() && context.is_careful(step));
    let asked_for = name.known().is_some_and(|name| context.is_asked_for(step, name));
    let making = made.by_commands(name);
    let in_other_family = making.iter().any(|(_, own)| own.family != command.family);
    let in_other_runs = making.iter().any(|(made, own)| {
        let same = own.family == command.family && own.table == command.table;
        same && context.and(made.guard, step.guard).is_false()
    });
    Some(Absent {
        name,
        place,
        command,
        elsewhere,
        made_later,
        careful,
        asked_for,
        in_other_family,
        in_other_runs,
        only: refusal.only,
        near,
    })
}

/// Whether some table has a built-in chain of that name.
fn is_builtin(dialect: Dialect, name: &str) -> bool {
    tables(Dialect::Iptables).filter_map(|table| builtin_chains(dialect, table)).flatten().any(|chain| chain == name)
}

/// The chain of a command, and the first rule that it is about.
fn parts(action: &Action) -> Option<(&Value, Option<&Rule>)> {
    match action {
        Action::Append { chain, rules } | Action::Insert { chain, rules, .. } | Action::DeleteRule { chain, rules } => {
            Some((chain, rules.first().map(|rule| &**rule)))
        }
        Action::Replace { chain, rule, .. } | Action::Check { chain, rule } => Some((chain, Some(rule))),
        Action::Policy { chain, .. }
        | Action::DeleteNumber { chain, .. }
        | Action::RenameChain { from: chain, .. }
        | Action::Flush { chain: Some(chain) }
        | Action::DeleteChain { chain: Some(chain) }
        | Action::Zero { chain: Some(chain), .. }
        | Action::List { chain: Some(chain), .. }
        | Action::Skipped { target: Some(chain) } => Some((chain, None)),
        _ => None,
    }
}

/// Where the chain is written in the command.
fn chain_place(step: &Step, chain: &Value) -> Place {
    let Act::Run(invocation) = &step.act else { return step.place };
    let word = invocation.arguments.iter().find(|word| word.value == *chain);
    word.map_or(step.place, |word| word.place)
}
