//! The names of devices, as far as rules tell them apart.
//!
//! Each class is one name that stands for all those that no rule treats otherwise.

use std::collections::{BTreeSet, HashSet};

use super::super::Filter;
use super::super::check::Check;

/// Names that stand for all, and the patterns that tell them apart.
pub(crate) struct Classes(Vec<String>, Vec<(String, bool)>);

/// The longest name of a device (`IFNAMSIZ` less the end).
const LONGEST: usize = 15;

impl Classes {
    /// The classes that the rules of all programs tell apart.
    pub(crate) fn of(filters: &[&Filter]) -> Self {
        let programs = filters.iter().map(|filter| filter.program());
        let mut patterns: BTreeSet<(String, bool)> = BTreeSet::from([("lo".to_owned(), false)]);
        for rule in programs.flat_map(|program| &program.chains).flat_map(|chain| &chain.rules) {
            for condition in &rule.conditions {
                let (Check::Arrival { name, prefix } | Check::Departure { name, prefix }) = &condition.check else {
                    continue;
                };
                patterns.insert((name.to_string(), *prefix));
            }
        }
        let patterns: Vec<(String, bool)> = patterns.into_iter().collect();
        let fits = |name: &str| -> Vec<bool> { patterns.iter().map(|pattern| matches(name, pattern)).collect() };
        let (mut names, mut told_apart): (Vec<String>, HashSet<Vec<bool>>) = Default::default();
        let exact = patterns.iter().filter(|(_, prefix)| !prefix).map(|(name, _)| name.clone());
        let beginning = patterns.iter().filter(|(_, prefix)| *prefix).map(|(name, _)| name.as_str());
        let others = beginning.chain(["other"]).flat_map(|beginning| {
            // The beginning itself is a name, and so is one that goes on, unless that is a longer pattern's.
            let longer = |end: &str| format!("{beginning}{end}");
            let own: Vec<String> = ENDINGS.iter().map(|end| longer(end)).chain([beginning.to_owned()]).collect();
            let first = own.iter().find(|name| {
                let fitting = patterns.iter().filter(|pattern| matches(name, pattern));
                fitting.clone().all(|(pattern, prefix)| *prefix && beginning.starts_with(pattern.as_str()))
            });
            first.cloned()
        });
        for name in exact.chain(others).filter(|name| is_possible(name)) {
            if told_apart.insert(fits(&name)) {
                names.push(name);
            }
        }
        Self(names, patterns)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// So many bits tell them apart.
    pub(crate) fn width(&self) -> usize {
        (usize::BITS - (self.0.len() - 1).leading_zeros()) as usize
    }

    /// The number of the class that is this name.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.0.iter().position(|known| known == name).map(|at| at as u32)
    }

    /// The name that stands for a class.
    pub(crate) fn name(&self, class: u32) -> &str {
        self.0.get(class as usize).map_or("", String::as_str)
    }

    /// Whether rules name the device, or the beginning of its name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.1.iter().any(|pattern| !pattern.0.is_empty() && matches(name, pattern))
    }

    /// The class of a name.
    pub(crate) fn like(&self, name: &str) -> Option<u32> {
        let fits = |name: &str| -> Vec<bool> { self.1.iter().map(|pattern| matches(name, pattern)).collect() };
        self.0.iter().position(|known| fits(known) == fits(name)).map(|at| at as u32)
    }

    /// From the first class whose name fits a pattern to the last; upside down where there is none.
    pub(crate) fn span(&self, name: &str, prefix: bool) -> (u32, u32) {
        let fits = |known: &String| if prefix { known.starts_with(name) } else { known == name };
        let (first, last) = (self.0.iter().position(fits), self.0.iter().rposition(fits));
        first.zip(last).map_or((1, 0), |(first, last)| (first as u32, last as u32))
    }

    /// The classes whose names fit a pattern.
    pub(crate) fn fitting(&self, name: &str, prefix: bool) -> impl Iterator<Item = u32> {
        let pattern = (name.to_owned(), prefix);
        let fits: Vec<bool> = self.0.iter().map(|name| matches(name, &pattern)).collect();
        fits.into_iter().enumerate().filter(|(_, fits)| *fits).map(|(at, _)| at as u32)
    }
}

/// What may make another name out of a beginning.
const ENDINGS: [&str; 14] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "x", "y", "zz", "qq"];

fn matches(name: &str, (pattern, prefix): &(String, bool)) -> bool {
    if *prefix { name.starts_with(pattern.as_str()) } else { name == pattern }
}

/// `dev_valid_name`, and no alias, which rules never see. Nobody can name a device like an option either:
/// such names come from options that are joined with their arguments.
fn is_possible(name: &str) -> bool {
    let odd = |letter: char| letter.is_whitespace() || matches!(letter, '/' | ':') || letter.is_control();
    !name.is_empty()
        && !name.starts_with('-')
        && name.len() <= LONGEST
        && !name.contains(odd)
        && name != "."
        && name != ".."
}
