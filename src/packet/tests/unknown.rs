//! What is not known: only where all ways end alike is the fate known.

use super::super::{Decision, Path, Verdict};
use super::{fate, filter, gateway, syn};

fn inward() -> super::Packet {
    syn(Path::Received, "192.0.2.4:1025", "203.0.113.9:80")
}

#[test]
fn a_limit_matters_only_where_it_changes_the_end() {
    let limited = "iptables -A INPUT -m limit --limit 1/s -j ACCEPT\n";
    assert_eq!(fate(limited, &inward()), "accept INPUT");
    let dropped = format!("{limited}iptables -P INPUT DROP\n");
    assert!(fate(&dropped, &inward()).starts_with("depends: `-m limit"));
    assert_eq!(
        fate(&format!("iptables -A INPUT -p udp -m limit -j ACCEPT\n{dropped}"), &inward()),
        fate(&dropped, &inward())
    );
}

#[test]
fn the_same_unknown_is_the_same_everywhere() {
    let owner = "iptables -A OUTPUT -m owner --uid-owner 0 -j ACCEPT\n\
                 iptables -A OUTPUT -m owner ! --uid-owner 0 -j ACCEPT\niptables -P OUTPUT DROP\n";
    let sent = syn(Path::Sent, "203.0.113.9:1025", "198.51.100.7:25");
    assert_eq!(fate(owner, &sent), "accept OUTPUT");
    let host = "iptables -A INPUT -s $HOST -j DROP\niptables -A INPUT ! -s $HOST -j DROP\n";
    assert_eq!(fate(host, &inward()), "deny INPUT");
    let twice = "iptables -A INPUT -m limit -j DROP\niptables -A INPUT -m limit -j ACCEPT\niptables -A INPUT -j DROP\n";
    assert!(fate(twice, &inward()).starts_with("depends"), "two limits are two");
}

#[test]
fn both_arms_of_a_condition_may_say_the_same() {
    let arms = "if [ -f /etc/x ]; then ipchains -P input DENY; else ipchains -P input REJECT; fi\n";
    assert!(fate(arms, &inward()).starts_with("depends: whether it is there"));
    let same = "if [ -f /etc/x ]; then ipchains -A input -j DENY; else ipchains -A input -p tcp -j DENY; fi\n";
    assert_eq!(fate(same, &inward()), "deny INPUT");
}

#[test]
fn possible_outcomes_are_named() {
    let script = "iptables -A INPUT -j $TARGET\n";
    assert!(fate(script, &inward()).starts_with("depends: `${TARGET}` is only known at run time"));
    let script = "iptables -A INPUT -m string --algo bm --string x -j REJECT\n";
    let decision = filter(script).pass(&inward(), &gateway(), None);
    let Decision::Depends { outcomes, .. } = decision else { panic!("{decision:?}") };
    let verdicts: Vec<&str> = outcomes.iter().map(|outcome| Verdict::name(outcome.verdict)).collect();
    assert_eq!(verdicts, ["accept", "reject"]);
}

#[test]
fn many_unknowns_end_in_not_decided() {
    let rule = |at: usize| format!("iptables -A INPUT -m limit -j MARK --set-xmark {at}/{at}\n");
    let script: String = (0..40).map(|at| rule(1 << (at % 2))).collect();
    assert!(fate(&script, &inward()).starts_with("depends"));
}

/// Each of these rules may apply, so that there are many ways and two ends.
#[test]
fn asked_briefly_two_ways_show_that_a_fate_is_not_known() {
    let rules: String =
        (0..40).map(|at| format!("iptables -A INPUT -s $H{at} -p tcp\niptables -A INPUT -s $H{at} -j c\n")).collect();
    let script = |end: &str| {
        format!("iptables -N c\niptables -A c -s $X -j MARK --set-mark 1\n{rules}iptables -A INPUT -j {end}\n")
    };
    let decision = |end: &str| filter(&script(end)).brief().pass(&inward(), &gateway(), None);
    let Decision::Depends { outcomes, reasons } = decision("ACCEPT") else { panic!("the mark is not known") };
    assert_eq!((outcomes.len(), reasons.len()), (2, 41));
    // That both end alike proves nothing.
    let between = "iptables -A INPUT -s $A -j DROP\niptables -A INPUT -s $B -j ACCEPT\niptables -A INPUT -j DROP\n";
    let decision = filter(between).brief().pass(&inward(), &gateway(), None);
    assert!(matches!(decision, Decision::Depends { .. }), "{decision:?}");
}

#[test]
fn chains_without_end_stop() {
    let double = |at: usize| format!("ipchains -A c{at} -j c{next}\nipchains -A c{at} -j c{next}\n", next = at + 1);
    let chains: String = (0..=40).map(|at| format!("ipchains -N c{at}\n")).collect();
    let script = format!("{chains}{}ipchains -A input -j c0\n", (0..40).map(double).collect::<String>());
    assert!(fate(&script, &inward()).starts_with("depends: the way through"));
}
