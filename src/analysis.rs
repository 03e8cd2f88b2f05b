//! From the steps of a file to what its commands mean and what the kernel then holds.
//!
//! Lints, migration and the printing of rules all start from an [`Analysis`].

mod kernel;
mod stopped;
mod suppose;

pub use stopped::Stop;
pub use suppose::{CanBe, Supposition};

use std::collections::HashMap;
use std::ops::Range;

use crate::diag::Severity;
use crate::dialect::iptables::Installed;
use crate::dialect::{ipchains, iptables};
use crate::eval::{self, Act, Evaluation, Invocation, Program, Settings, Step};
use crate::logic::{Formula, Variable};
use crate::model::{Action, Command, Dialect, Family, Refusal, Ruleset, Word};
use crate::syntax::{self, Form, Tree};
use crate::text::{FileId, Place, Source, Sources, both, threads};
use kernel::Kernel;

/// Everything that is known of one file.
pub struct Analysis<'s> {
    /// All files.
    pub sources: &'s Sources,
    /// The trees of all files, by number.
    pub trees: &'s [Tree],
    /// The file itself.
    pub file: FileId,
    /// What a run of it does.
    pub evaluation: Evaluation,
    /// What the commands among the steps mean, by the number of the step.
    pub readings: Vec<Option<Reading>>,
    /// What the kernel holds in the end, for each dialect and family that is used.
    pub rulesets: Vec<Ruleset>,
    /// Commands that are well formed, but that the kernel refuses at their place: the number of the step.
    pub refusals: Vec<(usize, Refusal)>,
    /// The questions whether there is a rule, each with the runs in which the answer is that of the file itself.
    answers: Vec<(Variable, Formula)>,
    /// The iptables that the file is for.
    installed: Installed,
    /// The steps that do not count, since a restore program has stopped before.
    stopped: Vec<Range<usize>>,
}

/// A command line of a filter program, read.
#[derive(Clone, Debug)]
pub enum Reading {
    /// Of ipchains.
    Ipchains(ipchains::Parsed),
    /// Of iptables or ip6tables; of the programs that restore their save files only what they refuse.
    Iptables(iptables::Parsed),
}

impl Reading {
    /// What the command does; `None` where it is refused for its form.
    pub fn command(&self) -> Option<&Command> {
        match self {
            Self::Ipchains(parsed) => parsed.command.as_ref(),
            Self::Iptables(parsed) => parsed.command.as_ref().filter(|_| !parsed.is_refused()),
        }
    }

    /// The same, or what versions make of it that still take an old spelling which newer ones refuse.
    pub fn meant(&self) -> Option<&Command> {
        match self {
            Self::Ipchains(parsed) => parsed.command.as_ref(),
            Self::Iptables(parsed) => {
                let mut errors = parsed.problems.iter().filter(|problem| problem.severity == Severity::Error);
                parsed.command.as_ref().filter(|_| errors.all(|error| error.code == "old-negation"))
            }
        }
    }

    /// What is wrong with its form.
    pub fn problems(&self) -> &[crate::diag::Diagnostic] {
        match self {
            Self::Ipchains(parsed) => &parsed.problems,
            Self::Iptables(parsed) => &parsed.problems,
        }
    }
}

/// Parses one file on its own.
pub fn parse(source: &Source, file: FileId, form: Option<Form>) -> Tree {
    syntax::parse(source, file, form.unwrap_or_else(|| syntax::detect(source)))
}

/// Evaluates `file` and reads its commands.
pub fn analyse<'s>(sources: &'s Sources, trees: &'s [Tree], file: FileId, settings: &Settings<'_>) -> Analysis<'s> {
    analyse_with(sources, trees, file, settings, &Installed::default())
}

/// The same for this iptables.
pub fn analyse_with<'s>(
    sources: &'s Sources,
    trees: &'s [Tree],
    file: FileId,
    settings: &Settings<'_>,
    installed: &Installed,
) -> Analysis<'s> {
    analyse_by(Reading::command, (sources, trees), file, settings, installed)
}

/// The same with the programs of the time when the file was written: see [`Reading::meant`].
pub fn analyse_as_meant<'s>(
    sources: &'s Sources,
    trees: &'s [Tree],
    file: FileId,
    settings: &Settings<'_>,
) -> Analysis<'s> {
    analyse_by(Reading::meant, (sources, trees), file, settings, &Installed::default())
}

fn analyse_by<'s>(
    command: fn(&Reading) -> Option<&Command>,
    (sources, trees): (&'s Sources, &'s [Tree]),
    file: FileId,
    settings: &Settings<'_>,
    installed: &Installed,
) -> Analysis<'s> {
    let mut evaluation = eval::evaluate(sources, trees, file, settings);
    let readings = read_all(&evaluation.steps, installed, threads());
    let mut kernel = Kernel::after(&mut evaluation, &readings, command, installed.variant);
    kernel.name_variants(&mut evaluation, &readings);
    let Kernel { rulesets, refusals, answers, .. } = kernel;
    let (installed, stopped) = (installed.clone(), Vec::new());
    Analysis { sources, trees, file, evaluation, readings, rulesets, refusals, answers, installed, stopped }
}

