//! One ipchains command of the script: what is written of it where, and what becomes of it.

use std::collections::BTreeSet;

use super::command::{Given, Line, Translator, is_literal};
use super::outcome::{Found, Outcome, Outcomes};
use super::render::Renamed;
use super::rule::{Flag, Trouble, Wording, bare, is_placeholder};
use super::shared::Arguments;
use super::sites::{self, Site, Sites, Written};
use super::wrappers::Call;
use super::{Item, program, refusals};
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::{self, Parsed};
use crate::dialect::iptables_name;
use crate::eval::{Invocation, Program, Step};
use crate::model::{Action, Known, Word};
use crate::text::{Place, Span};

/// What is said of words that a shell reads once more, where they cannot be rewritten.
pub(super) const ELSEWHERE: &str = "the commands that this runs stand elsewhere; migrate them by hand";

/// What is written of a command, and where.
struct Parts {
    /// The command whose words are rewritten.
    site: usize,
    /// The number under which it is known what becomes of it.
    known_as: usize,
    /// The number of its first argument among its words.
    first: usize,
    /// The texts of the words.
    written: Vec<String>,
    /// What each says in this run, where that has other blanks than one between each two arguments.
    spaced: Vec<Option<String>>,
    /// For each argument the number of its word.
    numbers: Vec<usize>,
    /// The first word holds the program too.
    with_program: bool,
    /// Quotes do not survive.
    unquoted: bool,
}

impl Parts {
    fn here(
        command: &Site<'_>,
        (site, first): (usize, usize),
        numbers: Vec<usize>,
        with_program: bool,
        invocation: &Invocation,
        renamed: &Renamed<'_>,
    ) -> Self {
        let words = command.words();
        let (head, behind) = words.split_at_checked(first).unwrap_or_default();
        let head: Vec<&str> = head.iter().filter_map(|word| renamed.source.view().get(word.range())).collect();
        let unquoted = !with_program && !program::is_plain_program(&head) || command.string.is_some();
        let written = behind.iter().map(|word| renamed.text(*word)).collect();
        let said = |word: &Span| invocation.spaced_text(*word).filter(|_| command.string.is_none());
        let spaced = behind.iter().map(said).collect();
        Self { site, known_as: site, first, written, spaced, numbers, with_program, unquoted }
    }

    fn of_call(Call { known_as, site, first, written, spaced, numbers, quotes }: Call) -> Self {
        Self { site, known_as, first, written, spaced, numbers, with_program: false, unquoted: !quotes }
    }
}

