//! Loops: unrolled where their rounds are known, else run once for all rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Question;
use super::ending::{Ending, Left};
use super::glob;
use super::lines;
use super::looping::{Looping, Over};
use super::run::{Evaluator, Status};
use super::simple::Expanded;
use super::state::{Arguments, Choices, State};
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Piece, Rounds, Unknown, Value, ValueBuilder, Word};
use crate::syntax::{Kind, Node};
use crate::text::Place;

/// A loop whose condition is asked before each round is unrolled at most so many times.
const MAX_ROUNDS: usize = 1_024;

/// In one of so many rounds at the beginning it shows whether rounds leave everything as it was.
const TRIALS: usize = 3;

/// What rounds of a loop over something unknown set variables to is known behind it if they are set in no more ways than
/// these, all combinations counted.
const MAX_WAYS: usize = 64;

/// What the rounds of a loop change, as it was before the first one.
struct Start<'s> {
    state: State<'s>,
    path: Formula,
    returned: Vec<Ending>,
    broken: Vec<Left>,
    continued: Vec<Left>,
    steps: usize,
}

/// What the rounds of a loop did.
struct AllRounds {
    /// How a round ends the loop.
    broken: Left,
    /// The variables that a round looks at where they may hold what an earlier one has left.
    looked_at: BTreeSet<String>,
    /// The variables that a round sets, with what it sets them to.
    set: BTreeMap<String, Vec<Value>>,
}

/// A value behind the loop at `place` that a round has set the variable `name` to: what is not known in it was so in that
/// round.
fn renamed(value: &Value, name: &str, place: Place) -> Value {
    let mut renamed = ValueBuilder::default();
    for piece in value.pieces() {
        renamed.push_piece(&match piece {
            Piece::Unknown(own) => {
                let name = format!("{} of {name}", own.name).into();
                Piece::Unknown(Unknown { name, id: place.span.start + 1, ..own })
            }
            known => known,
        });
    }
    renamed.finish()
}

impl<'s> Evaluator<'s> {
    pub(super) fn run_for(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) {
        let body = clause
            .child(Kind::DoGroup)
            .or_else(|| clause.child(Kind::BraceGroup))
            .and_then(|group| group.child(Kind::List));
        let Some(body) = body else { return };
        let Some(name) = clause.child(Kind::Name).map(|name| unit.text(name.span)) else {
            return self.run_counting((unit, clause), body);
        };
        if clause.child(Kind::ForWord).is_some_and(|word| unit.text(word.span) == "select") {
            // Somebody is asked for each round.
            let answer = self.unknown_at(name.as_str(), unit.place(clause.span));
            self.set_variable(&name, answer);
            self.run_many((unit, clause), body, None);
            return;
        }
        let lists: Choices<Expanded> = if clause.child(Kind::InWord).is_some() {
            let words: Vec<Node<'_>> = clause.all(Kind::Word).collect();
            self.expand_all(unit, &words)
        } else {
            vec![(Formula::TRUE, Expanded::of(self.all_arguments("@").as_deref()))]
        };
        self.on_each(lists, |own, _, list| own.run_rounds((unit, clause), &name, &list.words, body));
    }

    /// `for ((FIRST; CONDITION; NEXT))`.
    fn run_counting(&mut self, (unit, clause): (&Rc<Unit<'s>>, Node<'_>), body: Node<'_>) {
        let place = unit.place(clause.span);
        let header = clause.child(Kind::ArithmeticCommand).and_then(|command| command.child(Kind::ArithmeticText));
        let Some(header) = header else { return };
        self.compute_part(unit, header, 0);
        self.broken.push(Left::NONE);
        for round in 0.. {
            match self.compute_part(unit, header, 1) {
                Some(0) => break,
                Some(_) if round > 0 && self.path.is_false() => break,
                Some(_) if round < MAX_ROUNDS && !self.is_cut_short(|| place) => {
                    self.run_round(unit, body);
                    self.compute_part(unit, header, 2);
                }
                _ => {
                    self.forget_computed(&unit.text(header.span), place);
                    self.run_many((unit, clause), body, None);
                    break;
                }
            }
        }
        self.leave_loop();
    }

