//! Statements, and the path that leads through them.
//!
//! The evaluator holds the *path*: the formula under which the present statement
//! runs. A condition splits it, `exit` and `return` end it, and what follows an `if`
//! runs where either arm got through. On a path that no run takes everything is
//! still looked at once, with the guard false, since such commands are migrated and
//! checked for their form too.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::conditions::Conditions;
use super::ending::{Ending, Left};
use super::function::Running;
use super::looping::Looping;
use super::shell::Shell;
use super::state::{Arguments, Choices, Function, Local, State};
use super::unit::Unit;
use super::{Act, Evaluation, HereRules, Input, OwnAddresses, Question, Settings, Spaced, Step};
use crate::logic::Formula;
use crate::model::{Value, Word};
use crate::syntax::{Kind, Node, Nodes, Tree};
use crate::text::{FileId, Place, Sources, Span};

/// What a command counts for; smaller things count for less: an alternative that is looked at, some text that is copied.
const COMMAND: usize = 16;

/// So much work is done for a script of any size before the evaluation is cut short.
const WORK: usize = 24_000 * COMMAND;

/// So much more for each byte of it: what runs once never makes it too much, nor what runs some times.
const WORK_FOR_A_BYTE: usize = COMMAND / 2;

/// So many bytes of text are put together for one unit of work, and so many are parsed.
pub(super) const TEXT: usize = 128;
pub(super) const PARSED: usize = 8;

/// What a word takes beside its text.
pub(super) const WORD: usize = 40;

/// How a command ended.
pub(super) enum Status {
    /// It succeeds where this holds.
    Is(Formula),
    /// Its success is known to nobody; the text says what was asked.
    Unknown(String, Place),
}

impl Status {
    pub(super) const SUCCESS: Self = Self::Is(Formula::TRUE);
}

/// Runs scripts symbolically.
pub(super) struct Evaluator<'s> {
    pub(super) sources: &'s Sources,
    pub(super) trees: &'s [Tree],
    pub(super) settings: &'s Settings<'s>,
    pub(super) shell: Shell,
    pub(super) state: State<'s>,
    pub(super) conditions: Conditions,
    pub(super) path: Formula,
    /// How the present functions are left, and the shells of their own; innermost last.
    pub(super) returned: Vec<Ending>,
    /// How many functions and sourced files `return` may leave.
    pub(super) returns: usize,
    /// How the present shell is left.
    pub(super) exited: Ending,
    /// Paths that left the present loop for good or for its next round.
    pub(super) broken: Vec<Left>,
    pub(super) continued: Vec<Left>,
    /// How many of these loops are those of a shell around the present one.
    pub(super) outer_loops: usize,
    /// How many tests the present command stands in, where it may fail.
    pub(super) tested: usize,
    /// When the last round of the present loop has ended with success, where that is known.
    pub(super) last_round: Option<Formula>,
    /// Variables that are local to the present functions.
    pub(super) locals: Vec<Vec<Local>>,
    pub(super) many: bool,
    pub(super) looping: Looping,
    pub(super) uncalled: bool,
    pub(super) calls: Vec<Place>,
    /// What the present command substitution has written so far.
    pub(super) output: Option<Choices<Value>>,
    /// The path on which the last command substitution has run, and its success where that is known.
    pub(super) substituted: Option<(Formula, Option<Formula>)>,
    /// The text that the next loop reads, where it is known.
    pub(super) lines: Option<String>,
    /// Where the next loop reads from, where that has a name.
    pub(super) source: Option<Value>,
    pub(super) piped_in: bool,
    /// The commands before this one in its pipeline, with their `|`.
    pub(super) fed_by: String,
    pub(super) piped_out: bool,
    /// Words of the calls around this command that say more than their arguments.
    pub(super) spaced: Vec<Spaced>,
    pub(super) steps: Vec<Step>,
    pub(super) assigned: HashSet<String>,
    pub(super) unassigned: Vec<(String, Place)>,
    /// Those that were set in the end, with the number of steps before that.
    pub(super) set_late: HashMap<String, usize>,
    pub(super) sources_unread: Vec<Place>,
    pub(super) own_addresses: OwnAddresses,
    /// The base names of the programs that outputs say the place of, by the numbers of the outputs.
    pub(super) located: HashMap<u32, String>,
    pub(super) other_shells: Vec<Place>,
    pub(super) shells_fed: Vec<Place>,
    pub(super) here_rules: Vec<HereRules>,
    pub(super) cut_short: Option<Place>,
    /// The work that is left.
    pub(super) work: usize,
    /// The text that the command before this one in its pipeline writes, where that is a script for a shell.
    pub(super) script: Option<(Value, Place)>,
    /// The here-document that the command before this one in its pipeline hands on to a restore program.
    pub(super) handed_on: Option<(Span, bool)>,
    /// What `trap` runs, and where it is written.
    pub(super) traps: Vec<(Value, Place)>,
    pub(super) defined: Vec<(Formula, Function<'s>)>,
    pub(super) called: HashSet<*const Nodes>,
    /// Those that the file calls where no run gets.
    pub(super) unreached: HashSet<*const Nodes>,
    /// The functions that are being run, innermost last.
    pub(super) running: Vec<Running<'s>>,
}

