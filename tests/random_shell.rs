//! Random scripts: what bash does, and what the evaluation says of them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "random/dice.rs"]
mod dice;
#[path = "random/scripts.rs"]
mod scripts;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use dice::Dice;
use iptlint::eval::{self, Act, Conditions, Evaluation, Question, Settings, Step};
use iptlint::logic::{Formula, Variable};
use iptlint::model::{Piece, Value};
use iptlint::syntax::{detect, parse};
use iptlint::text::{FileId, Source, Sources};
use scripts::{Sort, script};

/// How many scripts there are, and the seed; `IPTLINT_SCRIPTS` and `IPTLINT_SEED` are others.
const SCRIPTS: u64 = 240;
const SEED: u64 = 20_261_127;

/// Writes down the chains that `iptables -A` is given, and nothing else.
const PROGRAM: &str = "iptables() { [ $# -gt 1 ] && printf '%s\\0' \"$2\" >&9; return 0; }\nexec 9>&1 >/dev/null\n";

/// What the settings `U1` and `U2` may be.
const SETTINGS: [[&str; 2]; 4] = [["a", "a"], ["", "b"], ["b a", "ab"], ["1", ""]];

const NAMES: [&str; 2] = ["U1", "U2"];

/// The chains that bash appends to, in order.
fn made(script: &str, settings: [&str; 2], directory: &std::path::Path) -> Vec<String> {
    let output = Command::new("bash")
        .args(["-c", &format!("{PROGRAM}{script}")])
        .envs(NAMES.into_iter().zip(settings))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("bash runs");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn evaluated(script: &str, settings: Option<[&str; 2]>) -> Evaluation {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("f", format!("#!/bin/bash\n{script}").into_bytes()));
    let trees = vec![parse(sources.get(file), FileId(0), detect(sources.get(file)))];
    let given = settings.into_iter().flat_map(|own| NAMES.into_iter().zip(own));
    let variables = given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let settings = Settings { arguments: Some(Vec::new()), variables, ..Settings::default() };
    eval::evaluate(&sources, &trees, file, &settings)
}

/// A chain that the evaluation finds.
struct Chain {
    /// Its name; `None` for pieces that nobody knows.
    name: Vec<Option<String>>,
    how_often: Often,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Often {
    Once,
    Perhaps,
    /// Any number of times, among the others that stand beside it.
    Many,
    /// Nobody knows when.
    Anywhere,
}

/// A value with these settings in it.
fn with_settings(value: &Value, settings: [&str; 2]) -> Vec<Option<String>> {
    let known = |piece: &Piece| match piece {
        Piece::Known(text) => Some(text.to_string()),
        Piece::Unknown(own) if own.id == 0 => {
            NAMES.iter().zip(settings).find(|(name, _)| **name == &*own.name).map(|(_, text)| text.to_owned())
        }
        Piece::Unknown(_) => None,
    };
    value.pieces().iter().map(known).collect()
}

fn text(value: &Value, settings: [&str; 2]) -> Option<String> {
    with_settings(value, settings).into_iter().collect()
}

/// What is known to hold of the conditions with these settings.
fn holds(conditions: &mut Conditions, settings: [&str; 2]) -> Formula {
    let mut all = Formula::TRUE;
    for number in 0.. {
        let Some(condition) = conditions.condition(Variable(number)) else { break };
        let answer = match &condition.question {
            Question::Literal(value, literal) => text(value, settings).map(|text| text == *literal),
            Question::Same(one, other) => {
                text(one, settings).zip(text(other, settings)).map(|(one, other)| one == other)
            }
            _ => None,
        };
        let own = conditions.formulas.variable(Variable(number));
        all = match answer {
            Some(true) => conditions.formulas.and(all, own),
            Some(false) => conditions.formulas.and_not(all, own),
            None => all,
        };
    }
    all
}

/// The chains of an evaluation, in order.
fn chains(evaluation: &mut Evaluation, settings: [&str; 2]) -> Vec<Chain> {
    let holds = holds(&mut evaluation.conditions, settings);
    let formulas = &mut evaluation.conditions.formulas;
    let mut chains = Vec::new();
    for step in &evaluation.steps {
        let Act::Run(invocation) = &step.act else { continue };
        if !formulas.compatible(holds, step.guard) {
            continue;
        }
        let certain = formulas.implies(holds, step.guard);
        let unsure = || invocation.arguments.iter().take(2).any(|word| word.splits);
        let (name, certain) = match invocation.arguments.as_slice() {
            [option, name, ..] if !unsure() && option.known() == Some("-A") => {
                (with_settings(&name.value, settings), certain)
            }
            [] | [_] if !unsure() => continue,
            _ => (vec![None], false),
        };
        chains.push(Chain { name, how_often: often(step, certain) });
    }
    chains
}

fn often(step: &Step, certain: bool) -> Often {
    match certain {
        _ if step.uncalled => Often::Anywhere,
        _ if step.many => Often::Many,
        true => Often::Once,
        false => Often::Perhaps,
    }
}

fn fits(name: &[Option<String>], text: &str) -> bool {
    match name {
        [] => text.is_empty(),
        [Some(known), rest @ ..] => text.strip_prefix(known.as_str()).is_some_and(|text| fits(rest, text)),
        [None, rest @ ..] => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| fits(rest, &text[at..]))
        }
    }
}

