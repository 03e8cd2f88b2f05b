//! Packets that two firewalls treat otherwise are among those that are looked at, and few others are.

use super::super::sets::{Classes, Connections, Firewall, Names, Space, bits, fields_of, suspects};
use super::super::{Filter, Packet, Path};
use super::dice::Dice;
use super::sets::{holds, random_iptables, random_packet, single};
use crate::analysis;
use crate::eval::Settings;
use crate::logic::Formula;
use crate::model::Ruleset;
use crate::text::{FileId, Source, Sources};

type Prepared = (Ruleset, Filter, Names);

fn prepared(script: &str) -> Prepared {
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

fn looked_at(sides: [&Prepared; 2]) -> (Space, Vec<Formula>) {
    let mut space = Space::new(Classes::of(&sides.map(|(_, filter, _)| filter)), 4_000_000);
    let sides = sides.map(|(ruleset, filter, names)| Firewall { ruleset, filter, names });
    let nat = sides.iter().any(|side| side.ruleset.table("nat").is_some());
    let connections = if nat { Connections::Any } else { Connections::Plain };
    let sets = suspects(&mut space, sides, connections);
    (space, sets)
}

/// Whether a packet is looked at where only one side has the last line.
fn is_looked_at(lines: &str, packet: &Packet) -> bool {
    let (rest, _) = lines.rsplit_once('\n').expect("lines");
    let (space, sets) = looked_at([&prepared(lines), &prepared(rest)]);
    let host = super::gateway();
    let fields = fields_of(&space, packet, &host);
    sets.iter().any(|set| holds(&space, *set, &fields, &host))
}

#[test]
fn a_destination_may_be_another_when_it_is_asked_for() {
    let packet = super::syn(Path::Received, "198.51.100.9:1025", "192.0.2.1:80");
    let closed = "iptables -A INPUT -p tcp --dport 3128 -j DROP";
    let redirected = format!("iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128\n{closed}");
    assert!(is_looked_at(&redirected, &packet));
    let other = format!("iptables -t nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 3128\n{closed}");
    assert!(!is_looked_at(&other, &packet));
    // Answers to translated connections go to somebody else than they say, whatever port that is.
    let (rest, _) = other.rsplit_once('\n').expect("lines");
    let (mut space, sets) = looked_at([&prepared(&other), &prepared(rest)]);
    let fields = space.fields.clone();
    let port = bits::is(&mut space.f, &fields.destination_port, 80);
    let known = [1, 0].map(|state| {
        let own = bits::is(&mut space.f, &fields.state, state);
        let own = space.f.and(own, port);
        sets.iter().any(|set| space.f.compatible(*set, own))
    });
    assert_eq!(known, [true, false]);
}

#[test]
fn a_state_may_be_another_when_it_is_asked_for() {
    let packet = super::syn(Path::Received, "198.51.100.9:1025", "192.0.2.1:80");
    let closed = "iptables -A INPUT -m conntrack --ctstate UNTRACKED -j DROP";
    assert!(is_looked_at(&format!("iptables -t raw -A PREROUTING -p tcp -j NOTRACK\n{closed}"), &packet));
    assert!(!is_looked_at(&format!("iptables -t raw -A PREROUTING -p udp -j NOTRACK\n{closed}"), &packet));
    // Before connection tracking no packet has the state that it gets.
    let early = "iptables -P INPUT ACCEPT\niptables -t raw -A PREROUTING -m conntrack --ctstate INVALID -j DROP";
    assert!(is_looked_at(early, &packet));
}

#[test]
fn marks_and_missing_devices_are_no_reason_to_pass_over_a_packet() {
    let sent = super::syn(Path::Sent, "192.0.2.1:1025", "198.51.100.9:80");
    let marked = "iptables -t mangle -A OUTPUT -j MARK --set-mark 1\niptables -A OUTPUT -m mark --mark 1 -j DROP";
    assert!(is_looked_at(marked, &sent));
    // In a chain of OUTPUT there is no arrival device, so it is certainly another.
    let other = "iptables -N own\niptables -A OUTPUT -j own\niptables -A own ! -i eth0 -j DROP";
    assert!(is_looked_at(other, &sent));
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
        let (space, sets) = looked_at([&a, &b]);
        for _ in 0..60 {
            let packet = random_packet(&mut dice);
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