/// Evaluates the script `file`.
pub(super) fn script(sources: &Sources, trees: &[Tree], file: FileId, settings: &Settings<'_>) -> Evaluation {
    let arguments = match &settings.arguments {
        Some(words) => Arguments::Known(words.iter().map(|word| Word::new(word.as_str(), Place::default())).collect()),
        None => Arguments::Unknown { shifted: 0 },
    };
    let mut evaluator = Evaluator {
        sources,
        trees,
        settings,
        shell: Shell::of(sources.get(file)),
        state: State::new(arguments),
        conditions: Conditions::default(),
        path: Formula::TRUE,
        returned: Vec::new(),
        returns: 0,
        exited: Ending::NONE,
        broken: Vec::new(),
        continued: Vec::new(),
        outer_loops: 0,
        tested: 0,
        last_round: Some(Formula::TRUE),
        locals: Vec::new(),
        many: false,
        looping: Looping::default(),
        uncalled: false,
        calls: Vec::new(),
        output: None,
        substituted: None,
        lines: None,
        source: None,
        piped_in: false,
        fed_by: String::new(),
        piped_out: false,
        spaced: Vec::new(),
        steps: Vec::new(),
        assigned: HashSet::new(),
        unassigned: Vec::new(),
        set_late: HashMap::new(),
        sources_unread: Vec::new(),
        own_addresses: OwnAddresses::of(settings),
        located: HashMap::new(),
        other_shells: Vec::new(),
        shells_fed: Vec::new(),
        here_rules: Vec::new(),
        cut_short: None,
        work: WORK + WORK_FOR_A_BYTE * sources.iter().map(|(_, source)| source.bytes().len()).sum::<usize>(),
        script: None,
        handed_on: None,
        traps: Vec::new(),
        defined: Vec::new(),
        called: HashSet::new(),
        unreached: HashSet::new(),
        running: Vec::new(),
    };
    evaluator.run_file(file);
    evaluator.run_uncalled();
    let assigned = evaluator.assigned;
    evaluator.unassigned.retain(|(name, _)| !assigned.contains(name));
    Evaluation {
        steps: evaluator.steps,
        conditions: evaluator.conditions,
        unassigned: evaluator.unassigned,
        set_late: evaluator.set_late,
        sources_unread: evaluator.sources_unread,
        own_addresses: evaluator.own_addresses,
        other_shells: evaluator.other_shells,
        shells_fed: evaluator.shells_fed,
        here_rules: evaluator.here_rules,
        unset: settings.unset.clone(),
        one_run: settings.arguments.is_some(),
        cut_short: evaluator.cut_short,
    }
}

impl<'s> Evaluator<'s> {
    pub(super) fn run_file(&mut self, file: FileId) -> Status {
        let (sources, trees) = (self.sources, self.trees);
        let Some(tree) = trees.get(file.0 as usize) else { return Status::SUCCESS };
        let unit = Rc::new(Unit::file(sources.get(file), file, tree.root()));
        self.run_list(&unit, tree.root())
    }

    pub(super) fn run_list(&mut self, unit: &Rc<Unit<'s>>, list: Node<'_>) -> Status {
        let mut status = Status::SUCCESS;
        for child in list.children() {
            match child.kind {
                Kind::Statement => status = self.run_statement(unit, child),
                Kind::Stray | Kind::List => status = self.run_list(unit, child),
                _ => {}
            }
        }
        status
    }

