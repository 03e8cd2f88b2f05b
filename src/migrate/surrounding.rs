//! Commands of other programs than ipchains: modules, kernel settings, ipmasqadm, services.

use std::collections::BTreeSet;

use super::command::is_literal;
use super::invocation::ELSEWHERE;
use super::outcome::Outcome;
use super::render::Renamed;
use super::sites::{self, Site, Sites, Written};
use super::{helpers, obsolete, program};
use crate::analysis::Analysis;
use crate::dialect::{SERVICE_FILE, successor};
use crate::eval::{Input, Invocation, Program, Step};
use crate::model::Word;
use crate::syntax::Kind;
use crate::text::Span;

/// What becomes of a command of another program than ipchains.
pub(super) fn surrounding(invocation: &Invocation, iptables: &str) -> Outcome {
    let words: Vec<Option<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let shown: Vec<String> = invocation.arguments.iter().map(|word| word.value.to_string()).collect();
    let texts: Vec<&str> = shown.iter().map(String::as_str).collect();
    outcome_of(invocation, "modprobe", &words, &texts, (iptables, &[]))
}

/// Where the words of a command stand.
pub(super) struct Spelling {
    /// Those before its arguments.
    program: Span,
    /// Its arguments.
    words: Vec<Span>,
    /// All of them stand where the command is run.
    here: bool,
}

/// The command that says the words of `invocation`, and how.
pub(super) fn written(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    step: &Step,
    invocation: &Invocation,
) -> Option<(usize, Spelling)> {
    if let Written::Here { site, first, words: numbers, with_program: false } =
        sites::written(analysis, sites, step, invocation)
        && sites[site].string.is_some()
    {
        let own = sites[site].words();
        let program = Span { start: own.first()?.start, end: own.get(first.checked_sub(1)?)?.end };
        let words = numbers.into_iter().map(|number| own.get(first + number).copied()).collect::<Option<_>>()?;
        return Some((site, Spelling { program, words, here: true }));
    }
    let site = sites.innermost(analysis, step.place)?;
    let own = sites[site].words();
    let words = invocation.arguments.iter().map(|word| word.place.span).collect();
    let here = invocation.arguments.iter().all(|word| own.contains(&word.place.span) && word.place != invocation.name);
    Some((site, Spelling { program: invocation.name.span, words, here }))
}

/// What there is to know of a script for its commands of other programs.
pub(super) struct Around {
    /// How it calls iptables.
    iptables: String,
    /// The rules that loading modules brings.
    brought: Vec<String>,
    /// The files that it writes its rules to, as it names them.
    saved: BTreeSet<String>,
}

impl Around {
    pub(super) fn of(analysis: &Analysis<'_>, sites: &Sites<'_>, renamed: &Renamed<'_>) -> Self {
        let saves = analysis.invocations().filter(|(_, _, invocation)| invocation.program == Program::IpchainsSave);
        let saves = saves.filter_map(|(_, step, _)| sites.innermost(analysis, step.place));
        let saved = saves.flat_map(|site| files(&sites[site])).map(|file| renamed.text(file)).collect();
        Self { iptables: program::default_program(analysis), brought: helpers::all_brought(analysis), saved }
    }
}

/// The files that a command reads and writes.
fn files(site: &Site<'_>) -> Vec<Span> {
    site.node.all(Kind::Redirect).filter_map(|redirect| redirect.child(Kind::Word)).map(|word| word.span).collect()
}

/// What becomes of such a command, with the words as the script has them.
pub(super) fn surrounding_at(
    invocation: &Invocation,
    spelling: &Spelling,
    around: &Around,
    renamed: &Renamed<'_>,
    site: &Site<'_>,
) -> Outcome {
    let words: Vec<Option<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let written: Vec<String> = spelling.words.iter().map(|word| renamed.text(*word)).collect();
    let texts: Vec<&str> = written.iter().map(String::as_str).collect();
    let (program, here) = (renamed.text(spelling.program), spelling.here);
    let outcome = outcome_of(invocation, &program, &words, &texts, (&around.iptables, &around.brought));
    if invocation.program == Program::LoadModule && here && written.iter().any(|text| !is_literal(text)) {
        return arms(invocation, &written, outcome, site, renamed);
    }
    let stands_elsewhere = match invocation.program {
        Program::ProcWrite => false,
        Program::IpchainsSave | Program::IpchainsRestore => !here,
        _ => !here && outcome != Outcome::Keep,
    };
    if stands_elsewhere {
        return Outcome::Person(ELSEWHERE.to_owned());
    }
    if matches!(invocation.program, Program::IpchainsSave | Program::IpchainsRestore) {
        let own = files(site).iter().any(|file| around.saved.contains(&renamed.text(*file)));
        let outcome = match outcome {
            Outcome::Commands(commands, _) if own => Outcome::Commands(commands, Some(SAVED_NOTE.to_owned())),
            outcome => outcome,
        };
        return save_or_restore(invocation, spelling, renamed, site, outcome);
    }
    outcome
}

