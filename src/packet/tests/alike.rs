//! Packets that two firewalls treat otherwise are among those that are looked at, and few others are.

use super::super::sets::{Classes, Connections, Firewall, Names, Space, fields_of, suspects};
use super::super::{Filter, State};
use super::dice::Dice;
use super::sets::{holds, random_iptables, random_packet, single};
use crate::analysis;
use crate::eval::Settings;
use crate::logic::Formula;
use crate::model::Ruleset;
use crate::text::{FileId, Source, Sources};

fn prepared(script: &str) -> (Ruleset, Filter, Names) {
    let mut sources = Sources::default();
    let source = Source::new("fw.sh", script.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let ruleset = analysis.rulesets.first().expect("rules").clone();
    let filter = Filter::new(&ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE);
    let names = Names::of(&filter, &analysis.evaluation.conditions);
    (ruleset, filter, names)
}

/// Leaves out a rule, repeats one elsewhere, or changes the policy.
fn edited(script: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = script.lines().map(str::to_owned).collect();
    // The first three make the chains.
    let at = 3 + dice.roll(lines.len() - 3);
    match dice.roll(8) {
        0 => lines.push("iptables -P FORWARD DROP".to_owned()),
        1..4 => {
            let line = lines[at].clone();
            lines.insert(3 + dice.roll(lines.len() - 3), line);
        }
        _ => {
            lines.remove(at);
        }
    }
    lines.join("\n")
}

#[test]
fn what_differs_is_looked_at() {
    let (mut dice, host) = (Dice(11), super::gateway());
    let (mut differing, mut passed_over) = (0, 0);
    for _ in 0..250 {
        let script = random_iptables(&mut dice);
        let other = edited(&script, &mut dice);
        let (a, b) = (prepared(&script), prepared(&other));
        let mut space = Space::new(Classes::of(&[&a.1, &b.1]), 4_000_000);
        let sides = [&a, &b].map(|(ruleset, filter, names)| Firewall { ruleset, filter, names });
        let nat = sides.iter().any(|side| side.ruleset.table("nat").is_some());
        let connections = if nat { Connections::Any } else { Connections::Plain };
        let sets = suspects(&mut space, sides, connections);
        for _ in 0..60 {
            let mut packet = random_packet(&mut dice);
            if dice.roll(5) == 0 {
                packet.connection.state = State::Established;
            }
            let fields = fields_of(&space, &packet, &host);
            let looked_at = sets.iter().any(|set| holds(&space, *set, &fields, &host));
            let fates = [&a, &b].map(|(_, filter, _)| single(&filter.pass(&packet, &host, None)));
            let [Some(one), Some(two)] = fates else { continue };
            differing += usize::from(one != two);
            passed_over += usize::from(!looked_at);
            assert!(looked_at || one == two, "{packet:?}\n{one}\n{two}\n{script}\n--\n{other}");
        }
    }
    assert!(differing > 200 && passed_over > 5000, "{differing} {passed_over}");
}