    fn run_statement(&mut self, unit: &Rc<Unit<'s>>, statement: Node<'_>) -> Status {
        let Some(list) = statement.child(Kind::AndOr) else { return Status::SUCCESS };
        if statement.child(Kind::Terminator).is_some_and(|end| unit.text(end.span) == "&") {
            // It runs in the background, in a shell of its own, and nobody waits for how it ends.
            self.run_apart(unit, list, |own| own.run_and_or(unit, list));
            return Status::SUCCESS;
        }
        self.run_and_or(unit, list)
    }

    /// `a && b || c`.
    fn run_and_or(&mut self, unit: &Rc<Unit<'s>>, list: Node<'_>) -> Status {
        let mut status = Status::SUCCESS;
        let mut connective: Option<bool> = None;
        let mut left = list.all(Kind::Pipeline).count();
        for child in list.children() {
            left -= usize::from(child.kind == Kind::Pipeline);
            let tested = usize::from(left > 0);
            self.tested += tested;
            match (child.kind, connective) {
                (Kind::Connective, _) => connective = Some(unit.text(child.span) == "&&"),
                (Kind::Pipeline, None) => status = self.run_pipeline(unit, child),
                (Kind::Pipeline, Some(and)) => {
                    let before = self.decide(status);
                    let (run, skip) = self.split_path(before);
                    self.path = if and { run } else { skip };
                    let arguments = self.state.arguments.clone();
                    let second = self.run_pipeline(unit, child);
                    let second = self.decide(second);
                    self.meet(arguments.clone(), (if and { skip } else { run }, arguments));
                    let formulas = &mut self.conditions.formulas;
                    status = Status::Is(if and { formulas.and(before, second) } else { formulas.or(before, second) });
                }
                _ => {}
            }
            self.tested -= tested;
        }
        status
    }

    fn run_pipeline(&mut self, unit: &Rc<Unit<'s>>, pipeline: Node<'_>) -> Status {
        let commands: Vec<Node<'_>> = pipeline
            .named()
            .filter(|node| matches!(node.kind, Kind::Simple | Kind::Compound | Kind::Function))
            .collect();
        let run = |own: &mut Self| match commands.as_slice() {
            [command] => own.run_command(unit, *command),
            commands => own.run_stages(unit, commands),
        };
        let negations = pipeline.all(Kind::Negation).count();
        if negations == 0 {
            let status = run(self);
            self.end_on_failure(&commands, &status);
            return status;
        }
        let status = self.while_tested(run);
        if negations.is_multiple_of(2) {
            return status;
        }
        let formula = self.decide(status);
        Status::Is(self.conditions.formulas.not(formula))
    }

