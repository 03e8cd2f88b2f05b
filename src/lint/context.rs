//! What a lint sees: the analysed file, the conditions of its guards, and shorthands that most lints need.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

use super::arriving::{Arriving, asks_for_tests};
use super::closed::{self, Closed, Closing};
use super::empty::{self, Empty};
use super::facts::Facts;
use super::fragment::is_fragment;
use super::problems::Problems;
use super::{Lint, Selection, repeated};
use crate::analysis::{Analysis, Reading};
use crate::diag::Diagnostic;
use crate::eval::{Conditions, Input, Invocation, Program, Question, Step};
use crate::logic::{Formula, Formulas};
use crate::model::{Command, Ruleset};
use crate::packet::{self, Arrivals, Gate, Hook, Idle};
use crate::syntax::{Ancestry, Form, Kind, Node, Tree};
use crate::text::Place;

/// Rules that are ready to be asked, by the number of the ruleset and the runs.
pub(super) type Gates = HashMap<(usize, Formula), Gate>;

/// So many of the conditions of a step are looked at.
const MAX_ASKED: usize = 16;

/// What all lints of one file share.
pub(super) struct Shared<'a> {
    analysis: &'a Analysis<'a>,
    facts: &'a Facts,
    conditions: RefCell<Conditions>,
    empty: Vec<Empty>,
    broken: Vec<Place>,
    problems: Problems<'a>,
    tested: OnceCell<HashSet<u32>>,
    fragment: bool,
    idle: Vec<Idle>,
    closed: OnceCell<Vec<Closing>>,
    gates: RefCell<Gates>,
    ancestry: OnceCell<Ancestry>,
    arrivals: &'a Arriving,
    repeated: OnceCell<HashMap<Place, Place>>,
    /// Whether single matches are judged, which takes more work.
    matches: bool,
}

impl<'a> Shared<'a> {
    /// The conditions are lent out for the time being, since their arena changes while the analysis is read.
    pub(super) fn new(
        analysis: &'a Analysis<'a>,
        (selection, facts): (&Selection, &'a Facts),
        conditions: Conditions,
        (idle, gates, arrivals): (Vec<Idle>, Gates, &'a Arriving),
    ) -> Self {
        let nodes = analysis.tree().into_iter().flat_map(|tree| tree.root().walk());
        let broken = nodes.filter(|node| node.kind == Kind::BrokenContinuation);
        let broken: Vec<Place> = broken.map(|node| Place::new(analysis.file, node.span)).collect();
        let fragment = is_fragment(analysis);
        let empty = if fragment { Vec::new() } else { empty::find(analysis) };
        let problems = Problems::of(analysis, &empty, &broken);
        Self {
            analysis,
            facts,
            fragment,
            conditions: RefCell::new(conditions),
            empty,
            broken,
            problems,
            tested: OnceCell::new(),
            idle,
            closed: OnceCell::new(),
            gates: RefCell::new(gates),
            ancestry: OnceCell::new(),
            arrivals,
            repeated: OnceCell::new(),
            matches: asks_for_tests(selection),
        }
    }

    /// The conditions of the guards.
    pub(super) fn into_conditions(self) -> Conditions {
        self.conditions.into_inner()
    }
}

/// An analysed file, as one lint sees it.
pub struct Context<'a> {
    lint: &'static Lint,
    /// The file.
    pub analysis: &'a Analysis<'a>,
    shared: &'a Shared<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn new(lint: &'static Lint, shared: &'a Shared<'a>) -> Self {
        Self { lint, analysis: shared.analysis, shared }
    }

