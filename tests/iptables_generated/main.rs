//! Rules made from the declarations of the extensions and from those of a table, right and wrong ones, and what
//! the real programs of both variants make of them in a network namespace.

// A skipped test says why.
#![allow(clippy::print_stderr)]

mod bytecode;
mod declared;
#[path = "../random/dice.rs"]
mod dice;
mod help;
mod mixed;
mod mutated;
mod programs;

use iptlint::diag::{Diagnostic, Severity, Variant};
use iptlint::dialect::iptables::extension::{Extension, Role};
use iptlint::dialect::iptables::extensions::EXTENSIONS;
use iptlint::dialect::iptables::{Context, extensions, parse};
use iptlint::model::{self, Action, Address, Argument, Family, Known, Match, OptionUse, Target, Test, Word};
use iptlint::print::iptables::{Style, append};
use iptlint::text::{FileId, Place, Span};

use programs::{Answer, Answers, ask};

/// Extensions that usual kernels are without, and why: of their rules only what the program itself refuses is known.
const ABSENT: [(&str, &str); 5] = [
    ("ipvs", "needs a module that usual kernels are built without"),
    ("CLUSTERIP", "was removed from the kernel"),
    ("ULOG", "was removed from the kernel"),
    ("LED", "needs a module that usual kernels are built without"),
    ("SECMARK", "needs SELinux"),
];

/// Disagreements that are known: part of the rule, and the reason.
const KNOWN: &[(&str, &str)] = &[
    ("-m cgroup --path", "the kernel looks for the control group"),
    ("-m cgroup ! --path", "the kernel looks for the control group"),
    ("--object-pinned", "iptables opens the program"),
    (" --timeout some-text", "the kernel looks for the timeout, which nfct(8) makes"),
];

/// How many rules and programs are made of each family, and the seed; `IPTLINT_RULES` and `IPTLINT_SEED` are others.
const MUTATED: usize = 1000;
const MIXED: usize = 1000;
const PROGRAMS: usize = 200;
const SEED: u64 = 20_240_229;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    table: &'static str,
    chain: &'static str,
    words: Vec<String>,
}

/// What we say of a rule: for each variant its canonical text or that it is refused, and why.
struct Ours {
    nft: Answer,
    legacy: Answer,
    why: String,
    /// Whether it names what only the host knows: a chain, a host, a user.
    names: bool,
}

impl Ours {
    /// Whether we say that other versions than 1.8.9, which is asked here, take the rule, or hosts with other names
    /// and devices.
    fn hangs_on_the_host(&self) -> bool {
        let said = ["iptables 1.8.9 ", "iptables before 1.8.11 ", " of its own", "whether there is such an interface"];
        self.names || said.iter().any(|part| self.why.contains(part))
    }
}

/// Whether the rule names what is not looked up: a chain, a host, a user, a realm, a group.
fn has_names(rule: &model::Rule, family: Family) -> bool {
    let chain = |target: &Target| {
        let known = |name| extensions::find(name, Role::Target, family).is_some() || VERDICTS.contains(&name);
        target.name.known().is_some_and(|name| !known(name))
    };
    let named = |option: &OptionUse| match &option.argument {
        Some(Argument::Network(Address::Name(..))) => true,
        Some(Argument::Text(text)) => {
            NAMING.contains(&option.name.as_str()) && text.contains(|c: char| !c.is_ascii_digit())
        }
        _ => false,
    };
    let test = |one: &Match| match &one.test {
        Test::Source(Known::Is(Address::Name(..))) | Test::Destination(Known::Is(Address::Name(..))) => true,
        Test::Module(module) => module.options.iter().any(named),
        _ => false,
    };
    rule.target.as_ref().is_some_and(|target| chain(target) || target.options.iter().any(named))
        || rule.matches.iter().any(test)
}

/// Options that take the names of users, realms and groups of devices.
const NAMING: [&str; 5] = ["--uid-owner", "--gid-owner", "--realm", "--src-group", "--dst-group"];

/// Targets that are no extensions.
const VERDICTS: [&str; 4] = ["ACCEPT", "DROP", "RETURN", "QUEUE"];

fn ours(rule: &Rule, family: Family) -> Ours {
    let line = ["-t", rule.table, "-A", rule.chain].map(str::to_owned);
    let word = |(at, word): (usize, &String)| {
        Word::new(word.clone(), Place::new(FileId(0), Span::new(at * 100, at * 100 + 1)))
    };
    let words: Vec<Word> = line.iter().chain(&rule.words).enumerate().map(word).collect();
    let parsed = parse(&words, Place::default(), Context::command_line(family));
    let why = parsed.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    let refuses = |variant: Variant| {
        let counts = |problem: &Diagnostic| problem.only.is_none_or(|only| only == variant);
        parsed.problems.iter().any(|problem| problem.severity == Severity::Error && counts(problem))
    };
    let (by_nft, by_legacy) = (refuses(Variant::Nft), refuses(Variant::Legacy));
    let text = |variant: Variant| match parsed.command.as_ref().map(|command| &command.action) {
        Some(Action::Append { rules, .. }) => {
            let style = Style { family, variant: Some(variant) };
            Some(
                rules
                    .iter()
                    .map(|one| append(rule.chain, one, style).trim_end().to_owned())
                    .collect::<Vec<_>>()
                    .join("\n"),
            )
        }
        // A program that only says how it is used takes everything.
        _ => Some(String::new()),
    };
    let (nft, legacy) = (text(Variant::Nft).filter(|_| !by_nft), text(Variant::Legacy).filter(|_| !by_legacy));
    let names = match parsed.command.as_ref().map(|command| &command.action) {
        Some(Action::Append { rules, .. }) => rules.iter().any(|one| has_names(one, family)),
        _ => false,
    };
    Ours { nft, legacy, why, names }
}

