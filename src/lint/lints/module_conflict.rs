//! `module-conflict`: ipchains and iptables in one run.

use crate::diag::{Diagnostic, Severity};
use crate::eval::{Act, Invocation, Program, Step};
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Action, Command, Dialect, Family};
use crate::text::{Place, base_name};

lint! {
    /// Finds scripts of which one run uses both ipchains and iptables.
    ///
    /// # What it does
    /// Looks for a command that sets up ipchains, loads its module or starts its service, and one
    /// that does so for iptables, in one and the same run of the script. Arms of a condition that exclude each
    /// other are no conflict, nor is iptables after `rmmod ipchains`. Commands whose success the
    /// script itself tests are left alone.
    ///
    /// # Why it is bad
    /// The kernel holds one of the two at a time. Whichever comes second fails with an error that
    /// says the kernel lacks support for it, or that the table does not exist, and its rules are
    /// not loaded.
    ///
    /// # Example
    /// ```sh
    /// modprobe ipchains
    /// iptables -P FORWARD DROP
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// rmmod ipchains
    /// modprobe ip_tables
    /// iptables -P FORWARD DROP
    /// ```
    pub(super) static LINT = {
        name: "module-conflict",
        category: Category::Hazard,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

/// Modules that are or need ip_tables begin with one of these.
const IPTABLES_MODULES: [&str; 5] = ["ip_tables", "iptable_", "ipt_", "ip_conntrack", "ip_nat"];

/// What a step does to the two modules.
enum Use {
    Needs(Dialect),
    Unloads(Dialect),
}

/// When one of the modules is in the kernel, and the step that first needed it.
#[derive(Clone, Copy, Default)]
struct Loaded {
    runs: Option<Formula>,
    place: Option<Place>,
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut loaded = [Loaded::default(), Loaded::default()];
    let steps = context.live_steps().map(|(step, command)| (step, use_of(context, step, command)));
    for (step, own) in steps.filter_map(|(step, own)| Some((step, own?))) {
        match own {
            Use::Unloads(dialect) => {
                let held = &mut loaded[dialect as usize];
                held.runs = held.runs.map(|runs| context.and_not(runs, step.guard));
            }
            Use::Needs(dialect) => {
                let other = loaded[1 - dialect as usize];
                let both = other.runs.map_or(Formula::FALSE, |runs| context.and(runs, step.guard));
                if context.possible(both) {
                    // All that follows conflicts as well; one finding says it.
                    return vec![report(context, step, dialect, other.place)];
                }
                let held = &mut loaded[dialect as usize];
                held.runs = Some(context.or(held.runs.unwrap_or(Formula::FALSE), step.guard));
                held.place.get_or_insert(context.analysis.written_at(step));
            }
        }
    }
    Vec::new()
}

fn report(context: &Context<'_>, step: &Step, dialect: Dialect, other: Option<Place>) -> Diagnostic {
    let (second, first) = match dialect {
        Dialect::Ipchains => ("ipchains", "iptables"),
        Dialect::Iptables => ("iptables", "ipchains"),
    };
    let message =
        format!("{second} cannot work here: the same run sets up {first}, and the kernel holds only one of them");
    let finding = context.finding(context.analysis.written_at(step), message);
    let finding = finding.with_help("use one of them, or unload the module of the other first (`rmmod ipchains`)");
    match other {
        Some(place) => finding.with_related(place, format!("{first} is used here")),
        None => finding,
    }
}

fn use_of(context: &Context<'_>, step: &Step, command: Option<&Command>) -> Option<Use> {
    let Act::Run(invocation) = &step.act else { return None };
    if context.is_tested(step.place) {
        return None;
    }
    match invocation.program {
        Program::Ipchains => sets_up(command).then_some(Use::Needs(Dialect::Ipchains)),
        Program::Iptables => sets_up(command).then_some(Use::Needs(Dialect::Iptables)),
        Program::IpchainsRestore => Some(Use::Needs(Dialect::Ipchains)),
        Program::IptablesRestore => Some(Use::Needs(Dialect::Iptables)),
        Program::LoadModule => module(invocation).map(Use::Needs),
        Program::UnloadModule => module(invocation).map(Use::Unloads),
        Program::Service | Program::Chkconfig => served(invocation),
        _ => None,
    }
}

/// What becomes of a service that loads rules: what it leaves behind when it stops is not known.
fn served(invocation: &Invocation) -> Option<Use> {
    let (name, action) = invocation.service()?;
    let dialect = match name {
        "ipchains" => Dialect::Ipchains,
        "iptables" => Dialect::Iptables,
        _ => return None,
    };
    match action {
        "start" | "restart" | "on" => Some(Use::Needs(dialect)),
        "stop" => Some(Use::Unloads(dialect)),
        _ => None,
    }
}

/// Whether a filter command changes something, rather than ask what is there.
fn sets_up(command: Option<&Command>) -> bool {
    let asks = |action: &Action| {
        matches!(action, Action::Information | Action::Skipped { .. } | Action::List { .. } | Action::Check { .. })
    };
    !command.is_some_and(|command| asks(&command.action) || command.family == Family::V6)
}

/// Which of the two a module belongs to.
fn module(invocation: &Invocation) -> Option<Dialect> {
    let names: Vec<&str> = invocation.arguments.iter().filter_map(|word| word.known()).collect();
    if names.iter().any(|name| matches!(*name, "-l" | "-n" | "--list")) {
        return None;
    }
    names.iter().filter(|name| !name.starts_with('-')).find_map(|name| {
        let base = base_name(name).trim_end_matches(".ko").trim_end_matches(".o");
        match base {
            "ipchains" => Some(Dialect::Ipchains),
            _ if IPTABLES_MODULES.iter().any(|start| base.starts_with(start)) => Some(Dialect::Iptables),
            _ => None,
        }
    })
}
