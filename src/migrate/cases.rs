//! Commands that become different ones by the values of their words: all runs of a command side by side.

use std::collections::{HashMap, HashSet};

use super::command::Line;
use super::outcome::Outcome;
use super::roles::{Roles, variable};
use super::{instance, runtime};

/// The words of a command that are not literal, with what they say in one run, where that is known.
pub(super) type Words = Vec<(String, Option<String>)>;

/// The words of a command in one run.
#[derive(Default)]
pub(super) struct Deciding {
    pub(super) words: Words,
    /// Which of them say what the command does; the others say to which packets.
    pub(super) actions: Vec<bool>,
}

/// What becomes of a command in each of its runs; no lines where its rule can match no packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cases {
    runs: Vec<(Words, Option<Vec<Line>>)>,
    /// The numbers of the runs with these words.
    numbers: HashMap<Words, Vec<usize>>,
    /// Which words say what the command does in some run.
    actions: Vec<bool>,
}

/// A choice among lines by the texts of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The words that decide.
    pub(super) subjects: Vec<String>,
    /// What they say, and the lines for that.
    pub(super) arms: Vec<(Vec<Vec<String>>, Vec<Line>)>,
    /// Lines that follow in every arm.
    pub(super) common: Vec<Line>,
}

impl Cases {
    /// The outcome of one run as the only case, if it is one of lines.
    pub(super) fn of(outcome: &Outcome, Deciding { words, actions }: Deciding) -> Option<Self> {
        let lines = match outcome {
            Outcome::Lines(lines) => Some(lines.clone()),
            Outcome::Never => None,
            _ => return None,
        };
        let mut cases = Self { actions, ..Self::default() };
        cases.add_run((words, lines));
        Some(cases)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.actions.resize(self.actions.len().max(other.actions.len()), false);
        self.actions.iter_mut().zip(&other.actions).for_each(|(own, other)| *own |= other);
        other.runs.into_iter().for_each(|run| self.add_run(run));
    }

    fn add_run(&mut self, run: (Words, Option<Vec<Line>>)) {
        let known = self.numbers.entry(run.0.clone()).or_default();
        if known.iter().all(|number| self.runs[*number] != run) {
            known.push(self.runs.len());
            self.runs.push(run);
        }
    }

    /// Whether the same lines are for all runs of both.
    pub(super) fn agree(&self, other: &Self) -> bool {
        let mut all = self.runs.iter().chain(&other.runs).map(|(_, lines)| lines);
        all.next().is_none_or(|first| all.all(|lines| lines == first))
    }

