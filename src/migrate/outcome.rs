//! What becomes of each simple command, over all the ways in which it is run.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{Cases, Choice, Deciding};
use super::command::Line;
use super::invocation::ELSEWHERE;
use super::layout::{Layout, Side};
use super::obsolete::Fate;
use super::render::Renamed;
use super::roles::Roles;
use super::rule::Trouble;
use super::runtime::Said;
use super::sites::{Site, Sites};
use super::{Item, runtime};
use crate::eval::{Invocation, Program, Step};
use crate::model::Word;
use crate::text::{Edit, Spans};

/// What becomes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It stays as it is.
    Keep,
    /// These take its place.
    Lines(Vec<Line>),
    /// Other commands take its place, with a note.
    Commands(Vec<String>, Option<String>),
    /// Lines take its place that may differ by the values of its words.
    ByValue(Cases),
    /// Which lines take its place depends on its words.
    Choice(Choice),
    /// It is needed no longer; the reason.
    Nothing(String),
    /// Its rule can match no packet.
    Never,
    /// Which commands take its place depends on the text `subject` of its words: its values and their commands.
    Arms { subject: String, arms: Vec<(String, Vec<String>)> },
    /// It stays, though in some runs it is about a thing that is gone; whether a person must change it.
    Doubtful { person: bool },
    /// It is translated when it runs; the variables that decide it.
    RunTime(BTreeSet<String>),
    /// A person must decide; the reason.
    Person(String),
}

impl Outcome {
    pub(super) fn of(result: Result<Vec<Line>, Trouble>) -> Self {
        match result {
            Ok(lines) => Self::Lines(lines),
            Err(Trouble::RunTime | Trouble::Number) => Self::RunTime(BTreeSet::new()),
            Err(Trouble::Never) => Self::Never,
            Err(Trouble::Person(reason)) => Self::Person(reason),
        }
    }

    /// The same where lines of which `is_same` holds are the command as it stands.
    pub(super) fn kept_where(self, is_same: impl Fn(&[Line]) -> bool) -> Self {
        match self {
            Self::Lines(lines) if is_same(&lines) => Self::Keep,
            other => other,
        }
    }

    /// The same with what its words decide settled, where their values are called as in `roles`.
    pub(super) fn named(self, roles: &Roles) -> Self {
        match self {
            Self::ByValue(cases) => cases.settled(roles),
            other => other,
        }
    }

    /// Whether it takes a function of the output that knows what a word is when the script runs.
    pub(super) fn asks_when_run(&self) -> bool {
        let asks = |line: &Line| match line {
            Line::EachDevice { .. } | Line::Rejecting { .. } | Line::Flagged { devices: Some(_), .. } => true,
            Line::Filter { tokens, .. } | Line::Flagged { tokens, .. } => {
                tokens.iter().any(|token| runtime::asks(&token.text))
            }
            _ => false,
        };
        matches!(self, Self::RunTime(_)) || self.lines().any(asks)
    }

    /// All lines that take its place.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        let (lines, choice) = match self {
            Self::Lines(lines) => (lines.as_slice(), None),
            Self::Choice(choice) => (&[][..], Some(choice)),
            _ => (&[][..], None),
        };
        lines.iter().chain(choice.into_iter().flat_map(Choice::lines).flatten())
    }

    /// Why ipchains refuses the command in some run.
    fn refused(&self) -> Option<&str> {
        match self {
            Self::ByValue(cases) => cases.refused(),
            Self::Lines(lines) => lines.iter().find_map(Line::refused),
            _ => None,
        }
    }

    /// Whether it is about another program than ipchains.
    fn is_surrounding(&self) -> bool {
        matches!(self, Self::Keep | Self::Commands(..) | Self::Nothing(_) | Self::Doubtful { .. } | Self::Arms { .. })
    }

    pub(super) fn of_fate(fate: Fate) -> Self {
        match fate {
            Fate::Keep => Self::Keep,
            Fate::Commands { commands, note } => Self::Commands(commands, note),
            Fate::Nothing { note } => Self::Nothing(note),
            Fate::Person { reason } => Self::Person(reason),
        }
    }
}