    /// The value of one of the three parts of `((FIRST; CONDITION; NEXT))`; one that says nothing has none.
    fn compute_part(&mut self, unit: &Rc<Unit<'s>>, header: Node<'_>, part: usize) -> Option<i64> {
        let written = self.arithmetic_text(unit, header)?;
        let parts: Vec<&str> = written.split(';').collect();
        let text = parts.get(part).filter(|text| parts.len() == 3 && !text.trim().is_empty())?;
        self.compute_text(unit, text, unit.place(header.span))
    }

    fn run_rounds(&mut self, (unit, clause): (&Rc<Unit<'s>>, Node<'_>), name: &str, words: &[Word], body: Node<'_>) {
        let place = unit.place(clause.span);
        self.broken.push(Left::NONE);
        if words.is_empty() {
            let one = Unknown { name: name.into(), id: place.span.start + 1, single: true };
            self.look_at_round(unit, body, |own| own.set_variable(name, Value::unknown(one)));
        }
        for (at, word) in words.iter().enumerate() {
            if self.is_cut_short(|| place) {
                break;
            }
            let files = word.known().is_some_and(glob::is_pattern);
            if word.splits || files {
                // What field splitting gave is neither empty nor holds a blank.
                let one = Unknown { name: name.into(), id: place.span.start + 1, single: !files };
                let over = self.looping.over(&word.value, &one);
                self.set_variable(name, Value::unknown(one));
                let left = self.run_many((unit, clause), body, Some(over));
                if !left.is_false() && at + 1 < words.len() {
                    // Where one of its rounds has left the loop, there are none for the words behind.
                    let ends = self.conditions.fresh(Question::Ends(unit.text(clause.span)), word.place);
                    let (gone, goes_on) = self.split_path(ends);
                    self.path = goes_on;
                    let (formulas, arguments) = (&mut self.conditions.formulas, &self.state.arguments);
                    self.broken.last_mut().into_iter().for_each(|broken| broken.leave(gone, arguments, formulas));
                }
            } else {
                self.set_variable(name, word.value.clone());
                self.run_round(unit, body);
            }
        }
        self.leave_loop();
    }

    /// Behind a loop the runs that left it meet the others; `break` succeeds.
    pub(super) fn leave_loop(&mut self) {
        let broken = self.broken.pop();
        let left = broken.as_ref().map_or(Formula::FALSE, |broken| broken.path);
        self.last_round = self.last_round.map(|succeeds| self.conditions.formulas.or(succeeds, left));
        self.meet_left(broken);
    }

    /// One round of a loop; `continue` ends it, with success.
    pub(super) fn run_round(&mut self, unit: &Rc<Unit<'s>>, body: Node<'_>) {
        self.continued.push(Left::NONE);
        let is_live = !self.path.is_false();
        let status = self.run_list(unit, body);
        let continued = self.continued.pop();
        if is_live {
            let left = continued.as_ref().map_or(Formula::FALSE, |continued| continued.path);
            self.last_round =
                self.success_of_one(vec![(self.path, status), (left, Status::SUCCESS)]).and_then(|own| match own {
                    Status::Is(succeeds) => Some(succeeds),
                    Status::Unknown(..) => None,
                });
        }
        self.meet_left(continued);
    }

    /// No run gets into the body of a loop; it is looked at once all the same.
    fn look_at_round(&mut self, unit: &Rc<Unit<'s>>, body: Node<'_>, begin: impl FnOnce(&mut Self)) {
        let path = std::mem::replace(&mut self.path, Formula::FALSE);
        let arguments = self.state.arguments.clone();
        begin(self);
        self.run_round(unit, body);
        (self.path, self.state.arguments) = (path, arguments);
    }