/// Whether a run that makes these chains is one of those that the evaluation allows.
fn is_possible(chains: &[Chain], made: &[String]) -> bool {
    let next = |chain: &Chain, at: usize| made.get(at).filter(|name| fits(&chain.name, name)).map(|_| at + 1);
    let closed = |mut reached: BTreeSet<usize>, group: &[&Chain]| {
        let mut pending: Vec<usize> = reached.iter().copied().collect();
        while let Some(at) = pending.pop() {
            for behind in group.iter().filter_map(|chain| next(chain, at)) {
                if reached.insert(behind) {
                    pending.push(behind);
                }
            }
        }
        reached
    };
    let anywhere: Vec<&Chain> = chains.iter().filter(|chain| chain.how_often == Often::Anywhere).collect();
    let mut reached = closed(BTreeSet::from([0]), &anywhere);
    for group in chains.chunk_by(|one, other| one.how_often == Often::Many && other.how_often == Often::Many) {
        reached = match group {
            [Chain { how_often: Often::Anywhere, .. }] => continue,
            [one @ Chain { how_often: Often::Once, .. }] => reached.iter().filter_map(|at| next(one, *at)).collect(),
            [one @ Chain { how_often: Often::Perhaps, .. }] => {
                let taken: Vec<usize> = reached.iter().filter_map(|at| next(one, *at)).collect();
                reached.into_iter().chain(taken).collect()
            }
            many => closed(reached, &many.iter().collect::<Vec<_>>()),
        };
        reached = closed(reached, &anywhere);
    }
    reached.contains(&made.len())
}

fn said(chains: &[Chain]) -> Vec<String> {
    let sign = |often| match often {
        Often::Once => "",
        Often::Perhaps => "? ",
        Often::Many => "* ",
        Often::Anywhere => "@ ",
    };
    let name = |chain: &Chain| chain.name.iter().map(|own| own.as_deref().unwrap_or("${..}")).collect::<String>();
    chains.iter().map(|chain| format!("{}{}", sign(chain.how_often), name(chain))).collect()
}

fn compared(chains: &[Chain], made: &[String]) -> String {
    format!("  bash: {made:?}\n  here: {:?}", said(chains))
}

/// What the evaluation gets wrong of a script, and whether it knows all of it.
fn wrong(evaluation: &mut Evaluation, settings: [&str; 2], made: &[String]) -> (Option<String>, bool) {
    let chains = chains(evaluation, settings);
    let is_known = |chain: &Chain| chain.how_often == Often::Once && !chain.name.contains(&None);
    let certain = chains.iter().all(|chain| is_known(chain) || chain.how_often == Often::Anywhere);
    let right = is_possible(&chains, made);
    ((!right).then(|| compared(&chains, made)), certain)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}

/// Each script has a seed of its own, so that one can be tried again.
fn scripts(sort: Sort, share: u64) -> impl Iterator<Item = (u64, String)> {
    let count = number("IPTLINT_SCRIPTS").unwrap_or(SCRIPTS) / share;
    let first = number("IPTLINT_SEED").unwrap_or(SEED);
    (first..first + count).map(move |seed| (seed, script(sort, &mut Dice(seed))))
}

#[test]
fn what_scripts_say_is_known_as_bash_does_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (seed, script) in scripts(Sort::Known, 1) {
        let made = made(&script, ["", ""], directory.path());
        let mut evaluation = evaluated(&script, None);
        let (wrong, certain) = wrong(&mut evaluation, ["", ""], &made);
        let open = || compared(&chains(&mut evaluation, ["", ""]), &made);
        let told = wrong.or_else(|| (!certain).then(open));
        all.extend(told.map(|told| format!("seed {seed}:\n{script}{told}")));
    }
    assert!(all.is_empty(), "{}\n{} are wrong", all.join("\n\n"), all.len());
}

#[test]
fn what_bash_does_is_among_what_is_possible() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    let (mut known, mut count) = (0, 0);
    for (seed, script) in scripts(Sort::Any, SETTINGS.len() as u64) {
        let mut open = evaluated(&script, None);
        for settings in SETTINGS {
            let made = made(&script, settings, directory.path());
            let mut told = Vec::new();
            for (given, evaluation) in [("not told", &mut open), ("told", &mut evaluated(&script, Some(settings)))] {
                let (wrong, certain) = wrong(evaluation, settings, &made);
                told.extend(wrong.map(|wrong| format!("{script}  {given} {settings:?}\n{wrong}")));
                (known, count) = (known + usize::from(certain), count + 1);
            }
            if !told.is_empty() {
                all.push(format!("seed {seed}:\n{}", told.join("\n\n")));
                break;
            }
        }
    }
    assert!(all.is_empty(), "{}\n{} are wrong", all.join("\n\n"), all.len());
    assert!(known > count / 5, "only {known} of {count} are known");
}