/// What becomes of one simple command.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The number of its first argument among its words.
    pub(super) first: usize,
    pub(super) outcome: Outcome,
    /// The arguments of its first word, where that holds the program too.
    pub(super) prefix: Option<String>,
}

impl Found {
    /// Whether lines take the place of a command without the word that brought the program.
    fn loses_program(&self, site: &Site<'_>, renamed: &Renamed<'_>) -> bool {
        let takes_apart = matches!(self.outcome, Outcome::Lines(_) | Outcome::Choice(_)) && self.prefix.is_some();
        let word = site.words().get(self.first).map(|word| renamed.text(*word));
        let has_word = |line: &Line| match line {
            Line::Filter { tokens, .. } => tokens.iter().any(|token| Some(&token.text) == word.as_ref()),
            _ => false,
        };
        takes_apart && !self.outcome.lines().any(has_word)
    }
}

/// What becomes of all of them.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) sites: BTreeMap<usize, Found>,
    pub(super) items: Vec<Item>,
    /// Here-documents with rules, rewritten.
    pub(super) here: Vec<Edit>,
    /// Comments beside what stays.
    pub(super) beside: Vec<Edit>,
    /// Commands that are left to a person because their words are written elsewhere.
    unwritten: BTreeSet<usize>,
    /// What the words of each command may say.
    said: BTreeMap<usize, Said>,
    /// Whether a command has words in each of its runs that may be any option, so that no call says more of it.
    free: BTreeMap<usize, bool>,
    /// Commands that name rules by numbers which are only known when they run, with their chains.
    numbered: BTreeMap<usize, BTreeSet<Option<String>>>,
    /// The chains whose rules cannot be counted then.
    uneven: BTreeSet<String>,
}

impl Outcomes {
    /// Adds the outcome of one run of a command; where runs differ it is decided at run time.
    pub(super) fn add(&mut self, site: usize, first: usize, outcome: Outcome) {
        self.add_run(site, Found { first, outcome, prefix: None }, Deciding::default());
    }

    /// The same for a command with words that may decide what becomes of it, and their values in this run.
    pub(super) fn add_run(&mut self, site: usize, run: Found, words: Deciding) {
        let cases = Cases::of(&run.outcome, words);
        let Some(found) = self.sites.get_mut(&site) else {
            let outcome = cases.map_or(run.outcome, Outcome::ByValue);
            self.sites.insert(site, Found { outcome, ..run });
            return;
        };
        if found.prefix != run.prefix {
            if let (Outcome::ByValue(known), Some(new), true) = (&found.outcome, &cases, run.prefix.is_some())
                && found.prefix.is_some()
                && known.agree(new)
            {
                // The word stays, whatever it says; where another run takes it apart, it is no longer the same for all.
                found.prefix = Some(String::new());
                return;
            }
            let reason = "the first words of this command differ from run to run";
            found.outcome = Outcome::Person(reason.to_owned());
            self.unwritten.insert(site);
            return;
        }
        if let (Outcome::ByValue(known), Some(new)) = (&mut found.outcome, cases) {
            known.add(new);
            return;
        }
        if found.outcome == run.outcome {
            return;
        }
        // What ipchains refuses in one run may not be taken by what translates the command in it.
        if let Some(reason) = found.outcome.refused().or_else(|| run.outcome.refused()) {
            found.outcome = Outcome::Person(reason.to_owned());
            return;
        }
        found.outcome = match (&found.outcome, run.outcome) {
            (Outcome::Arms { subject, arms }, Outcome::Arms { arms: new, .. }) => {
                let added = new.into_iter().filter(|arm| !arms.contains(arm));
                Outcome::Arms { subject: subject.clone(), arms: arms.iter().cloned().chain(added).collect() }
            }
            (Outcome::Person(reason), _) => Outcome::Person(reason.clone()),
            (_, Outcome::Person(reason)) => Outcome::Person(reason),
            (known, new) if known.is_surrounding() && new.is_surrounding() => {
                let harmless = |outcome: &Outcome| {
                    matches!(outcome, Outcome::Keep | Outcome::Nothing(_) | Outcome::Doubtful { person: false })
                };
                Outcome::Doubtful { person: !harmless(known) || !harmless(&new) }
            }
            (Outcome::RunTime(known), Outcome::RunTime(new)) => Outcome::RunTime(known.union(&new).cloned().collect()),
            // A rule that matches in some runs only is left to the run.
            (Outcome::RunTime(names), _) => Outcome::RunTime(names.clone()),
            (_, Outcome::RunTime(names)) => Outcome::RunTime(names),
            _ => Outcome::RunTime(BTreeSet::new()),
        };
    }