    /// A finding of this lint.
    pub fn finding(&self, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.lint.name, self.lint.severity, place, message)
    }

    /// The name of this lint.
    pub(super) fn name(&self) -> &'static str {
        self.lint.name
    }

    /// What the parsers have said of commands.
    pub(super) fn all_problems(&self) -> &'a Problems<'a> {
        &self.shared.problems
    }

    /// What the user declares of the host.
    pub fn facts(&self) -> &'a Facts {
        self.shared.facts
    }

    /// The backslashes with blanks behind them.
    pub(super) fn broken_continuations(&self) -> &'a [Place] {
        &self.shared.broken
    }

    /// Whether the file is a script, and no save file.
    pub(super) fn is_script(&self) -> bool {
        self.analysis.tree().is_some_and(|tree| tree.form == Form::Script)
    }

    /// Whether the file is only a part of a script, and the rest may have what it lacks.
    pub(super) fn is_fragment(&self) -> bool {
        self.shared.fragment
    }

    /// Whether nothing is done by files that the script reads, or by shells that it hands commands to, and not known.
    pub(super) fn is_whole(&self) -> bool {
        let evaluation = &self.analysis.evaluation;
        !self.is_fragment() && evaluation.sources_unread.is_empty() && evaluation.shells_fed.is_empty()
    }

    /// Whether the file restores rules that stand elsewhere.
    pub(super) fn restores_unseen(&self) -> bool {
        let restores = |program: Program| program.restores() || program == Program::FromIpchains;
        let unseen = |own: &Invocation| restores(own.program) && !matches!(own.input, Input::Here(_));
        self.analysis.invocations().any(|(_, _, own)| unseen(own))
    }

    /// Rules that have no effect, whatever the packet and the run.
    pub(super) fn idle_rules(&self) -> &'a [Idle] {
        &self.shared.idle
    }

    /// The commands all of whose rules repeat earlier ones, each with an earlier one.
    pub(super) fn repeated_rules(&self) -> &'a HashMap<Place, Place> {
        self.shared.repeated.get_or_init(|| repeated::rules(self))
    }

    /// Arguments that are always empty.
    pub(super) fn empty_arguments(&self) -> &'a [Empty] {
        &self.shared.empty
    }

    /// `own`, or where it is nowhere (an argument of the script itself) the step.
    pub fn place(&self, step: &Step, own: Place) -> Place {
        if own == Place::default() { self.analysis.written_at(step) } else { own }
    }

    /// The steps that some run of the file itself gets to, with the command that each carries out.
    pub fn live_steps(&self) -> impl Iterator<Item = (&'a Step, Option<&'a Command>)> + use<'a> {
        let readings = self.analysis.readings.iter().map(|reading| reading.as_ref().and_then(Reading::command));
        self.analysis.evaluation.steps.iter().zip(readings).filter(|(step, _)| step.is_live())
    }

    /// The commands that some run of the file itself gets to.
    pub fn live_commands(&self) -> impl Iterator<Item = (&'a Step, &'a Command)> + use<'a> {
        self.analysis.commands().filter(|(step, _)| step.is_live())
    }

    /// The live commands, and those that only a newer version refuses for an old way of writing them.
    pub fn meant_commands(&self) -> impl Iterator<Item = (&'a Step, &'a Command)> + use<'a> {
        let steps = self.analysis.evaluation.steps.iter().zip(&self.analysis.readings);
        steps.filter(|(step, _)| step.is_live()).filter_map(|(step, reading)| Some((step, reading.as_ref()?.meant()?)))
    }

    /// Whether the script looks at the success of the simple command at `place`.
    pub fn is_tested(&self, place: Place) -> bool {
        let script = self.analysis.tree().filter(|tree| tree.form == Form::Script);
        let tested = self.shared.tested.get_or_init(|| script.map(tested_commands).unwrap_or_default());
        place.file == self.analysis.file && tested.contains(&place.span.start)
    }

    /// Whether the script counts on it that the command may be refused: it asks whether it is, or wants no message.
    pub(super) fn is_careful(&self, step: &Step) -> bool {
        let written = self.analysis.written_at(step);
        let silent = |place: Place| self.analysis.sources.text(place).contains("/dev/null");
        self.is_tested(step.place) || self.is_tested(written) || [step.place, written].into_iter().any(silent)
    }

    /// Whether a step hangs on the success of a command that has the word `name`.
    pub(super) fn is_asked_for(&self, step: &Step, name: &str) -> bool {
        let names = |question: &Question| match question {
            Question::Success(command) => command.split_whitespace().any(|word| word == name),
            _ => false,
        };
        self.shared.conditions.borrow().asked(step.guard, MAX_ASKED).any(|own| names(&own.question))
    }

    /// The nodes around a place in the file itself, from the innermost to the outermost.
    pub(super) fn around(&self, place: Place) -> Option<Vec<Node<'a>>> {
        let nodes = &self.analysis.tree().filter(|_| place.file == self.analysis.file)?.nodes;
        Some(self.shared.ancestry.get_or_init(|| Ancestry::of(nodes)).around(nodes, place.span).collect())
    }

    /// The closed chains of `hook`, which all lints share; each caller has gates of its own.
    pub(super) fn closed(&self, hook: Hook) -> Vec<Closed<'a>> {
        let all = self.shared.closed.get_or_init(|| closed::find(self));
        all.iter().filter(|own| own.hook == hook).filter_map(|own| own.closed(self.analysis)).collect()
    }

    /// What comes to each chain, in the order of the rulesets, their tables and the chains of those.
    pub(super) fn arrivals(&self) -> &'a [Vec<Arrivals>] {
        self.shared.arrivals.get(|| {
            let matches = self.shared.matches;
            let of = |ruleset| packet::arrivals(ruleset, &self.gate(ruleset, Formula::TRUE), matches);
            self.analysis.rulesets.iter().map(of).collect()
        })
    }

    /// The rules of the file in those runs, to be asked what they let through; addresses of IPv6 are tests that
    /// may come out either way.
    pub(super) fn gate(&self, ruleset: &Ruleset, runs: Formula) -> Gate {
        let number = self.analysis.rulesets.iter().position(|own| std::ptr::eq(own, ruleset));
        let mut gates = self.shared.gates.borrow_mut();
        let made = || Gate::new(ruleset, &mut self.shared.conditions.borrow_mut(), runs);
        match number {
            Some(number) => gates.entry((number, runs)).or_insert_with(made).clone(),
            None => made(),
        }
    }

    /// Whether both run in some run of the file, for certain.
    pub fn compatible(&self, a: Formula, b: Formula) -> bool {
        self.possible(self.and(a, b))
    }

    /// Asks something of the formulas of all conditions.
    pub(super) fn with_formulas<T>(&self, ask: impl FnOnce(&mut Formulas) -> T) -> T {
        ask(&mut self.shared.conditions.borrow_mut().formulas)
    }

    /// Holds where both do.
    pub fn and(&self, a: Formula, b: Formula) -> Formula {
        self.shared.conditions.borrow_mut().formulas.and(a, b)
    }

    /// Holds where at least one does.
    pub fn or(&self, a: Formula, b: Formula) -> Formula {
        self.shared.conditions.borrow_mut().formulas.or(a, b)
    }

    /// Holds where `a` does and `b` does not.
    pub fn and_not(&self, a: Formula, b: Formula) -> Formula {
        self.shared.conditions.borrow_mut().formulas.and_not(a, b)
    }

    /// Whether some run makes the formula hold, for certain.
    pub fn possible(&self, a: Formula) -> bool {
        !a.is_false() && a != Formula::UNDECIDED
    }
}

/// Where the simple commands begin that stand in a condition, or before `&&` or `||`.
fn tested_commands(tree: &Tree) -> HashSet<u32> {
    let mut found = HashSet::new();
    let mut pending = vec![(tree.root(), false)];
    while let Some((node, tested)) = pending.pop() {
        if node.kind == Kind::Simple && tested {
            found.insert(node.span.start);
        }
        let pipelines = node.children().enumerate().filter(|(_, child)| child.kind == Kind::Pipeline);
        let last = pipelines.last().map(|(at, _)| at);
        for (at, child) in node.children().enumerate() {
            pending.push((child, tested && node.kind != Kind::Simple || tests(node, child, Some(at) != last)));
        }
    }
    found
}

/// Whether `node` makes something depend on the success of its child.
fn tests(node: Node<'_>, child: Node<'_>, more_follows: bool) -> bool {
    match node.kind {
        Kind::IfClause | Kind::ElifPart | Kind::WhileClause => child.kind == Kind::List,
        Kind::AndOr => child.kind == Kind::Pipeline && more_follows,
        Kind::Pipeline => {
            child.kind == Kind::Simple && node.children().next().is_some_and(|first| first.kind == Kind::Negation)
        }
        _ => false,
    }
}