/// Fewer commands are read faster than a thread begins to.
const WORTH_A_THREAD: usize = 2_000;

/// Reads the commands, which know nothing of each other, by so many threads.
fn read_all(steps: &[Step], installed: &Installed, threads: usize) -> Vec<Option<Reading>> {
    if threads < 2 || steps.len() < WORTH_A_THREAD {
        return steps.iter().map(|step| read(step, installed)).collect();
    }
    let (here, there) = (threads - threads / 2, threads / 2);
    let (first, rest) = steps.split_at(steps.len() * here / threads);
    let (mut all, rest) = both(|| read_all(first, installed, here), || read_all(rest, installed, there));
    all.extend(rest);
    all
}

fn read(step: &Step, installed: &Installed) -> Option<Reading> {
    let Act::Run(invocation) = &step.act else { return None };
    read_words(invocation, &invocation.arguments, written_at(step, invocation), installed)
}

fn read_words(invocation: &Invocation, words: &[Word], place: Place, installed: &Installed) -> Option<Reading> {
    if matches!(invocation.program, Program::IptablesRestore | Program::Ip6tablesRestore) {
        let problems = eval::restore_problems(words).into_iter().filter(|own| installed.minds(own.only));
        let refused = iptables::Parsed { command: None, problems: problems.collect(), abbreviated: Vec::new() };
        return refused.is_refused().then_some(Reading::Iptables(refused));
    }
    let (dialect, family) = invocation.program.filter()?;
    Some(match dialect {
        Dialect::Ipchains => Reading::Ipchains(ipchains::parse(words, place)),
        Dialect::Iptables => {
            Reading::Iptables(iptables::parse(words, place, context_of(invocation, family, installed)))
        }
    })
}

fn context_of(invocation: &Invocation, family: Family, installed: &Installed) -> iptables::Context {
    let context = match &invocation.table {
        Some(table) => iptables::Context::restore(family, table.clone()),
        None => iptables::Context::command_line(family),
    };
    context.with(installed)
}

/// Where a command is written: the call, where a function only passes its arguments on to the program.
fn written_at(step: &Step, invocation: &Invocation) -> Place {
    if step.calls.is_empty() {
        return step.place;
    }
    let holds = |outer: &Place, inner: &Place| outer.file == inner.file && outer.span.contains(inner.span);
    let passed = |word: &&Word| word.place != Place::default() && !holds(&step.place, &word.place);
    let word = invocation.arguments.iter().find(passed).map(|word| word.place);
    let call = word.and_then(|word| step.calls.iter().rev().find(|call| holds(call, &word)));
    call.copied().unwrap_or(step.place)
}