    /// The words of one run of a command.
    pub(super) fn hear(&mut self, site: usize, words: &[Word]) {
        let said = self.said.remove(&site).unwrap_or_default();
        self.said.insert(site, said.or(&Said::of(words)));
    }

    /// Whether some word of one run of a command may be any option.
    pub(super) fn note_free(&mut self, site: usize, is_free: bool) {
        *self.free.entry(site).or_insert(true) &= is_free;
    }

    /// What the commands that are translated when they run may say, if there are any.
    pub(super) fn said_when_run(&self) -> Option<Said> {
        let when_run = self.sites.iter().filter(|(_, found)| matches!(found.outcome, Outcome::RunTime(_)));
        let said = when_run.map(|(site, _)| self.said.get(site).cloned().unwrap_or_else(Said::anything));
        said.reduce(|one, other| one.or(&other)).map(|said| said.counting(&self.uneven))
    }

    /// A command names a rule of a chain by a number that is only known when it runs.
    pub(super) fn number(&mut self, site: usize, chain: Option<&str>) {
        self.numbered.entry(site).or_default().insert(chain.map(str::to_owned));
    }

    /// Leaves commands to a person that name rules by numbers where these cannot be counted when they run: in the
    /// chains that are `uneven`, or that `layout` has copies of which are, or anywhere if the script lists rules.
    pub(super) fn settle_numbers(&mut self, uneven: &BTreeSet<String>, layout: &Layout<'_>, lists: bool) {
        self.uneven = uneven.clone();
        if lists {
            // Numbers that are read may come from a list of iptables, where they are others.
            self.uneven.extend(layout.user_chains().chain(Side::ALL.map(|side| side.chain().to_owned())));
        }
        let uneven = &self.uneven;
        let counted = |chain: &Option<String>| {
            chain.as_ref().is_some_and(|chain| layout.counts(chain) && !uneven.contains(chain))
        };
        let copied = |chain: &Option<String>| {
            let copies = chain.as_ref().map(|chain| layout.copies(chain).len());
            lists && copies.is_none_or(|copies| copies > 1)
        };
        for (site, chains) in &self.numbered {
            let found = self.sites.get_mut(site).filter(|found| match &found.outcome {
                Outcome::RunTime(_) => !chains.iter().all(counted),
                // A number of one copy need not be that of the others.
                Outcome::ByValue(_) | Outcome::Lines(_) => chains.iter().any(copied),
                _ => false,
            });
            if let Some(found) = found {
                let reason = "which rule has this number depends on the run, and one ipchains rule may be several \
                              iptables rules";
                found.outcome = Outcome::Person(reason.to_owned());
            }
        }
    }

    /// A command is left to a person because its words are written elsewhere.
    pub(super) fn add_unwritten(&mut self, site: usize, reason: &str) {
        self.unwritten.insert(site);
        self.add(site, 0, Outcome::Person(reason.to_owned()));
    }