    /// A body that runs any number of times: once, for all of them.
    ///
    /// Gives the paths on which a round ends the loop.
    fn run_many(&mut self, (unit, clause): (&Rc<Unit<'s>>, Node<'_>), body: Node<'_>, over: Option<Over>) -> Formula {
        let (path, place) = (self.path, unit.place(clause.span));
        let before = self.last_round;
        let mut held = self.held(unit, body);
        self.forget(unit, body);
        let mut replaced = false;
        let (rounds, changed) = loop {
            let start = self.start();
            let rounds = self.run_all_rounds(unit, body, over.clone());
            let changed = self.state.changed_since(&start.state);
            // What a round looks at and changes may be what an earlier one has left.
            let looked_at = changed.iter().filter(|name| rounds.looked_at.contains(*name)).cloned();
            let carried: Vec<String> = looked_at.filter(|name| !self.is_open(name, &start)).collect();
            let mut arrays = self.state.arrays_changed_since(&start.state);
            arrays.retain(|name| start.state.arrays.get(name) != Some(&None));
            let mut arguments = std::iter::once(&self.state.arguments).chain(rounds.broken.arguments());
            let replaces = !replaced && arguments.any(|own| *own != start.state.arguments);
            drop(arguments);
            if carried.is_empty() && arrays.is_empty() && !replaces {
                break (rounds, changed);
            }
            self.rewind(start);
            if replaces {
                replaced = true;
                self.replace_arguments();
            }
            self.forget_changed(&carried, place);
            held.retain(|(name, _)| !carried.contains(name));
            arrays.iter().for_each(|name| self.set_array(name, None));
        };
        rounds.looked_at.iter().for_each(|name| self.look_at(name, path));
        for (name, values) in &rounds.set {
            values.iter().for_each(|value| self.looping.sets(name, value, None));
        }
        let broken = rounds.broken.path;
        // Nobody knows which round is the last one, nor whether there is any.
        let all = [before, self.last_round].into_iter().flatten();
        let succeed = all.filter(|round| self.conditions.formulas.implies(self.path, *round)).count() == 2;
        self.last_round = succeed.then_some(Formula::TRUE);
        let stays = self.returned.last().map_or(broken, |returned| self.conditions.formulas.or(broken, returned.path));
        let stays = self.conditions.formulas.or(self.path, stays);
        self.path = path;
        if !self.conditions.formulas.and_not(path, stays).is_false() {
            let ends = self.conditions.fresh(Question::Ends(unit.text(clause.span)), place);
            self.path = self.conditions.formulas.and_not(path, ends);
        }
        self.forget(unit, body);
        self.forget_changed(&changed, place);
        self.recall(&held, &rounds.set, place);
        if replaced {
            self.replace_arguments();
        }
        broken
    }

    /// The variables that `body` assigns and that certainly hold something before, with that.
    fn held(&mut self, unit: &Unit<'s>, body: Node<'_>) -> Vec<(String, Choices<Value>)> {
        let assigned = body.walk().filter(|node| node.kind == Kind::Assignment);
        let names: BTreeSet<String> =
            assigned.filter_map(|node| node.child(Kind::Name)).map(|name| unit.text(name.span)).collect();
        let set: Vec<String> = names.into_iter().filter(|name| !self.may_be_unset(name)).collect();
        let held = |name: String| Some((self.state.variables.get(&name)?.clone(), name));
        set.into_iter().filter_map(held).map(|(held, name)| (name, held)).collect()
    }

    /// Behind a loop a variable holds what it has `held` before, or one of the values that a round has `set` it to, where
    /// something is known of each.
    fn recall(&mut self, held: &[(String, Choices<Value>)], set: &BTreeMap<String, Vec<Value>>, place: Place) {
        let tells = |value: &Value| value.pieces().iter().any(|piece| matches!(piece, Piece::Known(_)));
        let tell = |values: &[Value]| values.iter().all(|value| *value == Value::empty() || tells(value));
        let known = held.iter().filter_map(|(name, before)| Some((name, before, set.get(name)?)));
        let known: Vec<_> = known.filter(|(.., values)| tell(values)).collect();
        // A command in which all of them stand is run so often.
        let ways = known.iter().try_fold(1, |ways: usize, (.., values)| ways.checked_mul(values.len() + 1));
        if ways.is_some_and(|ways| ways <= MAX_WAYS) && self.path != Formula::UNDECIDED {
            known.into_iter().for_each(|(name, before, values)| self.recall_one(name, before, values, place));
        }
    }

