//! Rules of a table, changed at random: other bases and cases of letters, names cut short, words joined, repeated,
//! left out, exchanged and taken from other rules.

use iptlint::model::Family;

use crate::Rule;
use crate::dice::Dice;

/// Rules with what iptables made of them; here only the rules count.
const TABLE: &str = include_str!("../data/iptables-rules.txt");

/// What ends the program, or hangs on something outside of the rule.
const AVOIDED: [&str; 18] = [
    "-h",
    "-t",
    "--table",
    "--help",
    "-V",
    "--version",
    "-w",
    "-W",
    "--wait",
    "--modprobe",
    "-M",
    "RATEEST",
    "--rateest",
    "IDLETIMER",
    "nosuchuser",
    "--object-pinned",
    "--path",
    "CLUSTERIP",
];

pub(crate) fn rules(family: Family, seed: u64, count: usize) -> Vec<Rule> {
    let all: Vec<Rule> = TABLE.lines().filter_map(|line| read(line, family)).collect();
    let mut dice = Dice(seed);
    let mut rules: Vec<Rule> = (0..count).map(|_| mutated(&all, &mut dice)).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// The rule of a line, where it is one of the family and can be asked for.
fn read(line: &'static str, family: Family) -> Option<Rule> {
    let [place, rule, _] = line.split(" ; ").collect::<Vec<_>>().try_into().ok()?;
    let six = place.strip_prefix("v6 ");
    let (table, chain) = six.unwrap_or(place).split_once(' ')?;
    let words: Vec<String> = rule.split(' ').map(str::to_owned).collect();
    let right = six.is_some() == (family == Family::V6) && !line.starts_with('#') && !rule.contains(['"', '\'', '\\']);
    let plain = |word: &String| !AVOIDED.iter().any(|avoided| word.starts_with(avoided));
    (right && words.iter().all(plain)).then_some(Rule { table, chain, words })
}

fn mutated(all: &[Rule], dice: &mut Dice) -> Rule {
    let mut rule = all[dice.roll(all.len())].clone();
    if dice.one_in(3) {
        let other = &all[dice.roll(all.len())];
        let at = dice.roll(rule.words.len() + 1);
        rule.words.splice(at..at, other.words.iter().cloned());
    }
    for _ in 0..1 + dice.roll(2) {
        let at = dice.roll(rule.words.len());
        if !is_name(&rule.words, at) {
            change(&mut rule.words, at, dice);
        }
    }
    rule
}

/// Whether the word names a chain or an extension, and may be the name of one that only the host knows.
fn is_name(words: &[String], at: usize) -> bool {
    let names =
        |word: &String| ["-j", "-g", "-m", "--jump", "--goto", "--match"].iter().any(|option| word.starts_with(option));
    let bundled = |word: &String| !word.starts_with("--") && word.starts_with('-') && word.ends_with(['j', 'g', 'm']);
    names(&words[at]) || at > 0 && (names(&words[at - 1]) || bundled(&words[at - 1]))
}

fn change(words: &mut Vec<String>, at: usize, dice: &mut Dice) {
    let word = words[at].clone();
    match dice.roll(10) {
        0 => drop(words.remove(at)),
        1 => words.insert(at, word),
        2 => words.insert(at, "!".to_owned()),
        3 if at > 0 => words.swap(at, at - 1),
        4 if word.starts_with("--") => words[at] = cut_short(&word, dice),
        5 if word.starts_with("--") && at + 1 < words.len() => {
            let argument = words.remove(at + 1);
            words[at] = format!("{word}={argument}");
        }
        6 if !word.starts_with("-v") => words[at] = word.to_uppercase(),
        7 => words[at] = word.to_lowercase(),
        _ => words[at] = other_number(&word, dice),
    }
    if words.is_empty() {
        words.push("-f".to_owned());
    }
}

fn cut_short(word: &str, dice: &mut Dice) -> String {
    let end = 3 + dice.roll(word.len().saturating_sub(3).max(1));
    word.chars().take(end).collect()
}

/// The word with the first number in it written in another way, or another number.
fn other_number(word: &str, dice: &mut Dice) -> String {
    let Some(start) = word.find(|c: char| c.is_ascii_digit()) else { return format!("{word},") };
    let digits = word[start..].bytes().take_while(u8::is_ascii_digit).count();
    let (before, rest) = word.split_at(start);
    let (number, behind) = rest.split_at(digits);
    let value: u64 = number.parse().unwrap_or(7);
    // An address of which a part is written so may be the name of a host.
    let address = word.contains('.');
    let other = match dice.roll(8) {
        0..=4 if address => (value + 200).to_string(),
        0 => format!("{value:#x}"),
        1 => format!("0{value:o}"),
        2 => format!("+{value}"),
        3 => format!("-{value}"),
        4 => format!(" {value}"),
        5 => (value + 1).to_string(),
        6 => u64::from(u32::MAX).wrapping_add(value).to_string(),
        _ => String::new(),
    };
    format!("{before}{other}{behind}")
}