impl Analysis<'_> {
    /// The ruleset of a dialect and family, where the file has commands of it.
    pub fn ruleset(&self, dialect: Dialect, family: Family) -> Option<&Ruleset> {
        self.rulesets.iter().find(|ruleset| ruleset.dialect == dialect && ruleset.family == family)
    }

    /// The tree of the file.
    pub fn tree(&self) -> Option<&Tree> {
        self.trees.get(self.file.0 as usize)
    }

    /// The steps that run a program, with their numbers.
    pub fn invocations(&self) -> impl Iterator<Item = (usize, &Step, &Invocation)> {
        self.evaluation.steps.iter().enumerate().filter_map(|(number, step)| match &step.act {
            Act::Run(invocation) => Some((number, step, invocation)),
            _ => None,
        })
    }

    /// The step of this number, if it runs a program.
    pub fn invocation(&self, number: usize) -> Option<(&Step, &Invocation)> {
        let step = self.evaluation.steps.get(number)?;
        match &step.act {
            Act::Run(invocation) => Some((step, invocation)),
            _ => None,
        }
    }

    /// The commands of filter programs that are not refused for their form, with their steps.
    pub fn commands(&self) -> impl Iterator<Item = (&Step, &Command)> {
        let command = |reading: &'_ Option<Reading>| reading.as_ref().and_then(Reading::command).is_some();
        self.evaluation
            .steps
            .iter()
            .zip(&self.readings)
            .filter(move |(_, reading)| command(reading))
            .filter_map(|(step, reading)| Some((step, reading.as_ref()?.command()?)))
    }

    /// The language of the file as far as its commands tell; ipchains wins where both are used.
    pub fn dialect(&self) -> Dialect {
        let mut found: HashMap<Dialect, usize> = HashMap::new();
        for (_, _, invocation) in self.invocations() {
            if let Some((dialect, _)) = invocation.program.filter() {
                *found.entry(dialect).or_default() += 1;
            }
        }
        let save = self.tree().is_some_and(|tree| tree.form == Form::IpchainsSave);
        if save || found.contains_key(&Dialect::Ipchains) || self.uses(Program::IpchainsRestore) {
            Dialect::Ipchains
        } else {
            Dialect::Iptables
        }
    }

    /// Whether a run of the file may start `program`.
    pub fn uses(&self, program: Program) -> bool {
        self.invocations().any(|(_, _, invocation)| invocation.program == program)
    }

    /// Whether the file only puts rules into the firewall of another script, or takes them out: it makes no
    /// chain, sets no policy and empties no built-in chain.
    pub fn is_addition(&self) -> bool {
        !self.commands().any(|(_, command)| match &command.action {
            Action::NewChain { .. } | Action::RenameChain { .. } | Action::Policy { .. } => true,
            Action::Flush { chain } | Action::DeleteChain { chain } => {
                chain.as_ref().is_none_or(|chain| command.is_builtin(chain))
            }
            _ => false,
        })
    }

    /// Whether no run gets to the step.
    pub fn is_dead(step: &Step) -> bool {
        step.guard == Formula::FALSE
    }

    /// Where the command of a step is written: the call, where a function only passes its arguments on.
    pub fn written_at(&self, step: &Step) -> Place {
        match &step.act {
            Act::Run(invocation) => written_at(step, invocation),
            _ => step.place,
        }
    }

    /// What the command of a step would mean with these words in place of its own.
    pub fn read_with(&self, step: &Step, words: &[Word]) -> Option<Reading> {
        let Act::Run(invocation) = &step.act else { return None };
        read_words(invocation, words, written_at(step, invocation), &self.installed)
    }

    /// The options of a step's command as they are written, where it is one of iptables.
    pub fn options_of(&self, step: &Step) -> Vec<iptables::Use> {
        let Act::Run(invocation) = &step.act else { return Vec::new() };
        match invocation.program.filter() {
            Some((Dialect::Iptables, family)) => {
                let context = context_of(invocation, family, &self.installed);
                iptables::uses(&invocation.arguments, written_at(step, invocation), context)
            }
            _ => Vec::new(),
        }
    }

    /// The place of a step in the file under analysis: its own, or the call that leads there.
    pub fn place_in_file(&self, step: &Step) -> Place {
        let own = (step.place.file == self.file).then_some(step.place);
        own.or_else(|| step.calls.iter().rev().find(|call| call.file == self.file).copied()).unwrap_or(step.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Source;

    #[test]
    fn commands_read_by_several_threads_keep_their_order() {
        let count = 3 * WORTH_A_THREAD;
        let script: String = (0..count).map(|number| format!("iptables -A INPUT -m mark --mark {number}\n")).collect();
        let mut sources = Sources::default();
        let source = Source::new("fw.sh", script.into_bytes());
        let trees = [parse(&source, FileId(0), None)];
        sources.add(source);
        let analysis = analyse(&sources, &trees, FileId(0), &Settings::default());
        let readings = read_all(&analysis.evaluation.steps, &Installed::default(), 3);
        assert_eq!(readings.len(), count);
        for (step, reading) in analysis.evaluation.steps.iter().zip(readings) {
            let place = reading.as_ref().and_then(Reading::command).map(|command| command.place);
            assert_eq!(place, Some(step.place));
        }
    }

    /// The rules of INPUT that a kernel without rules has after a script.
    fn left_by(script: &str) -> Option<Vec<String>> {
        let mut sources = Sources::default();
        let source = Source::new("fw.sh", script.as_bytes().to_vec());
        let trees = [parse(&source, FileId(0), None)];
        sources.add(source);
        let mut analysis = analyse(&sources, &trees, FileId(0), &Settings::default());
        let rules = analysis.ruleset(Dialect::Iptables, Family::V4).cloned()?;
        let from_nothing = analysis.from_nothing();
        let rules = rules.settled(from_nothing, &mut analysis.evaluation.conditions.formulas).ok()?;
        let input = rules.table("filter").and_then(|table| table.chain("INPUT"))?;
        Some(input.entries.iter().map(|entry| sources.text(entry.rule.place).into_owned()).collect())
    }

    #[test]
    fn a_kernel_without_rules_finds_those_of_the_file_alone() {
        let (asks, adds) = ("iptables -C INPUT -i lo -j ACCEPT", "iptables -A INPUT -i lo -j ACCEPT");
        let one = Some(vec![adds.to_owned()]);
        assert_eq!(left_by(&format!("{asks} || {adds}\n")), one);
        assert_eq!(left_by(&format!("{adds}\n{asks} 2>/dev/null || {adds}\n")), one);
        assert_eq!(left_by(&format!("{asks} || {adds}\n{asks} || {adds}\n")), one);
        assert_eq!(left_by(&format!("{asks} || {adds}\niptables -F\n{asks} || {adds}\n")), one);
        assert_eq!(left_by(&format!("if ! {asks}; then {adds}; fi\n")), one);
        assert_eq!(left_by(&format!("f() {{ {asks} || {adds}; }}\nf\nf\n")), one);
        assert_eq!(left_by(&format!("if {asks}; then {adds}; fi\n")), Some(Vec::new()));
        assert_eq!(left_by(&format!("test -f /a && {adds}\n{asks} || {adds}\n")), None);
        assert_eq!(left_by(&format!("test -f /a || {asks} || {adds}\n")), None);
        assert_eq!(
            left_by(&format!("iptables -A INPUT -i $A -j ACCEPT\niptables -C INPUT -i $A -j ACCEPT || {adds}\n")),
            None
        );
    }
}