/// Adds what becomes of one run of a command.
pub(super) fn translate(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    translator: &mut Translator<'_>,
    (number, step, invocation): (usize, &Step, &Invocation),
    renamed: &Renamed<'_>,
    outcomes: &mut Outcomes,
) {
    let Some(Some(Reading::Ipchains(parsed))) = analysis.readings.get(number) else { return };
    let quieter = without_talk(invocation, parsed, step.place);
    let (invocation, parsed) = quieter.as_ref().map_or((invocation, parsed), |(own, parsed)| (own, parsed));
    let Some(parts) = parts(analysis, sites, translator, (step, invocation), renamed, outcomes) else { return };
    let Parts { site, known_as, first, ref written, ref spaced, ref numbers, with_program, unquoted } = parts;
    let program = with_program.then(|| iptables_name(&invocation.name_value.to_string()));
    let arguments = Arguments::new(&invocation.arguments, written, numbers, &parsed.uses, program);
    if sites.get(site).is_some_and(|site| site.documents().next().is_some()) {
        let reason = "ipchains reads no here-document; take that away first";
        return outcomes.add(known_as, first, Outcome::Person(reason.to_owned()));
    }
    let Some(command) = &parsed.command else {
        let mut words = arguments.deciding(&invocation.arguments, (written, spaced), &parsed.uses, &[]);
        // What the words say is not known behind the one that is refused.
        words.actions.clear();
        let outcome = Outcome::Lines(vec![Line::Refused(refusals::of(parsed))]);
        return outcomes.add_run(known_as, Found { first, outcome, prefix: arguments.prefix() }, words);
    };
    if let Some(name) = foreign_chain(&command.action, analysis) {
        let message = format!("ipchains has no chain `{name}`; its built-in chains are input, forward and output");
        return outcomes.add(known_as, first, Outcome::Person(message));
    }
    let texts = &arguments.texts;
    let options_written = parsed.uses.iter().all(|found| texts.get(found.word).is_some_and(|text| is_literal(text)));
    let (flag, ports) = undecided(parsed, &invocation.arguments, texts);
    let conditions = &analysis.evaluation.conditions;
    let is_given = |at: &usize| {
        let empty = invocation.arguments.get(*at).and_then(|word| conditions.literal(&word.value, ""));
        empty.is_some_and(|empty| !translator.policies.compatible(step.guard, empty))
    };
    let given: Vec<usize> = ports.iter().copied().filter(is_given).collect();
    let (words, uses) = (&invocation.arguments, &parsed.uses);
    let wording = Wording { words, texts, uses, unquoted, flag, ports: &ports, given: &given };
    let certain = step.guard.is_true() && !step.many;
    let given = Given { step: number, guard: step.guard, certain, counts: step.is_live(), wording };
    let (rules_of, by_number) = numbered(&command.action);
    let result = if options_written { translator.translate(&given, &command.action) } else { Err(Trouble::RunTime) };
    let mut outcome = Outcome::of(result).kept_where(|lines| is_same(lines, written) && runs_iptables(analysis, step));
    for message in std::mem::take(&mut translator.doubts).into_iter().filter(|_| matches!(outcome, Outcome::Lines(_))) {
        outcomes.items.push(Item { place: step.place, message, person: true });
    }
    if let Outcome::Lines(lines) = &mut outcome
        && !arguments.settle(lines, &mut translator.roles)
    {
        outcome = Outcome::RunTime(BTreeSet::new());
    }
    if let Some(reason) = sites.get(site).and_then(|site| hindrance(&outcome, site, &parts, renamed)) {
        outcome = Outcome::Person(reason.to_owned());
    }
    if let Outcome::RunTime(names) = &mut outcome {
        *names = unknowns(invocation);
        if let Some(reason) = beyond_run_time(&command.action) {
            outcome = Outcome::Person(reason);
        } else if arguments.lacks_text() {
            outcome = Outcome::Person(ELSEWHERE.to_owned());
        } else if by_number {
            outcomes.number(known_as, rules_of.flatten());
        }
    }
    if let (Outcome::Lines(_), true) = (&outcome, reads_number(&command.action)) {
        outcomes.number(known_as, rules_of.flatten());
    }
    if let (Outcome::RunTime(_), Some(chain), true) = (&outcome, rules_of, step.is_live()) {
        translator.numbers.open(chain);
    }
    if let Some(reason) = translator.refusals.always(step.place) {
        outcome = Outcome::Person(reason);
    } else {
        translator.refusals.note_made_elsewhere(number, &command.action, step.place, &mut outcomes.items);
    }
    outcomes.hear(known_as, &invocation.arguments);
    let open = parsed.open_words(&invocation.arguments, |at| arguments.texts.get(at).cloned().unwrap_or_default());
    outcomes.note_free(known_as, matches!(outcome, Outcome::RunTime(_)) && !open.others.is_empty());
    let deciding = arguments.deciding(&invocation.arguments, (written, spaced), &parsed.uses, &ports);
    outcomes.add_run(known_as, Found { first, outcome, prefix: arguments.prefix() }, deciding);
}

/// Where the words of a command stand; `None` where that already says what becomes of it.
fn parts(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    translator: &Translator<'_>,
    (step, invocation): (&Step, &Invocation),
    renamed: &Renamed<'_>,
    outcomes: &mut Outcomes,
) -> Option<Parts> {
    if let Written::Here { site, first, words, with_program } = sites::written(analysis, sites, step, invocation) {
        return Some(Parts::here(&sites[site], (site, first), words, with_program, invocation, renamed));
    }
    let Some(seam) = translator.wrappers.passing.seam(analysis, sites, step, invocation) else {
        outcomes.elsewhere(step, invocation);
        return None;
    };
    let call = translator.wrappers.call(analysis, sites, (&seam, step, invocation), renamed);
    if call.is_none() && holds_program(invocation) {
        let reason = "its first words stand in a variable, and the others come from elsewhere; migrate it by hand";
        outcomes.add_unwritten(seam.site, reason);
    } else if call.is_none() {
        outcomes.hear(seam.site, &invocation.arguments);
        outcomes.add(seam.site, seam.outer(), Outcome::RunTime(unknowns(invocation)));
    }
    call.map(Parts::of_call)
}

/// What keeps an outcome from standing where the command does.
fn hindrance(outcome: &Outcome, site: &Site<'_>, parts: &Parts, renamed: &Renamed<'_>) -> Option<&'static str> {
    let evaluates = || site.words().first().is_some_and(|word| renamed.text(*word) == "eval");
    let stays = || matches!(outcome, Outcome::Lines(lines) if keeps_words(lines, &parts.written));
    let in_other_shell = "another shell runs this, and what its words are is only known then; migrate it by hand";
    match parts.with_program && parts.first > 0 && evaluates() && !stays() {
        true => Some(ELSEWHERE),
        false => (site.other_shell && outcome.asks_when_run()).then_some(in_other_shell),
    }
}

/// Whether the one command of `lines` has the same words as the old one, whatever they say.
fn is_same(lines: &[Line], written: &[String]) -> bool {
    let [Line::Filter { tokens, main: true }] = lines else { return false };
    tokens.iter().map(|token| &token.text).eq(written) && written.iter().all(|word| is_literal(word))
}