    fn recall_one(&mut self, name: &str, before: &Choices<Value>, values: &[Value], place: Place) {
        let (whole, settled) = (self.path, self.state.settled.get(name).copied());
        for (guard, value) in before {
            self.path = self.conditions.formulas.and(whole, *guard);
            if !self.path.is_false() {
                self.set_variable(name, value.clone());
            }
        }
        let mut left = whole;
        for (number, value) in values.iter().enumerate() {
            // Which round was the last one to set it is known of no other variable.
            let value = renamed(value, name, place);
            let question = Question::Last { variable: name.to_owned(), number, value: value.clone() };
            let last = self.conditions.fresh(question, place);
            self.path = self.conditions.formulas.and(left, last);
            self.set_variable(name, value);
            left = self.conditions.formulas.and_not(left, last);
        }
        self.path = whole;
        self.settle(name.to_owned(), settled);
    }

    /// Runs the body of a loop once for all rounds.
    fn run_all_rounds(&mut self, unit: &Rc<Unit<'s>>, body: Node<'_>, over: Option<Over>) -> AllRounds {
        let (many, path) = (std::mem::replace(&mut self.many, true), self.path);
        let outer = self.looping.enter(over, path, Rc::make_mut(&mut self.state.settled));
        let first = self.steps.len();
        self.broken.push(Left::NONE);
        self.run_round(unit, body);
        let broken = self.broken.pop().unwrap_or(Left::NONE);
        let ended = self.conditions.formulas.or(self.path, broken.path);
        self.looping.carries |= ended != path || broken.path == Formula::UNDECIDED || path == Formula::UNDECIDED;
        let steps = self.steps.get_mut(first..).unwrap_or_default();
        let (looked_at, set) = self.looping.leave(outer, (steps, broken.path), Rc::make_mut(&mut self.state.settled));
        self.many = many;
        AllRounds { broken, looked_at, set }
    }

    /// The rounds in which the present command runs.
    pub(super) fn rounds(&self) -> Option<Rounds> {
        self.looping.rounds(self.path)
    }

    pub(super) fn run_while(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) {
        let (Some(list), Some(body)) =
            (clause.child(Kind::List), clause.child(Kind::DoGroup).and_then(|group| group.child(Kind::List)))
        else {
            if let Some(list) = clause.child(Kind::List) {
                self.run_list(unit, list);
            }
            return;
        };
        let until = clause.child(Kind::UntilWord).is_some();
        let source = self.source.take().filter(|_| !until);
        if let Some(text) = self.lines.take().filter(|_| !until)
            && self.run_lines(unit, (list, body), &text)
        {
            return;
        }
        self.broken.push(Left::NONE);
        let mut start = None;
        let mut endless = false;
        for round in 0.. {
            let before = self.path;
            let status = self.while_tested(|own| own.run_list(unit, list));
            let mut condition = match status {
                Status::Is(formula) => formula,
                Status::Unknown(..) => Formula::UNDECIDED,
            };
            if until {
                condition = self.conditions.formulas.not(condition);
            }
            let formulas = &mut self.conditions.formulas;
            let (goes_on, ends) = (formulas.implies(before, condition), !formulas.compatible(before, condition));
            if ends || before.is_false() && round > 0 {
                if round == 0 {
                    self.look_at_round(unit, body, |_| {});
                }
                break;
            }
            if !goes_on || endless || round >= MAX_ROUNDS || self.cut_short.is_some() || before.is_false() {
                if let Some(start) = start.take().filter(|_| endless) {
                    self.rewind(start);
                }
                self.forget(unit, list);
                // Each round reads one line, and none knows of the others.
                let read = lines::Reading::of(unit, list).filter(|_| round == 0).map(|reading| reading.names);
                let over = read.as_ref().zip(source).map(|(names, source)| Looping::reading(names, &source));
                let left = self.run_many((unit, clause), body, over);
                if endless && left.is_false() {
                    self.path = Formula::FALSE;
                }
                for name in read.into_iter().flatten() {
                    let value = self.unknown_at(name.as_str(), unit.place(clause.span));
                    self.set_variable(&name, value);
                }
                break;
            }
            start.get_or_insert_with(|| self.start());
            let held = (round < TRIALS).then(|| self.state.clone());
            self.run_round(unit, body);
            endless = goes_on && held.is_some_and(|held| self.state.holds_as(&held));
        }
        self.leave_loop();
    }