    /// Changes all lines that take the place of a command.
    pub(super) fn each_line(&mut self, site: usize, mut change: impl FnMut(&mut Line)) {
        match self.sites.get_mut(&site).map(|found| &mut found.outcome) {
            Some(Outcome::Lines(lines)) => lines.iter_mut().for_each(change),
            Some(Outcome::Choice(choice)) => choice.lines_mut().for_each(&mut change),
            _ => {}
        }
    }

    /// Settles what is decided by words, whose values are now known to be called as in `roles`.
    pub(super) fn name_values(&mut self, roles: &Roles) {
        for found in self.sites.values_mut() {
            found.outcome = std::mem::replace(&mut found.outcome, Outcome::Keep).named(roles);
        }
    }

    /// The variables whose new values tell too little for some command that is decided by the old ones.
    pub(super) fn blurred(&self, roles: &Roles) -> impl Iterator<Item = String> {
        self.sites.values().flat_map(|found| match &found.outcome {
            Outcome::ByValue(cases) => cases.blurred(roles),
            _ => Vec::new(),
        })
    }

    /// The commands that keep the words of ipchains.
    pub(super) fn untranslated(&self) -> impl Iterator<Item = usize> + '_ {
        let kept = |found: &Found| match &found.outcome {
            Outcome::RunTime(_) | Outcome::Keep => true,
            Outcome::ByValue(cases) => cases.is_open() || cases.asks(),
            _ => false,
        };
        self.sites.iter().filter(move |(_, found)| kept(found)).map(|(site, _)| *site)
    }

    /// The commands in whose place the word that brought the program is gone.
    pub(super) fn without_program(&self, sites: &Sites<'_>, renamed: &Renamed<'_>) -> Spans {
        let is_gone = |site: &Site<'_>, found: &Found| {
            matches!(found.outcome, Outcome::Person(_)) || found.loses_program(site, renamed)
        };
        let all = self.sites.iter().filter_map(|(site, found)| Some((sites.get(*site)?, found)));
        all.filter(|(site, found)| is_gone(site, found)).map(|(site, _)| site.node.span).collect()
    }

    /// The commands that might be translated better if their words stood where they are run.
    pub(super) fn written_apart(&self, sites: &Sites<'_>, renamed: &Renamed<'_>) -> Spans {
        let open = self.open().into_iter().filter_map(|site| sites.get(site));
        let all = self.sites.iter().filter_map(|(site, found)| Some((sites.get(*site)?, found)));
        let is_apart = |site: &Site<'_>, found: &Found| {
            found.outcome == Outcome::Person(ELSEWHERE.to_owned()) || found.loses_program(site, renamed)
        };
        let others = all.filter(|(site, found)| is_apart(site, found)).map(|(site, _)| site);
        open.chain(others).map(|site| site.node.span).collect()
    }

    /// The commands without a translation that stands in the script, for what their words may be.
    pub(super) fn open(&self) -> Vec<usize> {
        let open = |site: &usize, found: &Found| match &found.outcome {
            Outcome::RunTime(_) => true,
            Outcome::ByValue(cases) => cases.is_open(),
            Outcome::Person(_) => self.unwritten.contains(site),
            _ => false,
        };
        self.sites.iter().filter(|(site, found)| open(site, found)).map(|(site, _)| *site).collect()
    }

    /// Those of them of which the calls of a function may say more.
    pub(super) fn open_to_calls(&self) -> Vec<usize> {
        self.open().into_iter().filter(|site| self.free.get(site) != Some(&true)).collect()
    }

    /// The number of commands that are left to a person, and of all those without a translation that stands in the
    /// script.
    pub(super) fn left(&self) -> (usize, usize) {
        let open = self.open();
        let persons = open.iter().filter(|site| matches!(self.sites[site].outcome, Outcome::Person(_))).count();
        (persons, open.len())
    }

    /// A command that stands in another file.
    pub(super) fn elsewhere(&mut self, step: &Step, invocation: &Invocation) {
        if invocation.program == Program::Ipchains {
            let message = "this command stands where it cannot be rewritten; migrate it by hand".to_owned();
            self.items.push(Item { place: step.place, message, person: true });
        }
    }
}