/// Whether the command that takes the place of the old one has its words, so that only what these say has changed.
fn keeps_words(lines: &[Line], written: &[String]) -> bool {
    let same = |line: &Line| match line {
        Line::Filter { tokens, main: true } => tokens.iter().map(|token| &token.text).eq(written),
        _ => false,
    };
    lines.iter().any(same)
}

/// Whether the command of a step runs iptables at other times: `for FW in $IPCHAINS $IPTABLES; do $FW -F; done`.
fn runs_iptables(analysis: &Analysis<'_>, step: &Step) -> bool {
    analysis.invocations().any(|(_, own, other)| own.place == step.place && other.program == Program::Iptables)
}

/// Whether the word that names the program brings arguments along, while others stand elsewhere.
fn holds_program(invocation: &Invocation) -> bool {
    invocation.arguments.iter().any(|word| is_brought(invocation, word))
}

/// Whether the word that names the program brings this argument along.
fn is_brought(invocation: &Invocation, word: &Word) -> bool {
    word.place.file == invocation.name.file && invocation.name.span.contains(word.place.span)
}

/// The command without `-v`, where nothing else comes with the program.
///
/// iptables has that option too, so that `$FW` stays as it is, whether it holds `ipchains` or `ipchains -v`.
fn without_talk(invocation: &Invocation, parsed: &Parsed, place: Place) -> Option<(Invocation, Parsed)> {
    let (brought, rest): (Vec<&Word>, Vec<&Word>) =
        invocation.arguments.iter().partition(|word| is_brought(invocation, word));
    let talks = |word: &&Word| matches!(word.known(), Some("-v" | "--verbose"));
    if parsed.command.is_none() || brought.is_empty() || !brought.iter().all(talks) {
        return None;
    }
    let arguments: Vec<Word> = rest.into_iter().cloned().collect();
    let parsed = ipchains::parse(&arguments, place);
    Some((Invocation { arguments, ..invocation.clone() }, parsed))
}

/// The word that may be the flag for the log, and the words that may be ports.
fn undecided(parsed: &Parsed, words: &[Word], texts: &[String]) -> (Option<Flag>, Vec<usize>) {
    let text = |at: usize| texts.get(at).map(String::as_str).unwrap_or_default();
    let open = parsed.open_words(words, |at| text(at).to_owned());
    let ports = open.ports.into_iter().filter(|at| is_placeholder(text(*at)) || bare(text(*at)).is_some()).collect();
    (open.flag.and_then(|at| Flag::of(text(at))), ports)
}

/// The names of what is unknown in the words of a command.
fn unknowns(invocation: &Invocation) -> BTreeSet<String> {
    let arguments = invocation.arguments.iter().flat_map(|word| word.value.unknowns());
    let empty = invocation.vanished.iter().map(|vanished| vanished.variable.clone());
    arguments.map(|unknown| unknown.name.to_string()).chain(empty).filter(|name| !name.is_empty()).collect()
}

/// A built-in chain of iptables that a command names and the script never makes.
pub(super) fn foreign_chain(action: &Action, analysis: &Analysis<'_>) -> Option<String> {
    let chain = match action {
        Action::Append { chain, .. }
        | Action::Insert { chain, .. }
        | Action::Policy { chain, .. }
        | Action::Flush { chain: Some(chain) } => chain.known()?,
        _ => return None,
    };
    if !matches!(chain, "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING") {
        return None;
    }
    let makes = |action: &Action| matches!(action, Action::NewChain { chain: made } if made.is(chain));
    let made = analysis.commands().any(|(_, command)| makes(&command.action));
    (!made).then(|| chain.to_owned())
}

/// Why the function that translates at run time cannot do a command either.
pub(super) fn beyond_run_time(action: &Action) -> Option<String> {
    let reason = match action {
        Action::List { .. } => "which chain this lists is only known at run time",
        Action::Check { .. } => "iptables cannot say what would happen to a packet",
        Action::MasqueradeTimeouts { .. } => "its words are only known at run time",
        _ => return None,
    };
    Some(reason.to_owned())
}

/// Whether a command names a rule by a number that is only known when it runs.
fn reads_number(action: &Action) -> bool {
    let position = match action {
        Action::Insert { position, .. } | Action::Replace { position, .. } | Action::DeleteNumber { position, .. } => {
            position
        }
        _ => return false,
    };
    !matches!(position, Known::Is(_))
}

/// The chain whose rules a command changes, if it may change any, where `None` may be any chain; and whether it names a
/// rule by its number.
fn numbered(action: &Action) -> (Option<Option<&str>>, bool) {
    match action {
        Action::Append { chain, .. } | Action::DeleteRule { chain, .. } => (Some(chain.known()), false),
        Action::Insert { chain, position, .. } => (Some(chain.known()), !matches!(position, Known::Is(1))),
        Action::Replace { chain, .. } | Action::DeleteNumber { chain, .. } => (Some(chain.known()), true),
        Action::Unknown => (Some(None), false),
        _ => (None, false),
    }
}