    /// Whether the words do not decide what becomes of the command.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.settled(&Roles::default()), Outcome::RunTime(_))
    }

    /// The variables whose new values in `roles` tell less than the old ones, so that the words no longer decide.
    pub(super) fn blurred(&self, roles: &Roles) -> Vec<String> {
        let is_left = |roles: &Roles| matches!(self.settled(roles), Outcome::RunTime(_) | Outcome::Person(_));
        if is_left(&Roles::default()) || !is_left(roles) {
            return Vec::new();
        }
        let words = self.runs.iter().flat_map(|(words, _)| words);
        words.filter_map(|(text, _)| variable(text)).filter(|name| roles.wanted.contains_key(name)).collect()
    }

    /// What becomes of the command in all runs; the values of variables are called as in `roles`.
    pub(super) fn settled(&self, roles: &Roles) -> Outcome {
        if self.runs.is_empty() {
            return Outcome::Never;
        }
        let refused = self.refused();
        if let Some(reason) = refused.filter(|_| self.runs.iter().all(|run| refusal(run).is_some())) {
            return Outcome::Person(reason.to_owned());
        }
        if let Some(lines) = self.alike() {
            return lines.clone().map_or(Outcome::Never, Outcome::Lines);
        }
        if let Some(lines) = self.repeated().or_else(|| self.general()) {
            return Outcome::Lines(lines);
        }
        let count = self.runs.iter().map(|(words, _)| words.len()).min().unwrap_or_default();
        // A word that may be empty is a flag, which is most likely what differs.
        let flag = |number: &usize| {
            self.runs.iter().any(|(words, _)| words.get(*number).is_some_and(|(_, value)| value.as_deref() == Some("")))
        };
        let acts = |number: &usize| self.actions.get(*number) == Some(&true);
        let (actions, tests): (Vec<usize>, Vec<usize>) = (0..count).partition(acts);
        let all: &[usize] = &[actions, tests].concat();
        let (flags, others): (Vec<usize>, Vec<usize>) = all.iter().partition(|number| flag(number));
        let single = flags.into_iter().chain(others).map(|one| vec![one]);
        let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |two| vec![all[one], all[two]]));
        let ways: Vec<Vec<usize>> = single.chain(pairs).chain(std::iter::once(all.to_vec())).collect();
        // What the command does depends on words for that, if it may.
        let is_action = |way: &&Vec<usize>| way.iter().all(acts);
        let mut deciding = ways.iter().filter(is_action).chain(ways.iter().filter(|way| !is_action(way)));
        let choice = deciding.find_map(|words| self.by(words, roles));
        match choice.or_else(|| all.iter().find_map(|number| self.general_by(*number, roles))) {
            Some(choice) => Outcome::Choice(choice),
            // What ipchains refuses in a run may not be taken by what translates the command in it.
            None => refused
                .map_or_else(|| Outcome::RunTime(Default::default()), |reason| Outcome::Person(reason.to_owned())),
        }
    }

    /// Why ipchains refuses the command in some run.
    pub(super) fn refused(&self) -> Option<&str> {
        self.runs.iter().find_map(refusal)
    }

    /// All lines, where they hold the same main command, and beside it only what may be done once more without harm.
    fn repeated(&self) -> Option<Vec<Line>> {
        let mut all = Vec::new();
        for (_, lines) in &self.runs {
            let lines = lines.as_deref()?;
            all = if all.is_empty() { lines.to_vec() } else { repeatable(&all, lines)? };
        }
        Some(all)
    }

    /// What all runs have, if it is the same: lines, or none where the rule can match no packet.
    fn alike(&self) -> Option<&Option<Vec<Line>>> {
        let (_, first) = self.runs.first()?;
        self.runs.iter().all(|(_, lines)| lines == first).then_some(first)
    }

    /// The lines for words that are not known, where they do as well for those that are in the other runs.
    fn general(&self) -> Option<Vec<Line>> {
        let open = |words: &Words| words.iter().map(|(_, value)| value.is_none()).collect::<Vec<bool>>();
        let count = |words: &Words| open(words).into_iter().filter(|open| *open).count();
        let (pattern, lines) = self.runs.iter().max_by_key(|(words, _)| count(words))?;
        let pattern = open(pattern);
        let (own, others): (Vec<_>, Vec<_>) = self.runs.iter().partition(|(words, _)| open(words) == pattern);
        // The lines do for a word where they ask what it is, and where those of some run with it are a case of them.
        let general = lines.as_deref().unwrap_or_default();
        let has_them = |(words, own): &&(Words, Option<Vec<Line>>)| {
            own == lines || own.as_ref().is_some_and(|own| says_the_same(own, &instance::of(general, words)))
        };
        let mut same: HashSet<(usize, Option<&str>)> = HashSet::new();
        for (words, _) in self.runs.iter().filter(has_them) {
            same.extend(words.iter().enumerate().map(|(number, (_, value))| (number, value.as_deref())));
        }
        // Where each line asks for a target, those that ipchains refuses there as well are refused when the script runs.
        let takes_none = general.iter().all(|line| targets(std::slice::from_ref(line)).next().is_some())
            && !targets(general).any(runtime::asks_to_redirect);
        let covers = |run: &&(Words, Option<Vec<Line>>)| {
            let refused = takes_none && refusal(run).is_some();
            run.0.iter().zip(&pattern).enumerate().all(|(number, ((_, value), open))| {
                let asked = match value.as_deref() {
                    None | Some("" | "-l" | "ACCEPT" | "DENY" | "REJECT") => true,
                    Some("MASQ") => targets(general).all(runtime::asks_of_forward),
                    Some(target) => refused && target.split(' ').next() == Some("REDIRECT"),
                };
                *open && asked || same.contains(&(number, value.as_deref()))
            })
        };
        let fits = own.iter().all(|(_, known)| known == lines) && others.iter().all(covers);
        lines.clone().filter(|_| fits && pattern.contains(&true))
    }

    /// The choice by the word with this number, where the lines for words that are not known do beside each of its values.
    fn general_by(&self, number: usize, roles: &Roles) -> Option<Choice> {
        let mut groups: Vec<(Vec<String>, Self)> = Vec::new();
        let mut subject = None;
        for run in &self.runs {
            let (text, value) = run.0.get(number)?;
            let said = vec![renamed(text, value.as_ref()?, roles)];
            subject = Some(text.replace("$@", "$*"));
            if groups.iter().all(|(known, _)| *known != said) {
                groups.push((said.clone(), Self::default()));
            }
            groups.iter_mut().filter(|(known, _)| *known == said).for_each(|(_, own)| own.add_run(run.clone()));
        }
        let lines = |own: &Self| match own.alike() {
            Some(lines) => Some(lines.clone().unwrap_or_default()),
            None => own.general(),
        };
        let arms = groups.into_iter().map(|(said, own)| Some((said, lines(&own)?))).collect::<Option<_>>()?;
        Some(Choice::new(vec![subject?], arms))
    }

    /// Whether some lines ask while the script runs what a word is, so that it must stay as it is.
    pub(super) fn asks(&self) -> bool {
        let lines = || self.runs.iter().filter_map(|(_, lines)| lines.as_deref());
        let flagged = |line: &Line| match line {
            Line::Flagged { .. } | Line::Rejecting { .. } => true,
            Line::Perhaps(text) => runtime::asks(text),
            _ => false,
        };
        lines().flatten().any(flagged) || lines().flat_map(targets).next().is_some()
    }

    /// The choice by the words with these numbers, if they decide it.
    fn by(&self, numbers: &[usize], roles: &Roles) -> Option<Choice> {
        let mut arms: Vec<(Vec<String>, Vec<Line>)> = Vec::new();
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        let mut subjects = Vec::new();
        for (words, lines) in &self.runs {
            let deciding: Vec<&(String, Option<String>)> =
                numbers.iter().map(|number| words.get(*number)).collect::<Option<_>>()?;
            let said = deciding.iter().map(|(text, value)| Some(renamed(text, value.as_ref()?, roles)));
            let said: Vec<String> = said.collect::<Option<_>>()?;
            let texts: Vec<String> = deciding.iter().map(|(text, _)| text.replace("$@", "$*")).collect();
            if !subjects.is_empty() && subjects != texts {
                return None;
            }
            let lines = lines.clone().unwrap_or_default();
            match places.get(&said).map(|known| &mut arms[*known].1) {
                Some(known) if *known == lines => {}
                Some(known) => *known = repeatable(known, &lines)?,
                None => {
                    places.insert(said.clone(), arms.len());
                    arms.push((said, lines));
                }
            }
            subjects = texts;
        }
        Some(Choice::new(subjects, arms))
    }
}