/// A module whose name is in a variable: what is to be loaded depends on its value.
fn arms(
    invocation: &Invocation,
    written: &[String],
    outcome: Outcome,
    site: &Site<'_>,
    renamed: &Renamed<'_>,
) -> Outcome {
    let known: Option<Vec<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let own = || renamed.text(site.extent());
    let commands = match outcome {
        Outcome::Keep => vec![own()],
        Outcome::Commands(commands, _) => commands,
        Outcome::Nothing(_) => vec![":".to_owned()],
        other => return other,
    };
    match known {
        Some(_) if site.string.is_some() => {
            Outcome::Person("which module this is depends on the run; migrate it by hand".to_owned())
        }
        Some(words) => Outcome::Arms { subject: written.join(" "), arms: vec![(words.join(" "), commands)] },
        // Nothing is known of the module, so it is most likely no business of ours.
        None => Outcome::Keep,
    }
}

/// `ipchains-save` and `ipchains-restore` have options that their successors lack or understand otherwise. What is kept
/// for the service goes where its successor looks for it.
fn save_or_restore(
    invocation: &Invocation,
    spelling: &Spelling,
    renamed: &Renamed<'_>,
    site: &Site<'_>,
    outcome: Outcome,
) -> Outcome {
    let obsolete = |word: &Word| word.known().is_some_and(|text| matches!(text, "-v" | "-f" | "-p" | "-vf" | "-fv"));
    let arguments = invocation.arguments.iter().zip(&spelling.words);
    let dropped = arguments.filter(|(word, _)| obsolete(word)).map(|(_, span)| (*span, ""));
    // Neither empties the chains that are there.
    let joins = invocation.program == Program::IpchainsRestore && matches!(invocation.input, Input::Here(_));
    let behind = Span { start: spelling.program.end, end: spelling.program.end };
    let mut changes: Vec<(Span, &str)> = joins.then_some((behind, " -n")).into_iter().chain(dropped).collect();
    let of_service = files(site).into_iter().filter(|file| renamed.source.text(*file) == SERVICE_FILE);
    changes.extend(of_service.filter_map(|file| Some((file, successor(SERVICE_FILE)?))));
    changes.sort();
    let one_chain = invocation.arguments.iter().any(|word| word.known().is_none_or(|text| !text.starts_with('-')));
    if invocation.program == Program::IpchainsSave && one_chain {
        return Outcome::Person("iptables-save cannot save one chain; it saves whole tables".to_owned());
    }
    if changes.is_empty() {
        return outcome;
    }
    let extent = site.extent();
    let (mut text, mut at) = (String::new(), extent.start);
    for (span, new) in changes {
        let before = renamed.text(Span { start: at, end: span.start });
        text.push_str(if new.starts_with('/') { &before } else { before.trim_end() });
        text.push_str(new);
        at = span.end;
    }
    text.push_str(&renamed.text(Span { start: at, end: extent.end }));
    let note = match outcome {
        Outcome::Commands(_, note) => note,
        _ => None,
    };
    Outcome::Commands(vec![text], note)
}

fn outcome_of(
    invocation: &Invocation,
    program: &str,
    words: &[Option<&str>],
    texts: &[&str],
    (iptables, brought): (&str, &[String]),
) -> Outcome {
    let shown: Vec<&str> = words.iter().zip(texts).map(|(known, text)| known.unwrap_or(text)).collect();
    let removes = shown.iter().any(|word| matches!(*word, "-r" | "--remove"));
    match invocation.program {
        Program::LoadModule if !removes => Outcome::of_fate(obsolete::load_module(program, &shown, iptables)),
        Program::LoadModule | Program::UnloadModule => {
            Outcome::of_fate(obsolete::unload_module(program, &shown, iptables, brought))
        }
        Program::Sysctl => Outcome::of_fate(obsolete::sysctl(&shown)),
        Program::ProcWrite => match shown.as_slice() {
            [path, value] => Outcome::of_fate(obsolete::proc_write(path, value)),
            _ => Outcome::Keep,
        },
        Program::Ipmasqadm => Outcome::of_fate(obsolete::masqadm(&invocation.arguments, texts, iptables)),
        Program::Ipfwadm => Outcome::Person("ipfwadm is older than ipchains; this command is left out".to_owned()),
        Program::IpchainsRestore if matches!(invocation.input, Input::Here(_)) => Outcome::Keep,
        Program::IpchainsRestore => Outcome::Commands(Vec::new(), Some(RESTORE_NOTE.to_owned())),
        _ => Outcome::Keep,
    }
}

/// What is said of rules that ipchains-restore reads from where the script itself saves them.
const SAVED_NOTE: &str = "the script saves these rules in the format of iptables now; what it has saved before must be migrated with iptmigrate";

/// What to do about the rules that ipchains-restore reads from elsewhere.
pub(super) const RESTORE_NOTE: &str =
    "the rules that this reads must be in the format of iptables-save: migrate that file with iptmigrate too";