    fn start(&self) -> Start<'s> {
        Start {
            state: self.state.clone(),
            path: self.path,
            returned: self.returned.clone(),
            broken: self.broken.clone(),
            continued: self.continued.clone(),
            steps: self.steps.len(),
        }
    }

    /// Whether nothing was known of a variable.
    fn is_open(&mut self, name: &str, start: &Start<'s>) -> bool {
        let formulas = &mut self.conditions.formulas;
        let open = |value: &Value| matches!(value.pieces().as_slice(), [Piece::Unknown(own)] if &*own.name == name);
        let held = start.state.variables.get(name).into_iter().flatten();
        held.filter(|(_, value)| !open(value)).all(|(guard, _)| !formulas.compatible(*guard, start.path))
    }

    fn rewind(&mut self, start: Start<'s>) {
        self.state = start.state;
        self.path = start.path;
        self.returned = start.returned;
        self.broken = start.broken;
        self.continued = start.continued;
        self.steps.truncate(start.steps);
    }

    /// Rounds of a loop have shifted or set the arguments, and nobody knows which are left.
    fn replace_arguments(&mut self) {
        let own = std::mem::replace(&mut self.state.arguments, Arguments::Unknown { shifted: 0 });
        self.state.arguments = own.replaced();
    }

    /// Variables that rounds of a loop at `place` change may hold anything.
    fn forget_changed(&mut self, names: &[String], place: Place) {
        names.iter().for_each(|name| self.forget_one(name, place));
    }

    /// A variable may hold anything, and is not set by that.
    fn forget_one(&mut self, name: &str, place: Place) {
        let value = self.unknown_at(name, place);
        let settled = self.state.settled.get(name).copied();
        let unset = self.may_be_unset(name);
        self.set_variable(name, value.clone());
        if unset {
            let empty = self.conditions.equal(&value, &Value::empty(), place);
            let unset = self.conditions.fresh(Question::Test(format!("-z ${{{name}+set}}")), place);
            let unset = self.conditions.formulas.and(empty, unset);
            let unset = self.conditions.formulas.and(unset, self.path);
            self.note_unset(name, unset);
        }
        self.settle(name.to_owned(), settled);
    }

    /// Whether a variable is not set on some run that gets here.
    fn may_be_unset(&mut self, name: &str) -> bool {
        let Some(held) = self.state.variables.get(name) else { return true };
        let given = held.iter().filter(|(_, value)| self.is_given(name, value)).map(|(guard, _)| *guard);
        let mut paths: Vec<Formula> = given.chain(self.state.unset.get(name).copied()).collect();
        paths.retain(|path| self.conditions.formulas.compatible(*path, self.path));
        !paths.is_empty()
    }

    /// Variables that `body` assigns may hold anything before one of its rounds.
    pub(super) fn forget(&mut self, unit: &Unit<'s>, body: Node<'_>) {
        // Those before the words of a command are for that command alone.
        let alone = body.walk().filter(|node| node.kind == Kind::Simple && node.child(Kind::Word).is_none());
        for node in alone.flat_map(|node| node.all(Kind::Assignment)) {
            if let Some(name) = node.child(Kind::Name) {
                self.forget_one(&unit.text(name.span), unit.place(node.span));
            }
        }
    }
}
