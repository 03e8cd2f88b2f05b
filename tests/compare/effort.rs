//! Questions that are answered with little work, and what is next to them, which is not equal.

use super::within;
use iptlint::packet::Kernel;
use iptlint::verify::Proof;

/// So many nodes have to do; asked clumsily, most of these questions take many times as many.
const FEW: usize = 1_000_000;

#[track_caller]
fn equal(left: &str, right: &str) {
    let proof = within(left, right, Kernel::V2_2, FEW);
    assert!(matches!(proof, Proof::Equal { .. }), "{proof:?}");
}

#[track_caller]
fn not_equal(left: &str, right: &str) {
    assert_ne!(left, right);
    let proof = within(left, right, Kernel::V2_2, FEW);
    assert!(!matches!(proof, Proof::Equal { .. }), "{right}");
}

#[test]
fn masquerading_of_what_scattered_rules_let_through() {
    let networks: Vec<String> =
        (0..4_u32).map(|own| format!("10.{}.{}.0/24", own * 37 % 251, own * 91 % 253)).collect();
    let all = |rule: &str| networks.iter().map(|own| rule.replace("NET", own)).collect::<String>();
    let masquerading =
        all("iptables -t nat -A POSTROUTING -o ppp0 -s NET -p tcp -j MASQUERADE --to-ports 61000-65095\n");
    let mapped = masquerading.clone() + "iptables -A FORWARD -p tcp --dport 25 -j DROP\n";
    let sorted: String = mapped.lines().rev().map(|line| format!("{line}\n")).collect();
    equal(&mapped, &sorted);
    not_equal(&mapped, &sorted.replacen("10.37.91.0/24", "10.37.91.0/25", 1));
    not_equal(&mapped, &sorted.replacen("61000-65095", "61000-65094", 1));
    not_equal(&mapped, &sorted.replacen("ppp0", "ppp1", 1));
}

#[test]
fn a_host_that_is_only_known_at_run_time() {
    let forward = |host: &str| {
        format!(
            "iptables -P FORWARD DROP\niptables -t nat -A PREROUTING -i ppp0 -p tcp --dport 80 -j DNAT --to {host}\n\
            iptables -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT\n\
            iptables -t nat -A POSTROUTING -o ppp0 -s 10.0.0.0/8 -j MASQUERADE\n"
        )
    };
    equal(&forward("$WEB"), &forward("$WEB"));
    not_equal(&forward("$WEB"), &forward("$OTHER"));
    not_equal(&forward("$WEB"), &forward("$WEB").replace("--dport 80", "--dport 81"));
    not_equal(&forward("$WEB"), &forward("$WEB").replace("--ctstate DNAT", "--ctstate SNAT"));
}

#[test]
fn rules_of_other_runs_are_not_followed() {
    let arms = |old: &str, new: &str| format!("if [ \"$major\" = 2.2 ]; then\n{old}else\n{new}fi\n");
    let old = "ipchains -P forward DENY\nipchains -A input -p tcp -s $NS 53 -d $LOCAL -j DENY\n";
    let moved = "iptables -P FORWARD DROP\niptables -A INPUT -p tcp -s $NS --sport 53 -d $LOCAL -j DROP\n";
    let newer = "iptables -t nat -A PREROUTING -i eth0 -d 192.168.7.1 -p udp --dport 53 -j DNAT --to $NS\n\
        iptables -t nat -A PREROUTING -i eth0 -d 192.168.7.1 -p tcp --dport 53 -j DNAT --to $NS\n\
        iptables -t nat -A POSTROUTING -o ppp0 -s 192.168.7.0/24 -j MASQUERADE\n";
    let (original, migrated) = (arms(old, newer), arms(moved, newer));
    equal(&original, &migrated);
    not_equal(&original, &arms(newer, moved));
    for (from, to) in [("--sport 53 ", ""), ("-p udp", "-p tcp"), ("$NS\n", "$LOCAL\n"), ("2.2", "2.0")] {
        not_equal(&original, &migrated.replacen(from, to, 1));
    }
}
