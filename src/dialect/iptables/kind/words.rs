//! Words out of a fixed list.

use super::{Case, number};
use crate::model::Argument;

/// TCP flags in the order of their bits.
pub(super) const TCP_FLAGS: [&str; 6] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

/// DiffServ classes with their code points.
const DSCP_CLASSES: [(&str, u64); 22] = [
    ("CS0", 0x00),
    ("CS1", 0x08),
    ("CS2", 0x10),
    ("CS3", 0x18),
    ("CS4", 0x20),
    ("CS5", 0x28),
    ("CS6", 0x30),
    ("CS7", 0x38),
    ("BE", 0x00),
    ("AF11", 0x0A),
    ("AF12", 0x0C),
    ("AF13", 0x0E),
    ("AF21", 0x12),
    ("AF22", 0x14),
    ("AF23", 0x16),
    ("AF31", 0x1A),
    ("AF32", 0x1C),
    ("AF33", 0x1E),
    ("AF41", 0x22),
    ("AF42", 0x24),
    ("AF43", 0x26),
    ("EF", 0x2E),
];

/// How the words of a set may be spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Letter by letter.
    Exact,
    /// In any case.
    Folded,
    /// In any case, and the beginning suffices.
    Beginning,
}

impl Spelling {
    fn fits(self, name: &str, item: &str) -> bool {
        match self {
            Self::Exact => name == item,
            Self::Beginning if !item.is_empty() => {
                name.get(..item.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(item))
            }
            Self::Folded | Self::Beginning => name.eq_ignore_ascii_case(item),
        }
    }
}

pub(super) fn set(word: &str, all: &[&str], spelling: Spelling) -> Result<Argument, String> {
    let mut found = vec![false; all.len()];
    for item in word.split(',') {
        let at = all.iter().position(|name| spelling.fits(name, item));
        let wrong = || match item {
            "" => format!("the list `{word}` has an empty part"),
            _ => format!("`{item}` is none of {}", all.join(", ")),
        };
        let at = at.ok_or_else(wrong)?;
        if let Some(slot) = found.get_mut(at) {
            *slot = true;
        }
    }
    let chosen: Vec<String> =
        all.iter().zip(found).filter(|(_, found)| *found).map(|(name, _)| (*name).to_owned()).collect();
    Ok(Argument::Set { among: None, chosen: drop_none(chosen) })
}

/// A set of which empty parts count for nothing.
pub(super) fn loose_set(word: &str, all: &[&str]) -> Result<Argument, String> {
    let items: Vec<&str> = word.split(',').filter(|item| !item.is_empty()).collect();
    set(&items.join(","), all, Spelling::Folded)
}

/// A set whose words may be parted by bars as well, and which may be empty.
pub(super) fn barred_set(word: &str, all: &[&str]) -> Result<Argument, String> {
    let items: Vec<&str> = word.split([',', '|']).filter(|item| !item.is_empty()).collect();
    match items.is_empty() {
        true => Ok(Argument::Set { among: None, chosen: Vec::new() }),
        false => set(&items.join(","), all, Spelling::Exact),
    }
}

/// `NONE` says nothing beside other words (conntrack status).
fn drop_none(mut chosen: Vec<String>) -> Vec<String> {
    if chosen.len() > 1 {
        chosen.retain(|word| word != "NONE");
    }
    chosen
}

pub(super) fn tcp_flags(among: &str, chosen: &str) -> Result<Argument, String> {
    Ok(Argument::Set { among: Some(flags(among)?), chosen: flags(chosen)? })
}

pub(super) fn fixed_flags(among: &[&str], chosen: &[&str]) -> Argument {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Argument::Set { among: Some(owned(among)), chosen: owned(chosen) }
}

fn flags(word: &str) -> Result<Vec<String>, String> {
    let mut found = [false; TCP_FLAGS.len()];
    for item in word.split(',').filter(|item| !item.is_empty()) {
        match (item.to_uppercase().as_str(), TCP_FLAGS.iter().position(|flag| flag.eq_ignore_ascii_case(item))) {
            ("ALL", _) => found.fill(true),
            ("NONE", _) => {}
            (_, Some(at)) => found.iter_mut().skip(at).take(1).for_each(|slot| *slot = true),
            _ => return Err(format!("`{item}` is no TCP flag; there are {}, ALL and NONE", TCP_FLAGS.join(", "))),
        }
    }
    Ok(TCP_FLAGS.iter().zip(found).filter(|(_, found)| *found).map(|(flag, _)| (*flag).to_owned()).collect())
}

pub(super) fn write(among: Option<&[String]>, chosen: &[String]) -> String {
    let Some(among) = among else { return chosen.join(",") };
    let list = |words: &[String]| if words.is_empty() { "NONE".to_owned() } else { words.join(",") };
    format!("{} {}", list(among), list(chosen))
}

pub(super) fn choice(word: &str, choices: &[(&str, &str)], case: Case) -> Result<Argument, String> {
    let lower = word.to_lowercase();
    let fits = |name: &str| match case {
        Case::Exact => name == word,
        Case::Folded => name.eq_ignore_ascii_case(word),
        Case::FoldedPrefix => name.to_lowercase().starts_with(&lower),
    };
    // Where numbers are among the words, they may be written in any base.
    let same = |name: &str| number(word).is_some_and(|value| number(name) == Some(value));
    let found = choices.iter().find(|(name, _)| fits(name) || same(name));
    found.map(|(_, canonical)| Argument::Text((*canonical).to_owned())).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("`{word}` is none of {}", names.join(", "))
    })
}

/// The longest name of a set.
const LONGEST_SET: usize = 31;

/// The most fields of a packet that a set can be asked for.
const MOST_DIRECTIONS: usize = 6;

/// A set's name and the fields of the packet that are looked up in it.
pub(super) fn set_of_packets(name: &str, directions: &str) -> Result<Argument, String> {
    if name.len() > LONGEST_SET {
        return Err(format!("the name of the set is longer than {LONGEST_SET} bytes"));
    }
    let mut canonical = Vec::new();
    for item in directions.split(',') {
        let side = ["src", "dst"].into_iter().find(|side| item.starts_with(side));
        canonical.push(side.ok_or_else(|| format!("`{item}` is neither `src` nor `dst`"))?);
    }
    if canonical.len() > MOST_DIRECTIONS {
        return Err(format!("a set is asked for at most {MOST_DIRECTIONS} of `src` and `dst`"));
    }
    Ok(Argument::Text(format!("{name} {}", canonical.join(","))))
}

pub(super) fn dscp_class(word: &str) -> Result<Argument, String> {
    let found = begun_class(word).map(|(_, value)| Argument::Number(value));
    found.ok_or_else(|| format!("`{word}` is no DiffServ class"))
}

/// What iptables makes of a word that only begins like a class.
pub(super) fn doubt_class(word: &str) -> Option<String> {
    let (name, _) = begun_class(word).filter(|(name, _)| name.len() < word.len())?;
    Some(format!("iptables takes `{word}` for the DiffServ class {name}"))
}

/// The class whose name the word begins with; iptables does not look at what follows.
fn begun_class(word: &str) -> Option<(&'static str, u64)> {
    let begins = |name: &str| word.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    DSCP_CLASSES.iter().find(|(name, _)| begins(name)).copied()
}