/// How many rules of the declarations a chain holds before it is read and flushed: each of them is one line.
const BATCH: usize = 60;

#[test]
fn generated_rules_agree_with_both_variants() {
    let real = match ask(declared::rules, BATCH) {
        Ok(real) => real,
        Err(why) => return skip(why),
    };
    assert!(real.len() >= 3000, "only {} rules", real.len());
    let mut met = vec![false; KNOWN.len()];
    let wrong = disagreements(&real, &mut met);
    let idle = KNOWN.iter().zip(met).filter(|(_, met)| !met).map(|((part, _), _)| *part).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), real.len(), wrong.join("\n"));
    assert!(idle.is_empty(), "these disagreements are gone: {idle:?}");
}

#[test]
fn every_option_that_the_programs_name_is_declared() {
    let families = |extension: &'static Extension| extension.families.iter().map(move |family| (extension, *family));
    let mut asked = 0;
    let mut missing = Vec::new();
    for (extension, family) in EXTENSIONS.iter().flat_map(|extension| families(extension)) {
        let Some(named) = help::named(extension, family) else { continue };
        asked += named.len();
        let unknown = named.iter().filter(|option| extension.option(option).is_none());
        missing.extend(unknown.map(|option| format!("{} {option}", extension.name)));
    }
    if asked == 0 {
        return skip("the programs say nothing of their extensions");
    }
    assert!(asked > 300, "only {asked} options are named");
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn mutated_rules_agree_with_both_variants() {
    agree(mutated::rules, MUTATED);
}

#[test]
fn mixed_rules_agree_with_both_variants() {
    agree(mixed::rules, MIXED);
}

#[test]
fn bytecode_agrees_with_both_variants() {
    agree(bytecode::rules, PROGRAMS);
}

/// Asks for so many random rules of each family.
fn agree(rules: fn(Family, u64, usize) -> Vec<Rule>, count: usize) {
    let number = |name| std::env::var(name).ok().and_then(|number: String| number.parse().ok());
    let seed = number("IPTLINT_SEED").unwrap_or(SEED);
    let count = number("IPTLINT_RULES").map_or(count, |count| count as usize);
    let real = match ask(|family| rules(family, seed, count), 1) {
        Ok(real) => real,
        Err(why) => return skip(why),
    };
    assert!(real.len() >= count, "only {} rules", real.len());
    let taken = real.values().filter(|said| said.iter().any(|(_, said)| said.is_taken())).count();
    assert!(taken * 8 > real.len(), "only {taken} of {} rules are taken", real.len());
    let wrong = disagreements(&real, &mut vec![false; KNOWN.len()]);
    assert!(wrong.is_empty(), "seed {seed}: {} of {} differ:\n{}", wrong.len(), real.len(), wrong.join("\n"));
}

/// What the programs and we do not agree on; `met` are the known disagreements that came up.
fn disagreements(real: &Answers, met: &mut [bool]) -> Vec<String> {
    let mut wrong = Vec::new();
    for ((v6, rule), said) in real {
        let family = if *v6 { Family::V6 } else { Family::V4 };
        let own = ours(rule, family);
        let by = |variant: &str| {
            let said = said.iter().find(|(own, _)| *own == variant);
            said.map(|(_, said)| said.clone()).unwrap_or_default()
        };
        let (nft, legacy) = (by("nft"), by("legacy"));
        let line = format!("{} {} {}", rule.table, rule.chain, rule.words.join(" "));
        if nft.is(&own.nft, rule) && legacy.is(&own.legacy, rule) || own.hangs_on_the_host() {
            continue;
        }
        match KNOWN.iter().position(|(part, _)| line.contains(part)) {
            Some(at) => met.iter_mut().skip(at).take(1).for_each(|met| *met = true),
            None => wrong.push(format!(
                "{family:?} {line}\n  ours {:?} / {:?} {}\n  real {nft:?} / {legacy:?}",
                own.nft, own.legacy, own.why
            )),
        }
    }
    wrong
}

/// Skips a test, or fails where skipping is forbidden.
fn skip(why: &str) {
    eprintln!("skipped: {why}");
    assert!(std::env::var_os("IPTLINT_REQUIRE_KERNEL").is_none(), "skipping is forbidden: {why}");
}