    /// The commands of a pipeline; each runs in a shell of its own.
    fn run_stages(&mut self, unit: &Rc<Unit<'s>>, commands: &[Node<'_>]) -> Status {
        let (mut status, mut all) = (Status::SUCCESS, Some(Formula::TRUE));
        let (piped_in, piped_out) = (self.piped_in, self.piped_out);
        let fed_by = self.fed_by.clone();
        for (at, command) in commands.iter().enumerate() {
            let last = at + 1 == commands.len();
            self.piped_in = piped_in || at > 0;
            self.piped_out = piped_out || !last;
            let output = if last { None } else { self.output.take().map(Some) };
            let reader = commands.get(at + 1).filter(|_| at == 0 && commands.len() == 2);
            if reader.is_some_and(|reader| super::nested::may_read_script(unit, *reader)) {
                self.script = self.script_written_by(unit, *command);
            }
            if let Some(reader) = reader {
                self.handed_on = super::here_rules::handed_on(unit, *command, *reader);
            }
            status =
                self.run_apart(unit, *command, |own| match reader.filter(|reader| super::lines::reads(**reader)) {
                    Some(_) => {
                        own.lines = own.written_by(unit, *command);
                        own.source = own.named_by_words(unit, *command);
                        Status::SUCCESS
                    }
                    None => own.run_command(unit, *command),
                });
            all = match (all, &status) {
                (Some(all), Status::Is(succeeds)) => Some(self.conditions.formulas.and(all, *succeeds)),
                _ => None,
            };
            if let Some(output) = output {
                self.output = output;
            }
            self.fed_by += &format!("{} | ", unit.text(command.span));
        }
        self.fed_by = fed_by;
        (self.script, self.handed_on) = (None, None);
        (self.piped_in, self.piped_out) = (piped_in, piped_out);
        self.status_of_stages(status, all, || {
            let extent = commands
                .first()
                .zip(commands.last())
                .map(|(first, last)| Span { start: first.span.start, end: last.span.end });
            extent.map(|span| (unit.text(span), unit.place(span))).unwrap_or_default()
        })
    }

    /// The success of a pipeline whose last command ends with `last`, while `all` of them succeed where that is known.
    fn status_of_stages(&mut self, last: Status, all: Option<Formula>, text: impl Fn() -> (String, Place)) -> Status {
        let any = self.state.options.pipefail;
        match (last, all) {
            (last, _) if any.is_false() => last,
            (Status::Is(last), Some(all)) => Status::Is(self.conditions.formulas.choose(any, all, last)),
            _ => {
                let (text, place) = text();
                Status::Unknown(text, place)
            }
        }
    }

    pub(super) fn run_command(&mut self, unit: &Rc<Unit<'s>>, command: Node<'_>) -> Status {
        self.spend(COMMAND);
        if self.is_cut_short(|| unit.place(command.span)) {
            return Status::SUCCESS;
        }
        match command.kind {
            Kind::Function => self.define(unit, command),
            Kind::Compound => {
                let lines = self.lines.take();
                self.lines = super::lines::reads(command).then(|| self.here_lines(unit, command).or(lines)).flatten();
                self.source = self.file_read(unit, command).or_else(|| self.source.take());
                let inner = command.named().find(|node| node.kind != Kind::Redirect);
                let status = inner.map_or(Status::SUCCESS, |inner| self.run_compound(unit, inner));
                (self.lines, self.source) = (None, None);
                status
            }
            _ => self.run_simple(unit, command),
        }
    }

    /// Takes some work from what is left.
    pub(super) fn spend(&mut self, work: usize) {
        self.work = self.work.saturating_sub(work);
    }

    /// Whether the script has taken too much work, and nothing more is looked at; `at` is the first place of that.
    ///
    /// What then follows is as unknown as a file that is not read.
    pub(super) fn is_cut_short(&mut self, at: impl FnOnce() -> Place) -> bool {
        if self.work == 0 && self.cut_short.is_none() {
            let place = at();
            self.cut_short = Some(place);
            self.sources_unread.push(place);
        }
        self.cut_short.is_some()
    }

    fn run_compound(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Status {
        match compound.kind {
            Kind::IfClause => self.run_if(unit, compound),
            Kind::ForClause => self.run_loop(("for", unit.place(compound.span)), |own| own.run_for(unit, compound)),
            Kind::WhileClause => {
                self.run_loop(("while", unit.place(compound.span)), |own| own.run_while(unit, compound))
            }
            Kind::CaseClause => self.run_case(unit, compound),
            Kind::BraceGroup => compound.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list)),
            Kind::Subshell => self.run_subshell(unit, compound),
            Kind::DoubleBracket => self.run_double_bracket(unit, compound),
            Kind::ArithmeticCommand => {
                let value = compound.child(Kind::ArithmeticText).and_then(|text| self.compute(unit, text));
                match value {
                    Some(value) => Status::Is(if value == 0 { Formula::FALSE } else { Formula::TRUE }),
                    None => Status::Unknown(unit.text(compound.span), unit.place(compound.span)),
                }
            }
            _ => Status::SUCCESS,
        }
    }

    fn run_subshell(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Status {
        let Some(list) = compound.child(Kind::List) else { return Status::SUCCESS };
        self.run_apart(unit, compound, |own| own.run_list(unit, list))
    }

    /// The parts of the path on which a condition holds, and does not.
    pub(super) fn split_path(&mut self, condition: Formula) -> (Formula, Formula) {
        let formulas = &mut self.conditions.formulas;
        (formulas.and(self.path, condition), formulas.and_not(self.path, condition))
    }

    /// The formula of a status; an unknown one becomes a condition.
    pub(super) fn decide(&mut self, status: Status) -> Formula {
        match status {
            Status::Is(formula) => formula,
            Status::Unknown(text, place) => self.conditions.fresh(Question::Success(text), place),
        }
    }

    /// Records a step of the script on the present path.
    pub(super) fn step(&mut self, act: Act, place: Place) {
        if self.cut_short.is_some() {
            // Its words may lack what was not followed any more.
            return;
        }
        self.steps.push(Step {
            act,
            guard: self.path,
            many: self.many,
            rounds: self.rounds(),
            uncalled: self.uncalled,
            place,
            calls: self.calls.clone(),
        });
    }

    /// Where a command without redirection reads from.
    pub(super) fn inherited_input(&self) -> Input {
        if self.piped_in { Input::Pipe } else { Input::Inherited }
    }
}
