//! Which rules a rule without effect is said to owe that to.

use crate::analysis;
use crate::eval::Settings;
use crate::logic::Formula;
use crate::packet::{Gate, Why, idle};
use crate::text::{FileId, Place, Source, Sources};

/// The rules without effect of a file, each with the line of its command.
fn idle_of(name: &str, text: &str) -> Vec<(usize, Why, Vec<usize>)> {
    let mut sources = Sources::default();
    let source = Source::new(name, text.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let gate = Gate::new(&analysis.rulesets[0], &mut analysis.evaluation.conditions, Formula::TRUE);
    let all = idle(&gate, true);
    let number = |place: &Place| sources.get(FileId(0)).line(place.span.start);
    let lines = |why: &Why| match why {
        Why::Covered { by, .. } | Why::Repeated { by } | Why::Unasked { by } => by.iter().map(number).collect(),
        Why::Impossible => Vec::new(),
    };
    all.into_iter().map(|own| (number(&own.place), own.why.clone(), lines(&own.why))).collect()
}

/// The lines of the rules of a save file that no packet comes to.
pub(super) fn idle_lines(text: &str) -> Vec<usize> {
    let idle = idle_of("fw.rules", text);
    idle.into_iter().filter(|(_, why, _)| !matches!(why, Why::Repeated { .. })).map(|(line, ..)| line).collect()
}

/// For each rule of INPUT without effect its number, those of the rules that decide its packets, and whether
/// they do the opposite.
fn covered(rules: &[&str]) -> Vec<(usize, Vec<usize>, bool)> {
    let script: String = rules.iter().map(|rule| format!("iptables -A INPUT {rule}\n")).collect();
    let covered = idle_of("fw.sh", &script).into_iter().filter_map(|(line, why, by)| match why {
        Why::Covered { opposite, .. } => Some((line, by, opposite)),
        _ => None,
    });
    covered.collect()
}

#[test]
fn one_rule_that_covers_all_is_enough() {
    let rules = ["-s 192.0.2.7 -j DROP", "-p tcp -m multiport --dports 22,80 -j ACCEPT", "-p tcp --dport 80 -j DROP"];
    assert_eq!(covered(&rules), [(3, vec![2], true)]);
}

#[test]
fn rules_that_take_nothing_from_the_cover_are_not_named() {
    let rules = [
        "-s 10.0.0.0/8 -j ACCEPT",
        "-p udp -j ACCEPT",
        "-s 192.0.2.0/25 -j ACCEPT",
        "-i eth0 -s 192.0.2.128/25 -j ACCEPT",
        "-s 192.0.2.128/25 -j ACCEPT",
        "-s 192.0.2.0/24 -j DROP",
    ];
    assert_eq!(covered(&rules), [(6, vec![3, 5], true)]);
}

#[test]
fn a_mixed_cover_is_not_the_opposite() {
    let rules = ["-s 10.0.0.0/9 -j DROP", "-s 10.128.0.0/9 -j ACCEPT", "-s 10.0.0.0/8 -j DROP"];
    assert_eq!(covered(&rules), [(3, vec![1, 2], false)]);
}

#[test]
fn ports_do_not_cover_later_fragments() {
    let rules = ["-p tcp --dport :1023 -j DROP", "-p tcp --dport 1024: -j ACCEPT", "-p tcp -j DROP"];
    assert_eq!(covered(&rules), []);
}

#[test]
fn dead_rules_cover_nothing() {
    let rules = ["-p tcp -j DROP", "-p tcp --dport 22 -j ACCEPT", "-p tcp --dport 22 -s 192.0.2.7 -j ACCEPT"];
    assert_eq!(covered(&rules), [(2, vec![1], true), (3, vec![1], true)]);
}
