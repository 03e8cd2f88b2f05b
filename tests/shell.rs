//! What scripts do, as the evaluation knows it and as bash does it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Stdio};

use iptlint::eval::{self, Act, Settings};
use iptlint::logic::Formula;
use iptlint::syntax::{detect, parse};
use iptlint::text::{FileId, Source, Sources};

/// Small scripts with `--` between them, in bash. Each makes chains by what it finds in its variables, those that do
/// not say so `c$x` in the end. A `?` before a script stands for an answer that may be unknown.
const SCRIPTS: &str = include_str!("data/shell.txt");

/// Writes down the chains that `iptables -N` is told to make, and nothing else.
const PROGRAM: &str = "iptables() { [ \"$1\" = -N ] && printf '%s\\n' \"$2\" >&9; return 0; }\nexec 9>&1 >/dev/null\n";

/// A chain that the evaluation finds: its name, where that is known, and whether every run makes it just once.
struct Chain {
    name: Option<String>,
    certain: bool,
}

#[test]
fn the_evaluation_knows_what_bash_does() {
    let mut wrong = Vec::new();
    for script in SCRIPTS.trim_end().split("\n--\n") {
        let (open, script) = script.strip_prefix("? ").map_or((false, script), |script| (true, script));
        let script = match script.contains("iptables") {
            true => script.to_owned(),
            false => format!("{script}\niptables -N \"c$x\""),
        };
        let (made, found) = (run(&script), evaluated(&script));
        let right = match open {
            false => found.iter().all(|chain| chain.certain) && names(&found) == made,
            true => is_right_as_far_as_it_goes(&made, &found),
        };
        if !right {
            wrong.push(format!("{script}\n  bash: {made:?}\n  here: {:?}", names(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn names(found: &[Chain]) -> Vec<String> {
    found.iter().map(|chain| chain.name.clone().unwrap_or("?".to_owned())).collect()
}

/// What is certain is so, and what is so is at least possible.
fn is_right_as_far_as_it_goes(made: &[String], found: &[Chain]) -> bool {
    let may_be_any = found.iter().any(|chain| chain.name.is_none());
    let holds = |chain: &Chain| !chain.certain || chain.name.as_ref().is_none_or(|name| made.contains(name));
    let possible = |name: &String| may_be_any || found.iter().any(|chain| chain.name.as_ref() == Some(name));
    found.iter().all(holds) && made.iter().all(possible)
}

/// The chains that bash makes, in order.
fn run(script: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("bash")
        .args(["-c", &format!("{PROGRAM}{script}\n")])
        .current_dir(&directory)
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn evaluated(script: &str) -> Vec<Chain> {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("f", format!("#!/bin/bash\n{script}\n").into_bytes()));
    let trees = vec![parse(sources.get(file), FileId(0), detect(sources.get(file)))];
    let evaluation = eval::evaluate(&sources, &trees, file, &Settings::default());
    let mut chains = Vec::new();
    for step in evaluation.steps.iter().filter(|step| !step.guard.is_false()) {
        let Act::Run(invocation) = &step.act else { continue };
        match invocation.arguments.as_slice() {
            [option, name, ..] if option.known() == Some("-N") => chains.push(Chain {
                name: name.known().map(str::to_owned),
                certain: step.guard == Formula::TRUE && !step.many && !step.uncalled,
            }),
            // Nobody knows what these words are.
            arguments if arguments.iter().any(|word| word.known().is_none()) => {
                chains.push(Chain { name: None, certain: false });
            }
            _ => {}
        }
    }
    chains
}