impl Choice {
    fn new(subjects: Vec<String>, arms: Vec<(Vec<String>, Vec<Line>)>) -> Self {
        let common = common(&arms);
        let mut joined: Vec<(Vec<Vec<String>>, Vec<Line>)> = Vec::new();
        for (said, lines) in arms {
            let lines: Vec<Line> = lines.into_iter().filter(|line| !common.contains(line)).collect();
            match joined.iter_mut().find(|(_, known)| *known == lines) {
                Some((values, _)) => values.push(said),
                None => joined.push((vec![said], lines)),
            }
        }
        Self { subjects, arms: joined, common }
    }

    /// Each line.
    pub(super) fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        self.arms.iter_mut().flat_map(|(_, lines)| lines).chain(&mut self.common)
    }

    /// All lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[Line]> {
        self.arms.iter().map(|(_, lines)| lines.as_slice()).chain(std::iter::once(self.common.as_slice()))
    }
}

/// The words of lines that ask for targets.
fn targets(lines: &[Line]) -> impl Iterator<Item = &str> {
    let tokens = lines.iter().flat_map(|line| match line {
        Line::Filter { tokens, .. } | Line::Tail(tokens) => tokens.as_slice(),
        _ => &[],
    });
    tokens.map(|token| token.text.as_str()).filter(|text| runtime::asks(text))
}

/// Why ipchains refuses the command in this run.
fn refusal((_, lines): &(Words, Option<Vec<Line>>)) -> Option<&str> {
    lines.iter().flatten().find_map(Line::refused)
}

