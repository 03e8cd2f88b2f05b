//! Copies that say the same are one.

use std::collections::BTreeMap;

use super::super::layout::OwnChains;
use super::{Lines, for_each_device, without};

/// What stands for a chain's own name in its rules.
const ITSELF: &str = "-A * ";

impl Lines {
    /// Gives one of two copies that have the same rules to those who jump to the other; whether there were two.
    pub(super) fn share(&mut self, own: &OwnChains) -> bool {
        let groups = self.alike(own);
        let pairs = groups.iter().flat_map(|group| group.iter().skip(1).map(move |other| (&group[0], other)));
        let found = pairs.into_iter().find(|(kept, gone)| self.stand_together(kept, gone));
        let Some((kept, gone)) = found.map(|(kept, gone)| (kept.0.clone(), gone.clone())) else { return false };
        let (chain, rules) = gone;
        let mentions = self.mentions(&chain);
        for at in mentions.jumps {
            self.0[at] = self.0[at].replacen(&format!(" -j {chain}"), &format!(" -j {kept}"), 1);
        }
        for at in mentions.made.into_iter().chain(mentions.zeroed) {
            self.0[at] = without(&self.0[at], &chain, self.1);
        }
        rules.into_iter().for_each(|at| self.0[at].clear());
        *self = Self::of(&self.0.concat(), self.1);
        true
    }

    /// The copies with the same rules, each with the lines of these; the one with the shortest name comes first.
    fn alike(&self, own: &OwnChains) -> Vec<Vec<(String, Vec<usize>)>> {
        let mut rules: BTreeMap<&str, (Vec<String>, Vec<usize>)> = BTreeMap::new();
        for (at, line) in self.0.iter().enumerate() {
            let Some((_, rest)) = line.split_once(" -A ") else { continue };
            let Some(chain) = rest.split(' ').next().filter(|chain| own.copies.contains(*chain)) else { continue };
            let known = rules.entry(chain).or_default();
            known.0.push(line.replacen(&format!("-A {chain} "), ITSELF, 1));
            known.1.push(at);
        }
        let mut groups: BTreeMap<Vec<String>, Vec<(String, Vec<usize>)>> = BTreeMap::new();
        for (chain, (texts, lines)) in rules {
            groups.entry(texts).or_default().push((chain.to_owned(), lines));
        }
        let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.iter_mut().for_each(|group| group.sort_by_key(|(chain, _)| (chain.len(), chain.clone())));
        groups
    }

    /// Whether the rules of two chains are made in the same runs: nothing but rules stands between two that are alike,
    /// and nothing else is done with either chain.
    fn stand_together(&self, one: &(String, Vec<usize>), other: &(String, Vec<usize>)) -> bool {
        let plain = |(chain, rules): &(String, Vec<usize>)| {
            let mentions = self.mentions(chain);
            !mentions.others && !mentions.made.is_empty() && mentions.rules == *rules
        };
        let command = |at: usize| for_each_device(&self.0[at]).unwrap_or(self.0[at].trim());
        let program = |at: usize| command(at).split(" -").next().unwrap_or_default();
        let together = |(one, other): (&usize, &usize)| {
            let (first, last) = (*one.min(other), *one.max(other));
            (first..=last).all(|at| program(at) == program(first) && !program(at).is_empty())
        };
        plain(one) && plain(other) && one.1.iter().zip(&other.1).all(together)
    }
}