/// Whether lines have the same words, wherever in the old command these stand.
fn says_the_same(own: &[Line], other: &[Line]) -> bool {
    let words = |line: &Line| match line {
        Line::Filter { tokens, main } => {
            Some((*main, tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>()))
        }
        _ => None,
    };
    let same = |(one, other): (&Line, &Line)| one == other || words(one).is_some_and(|own| words(other) == Some(own));
    own.len() == other.len() && own.iter().zip(other).all(same)
}

/// The lines that all arms have, where they may as well follow the others.
fn common(arms: &[(Vec<String>, Vec<Line>)]) -> Vec<Line> {
    let Some((_, first)) = arms.first() else { return Vec::new() };
    let everywhere = |line: &&Line| arms.iter().all(|(_, lines)| lines.iter().filter(|own| own == line).count() == 1);
    let shared: Vec<Line> = first.iter().filter(everywhere).cloned().collect();
    // From the end on, as many as stand in the same order everywhere and behind the arms' own lines of their chains.
    let fits = |count: &usize| {
        let last = &shared[shared.len() - count..];
        arms.iter().all(|(_, lines)| {
            let own: Vec<&Line> = lines.iter().filter(|line| last.contains(line)).collect();
            own.into_iter().eq(last) && may_follow(lines, last)
        })
    };
    let count = (0..=shared.len()).rev().find(fits).unwrap_or_default();
    shared[shared.len() - count..].to_vec()
}

/// Whether the lines `last` may stand behind all others of `lines`: those that they pass are about other chains.
fn may_follow(lines: &[Line], last: &[Line]) -> bool {
    lines.iter().enumerate().filter(|(_, line)| !last.contains(line)).all(|(at, line)| {
        let passed = lines.iter().take(at).filter(|before| last.contains(before));
        passed
            .into_iter()
            .all(|before| matches!((chain(before), chain(line)), (Some(one), Some(other)) if one != other))
    })
}

/// The table and chain that a line is about.
pub(super) fn chain(line: &Line) -> Option<(&str, &str)> {
    let (Line::Filter { tokens, .. } | Line::Flagged { tokens, .. }) = line else { return None };
    let text = |at: usize| tokens.get(at).map(|token| token.text.as_str());
    let behind = |option: &str| tokens.iter().position(|token| token.text == option).and_then(|at| text(at + 1));
    let commands = ["-A", "-I", "-R", "-D"];
    // The command may be in a variable, and then stands first.
    let first = if text(0) == Some("-t") { 2 } else { 0 };
    let in_variable = || text(first + 1).filter(|_| text(first).is_some_and(|text| text.starts_with('$')));
    Some((behind("-t").unwrap_or("filter"), commands.into_iter().find_map(behind).or_else(in_variable)?))
}

/// The value of a word as it is in the output.
fn renamed(text: &str, value: &str, roles: &Roles) -> String {
    let names = variable(text).and_then(|name| roles.wanted.get(&name));
    let word = |word: &str| names.and_then(|names| names.get(word)).map_or(word, String::as_str).to_owned();
    value.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Lines that hold the same main command, and beside it only what may be done once more without harm.
fn repeatable(known: &[Line], new: &[Line]) -> Option<Vec<Line>> {
    const HARMLESS: [&str; 8] = ["-F", "-Z", "-N", "-X", "--flush", "--zero", "--new-chain", "--delete-chain"];
    const POLICY: [&str; 2] = ["-P", "--policy"];
    let main = |lines: &[Line]| lines.iter().find(|line| matches!(line, Line::Filter { main: true, .. })).cloned();
    let harmless = |line: &Line| match line {
        // The policy is the same one, and set in all runs.
        Line::Filter { tokens, main } => tokens
            .iter()
            .any(|token| HARMLESS.contains(&token.text.as_str()) || *main && POLICY.contains(&token.text.as_str())),
        Line::Clear { .. } | Line::Perhaps(_) | Line::Behind(_) => true,
        _ => false,
    };
    let same = main(known).is_some() && main(known) == main(new) && known.iter().chain(new).all(harmless);
    let added = new.iter().filter(|line| !known.contains(line));
    same.then(|| known.iter().chain(added).cloned().collect())
}
