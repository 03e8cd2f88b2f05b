//! Rules by their number, and what is deleted.

use super::{closed, migrated, run};

#[test]
fn rule_numbers_count_the_new_rules() {
    assert_eq!(
        closed(
            "ipchains -A input -s 10.0.0.1 -l -j DENY\nipchains -A input -s 10.0.0.2 -j DENY\nipchains -D input 2\nipchains -R input 1 -s 10.0.0.3 -j DENY\n"
        ),
        "iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"\niptables -A INPUT -s 10.0.0.1 -j DROP\niptables -A INPUT -s 10.0.0.2 -j DROP\niptables -D INPUT 3\niptables -D INPUT 1\niptables -D INPUT 1\niptables -I INPUT 1 -s 10.0.0.3 -j DROP\n"
    );
    assert_eq!(
        closed("ipchains -I input -s 10.0.0.1 -l -j DENY\n"),
        "iptables -I INPUT 1 -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"\niptables -I INPUT 2 -s 10.0.0.1 -j DROP\n"
    );
}

/// What one run deletes is there for another one.
#[test]
fn numbers_that_differ_from_run_to_run_are_not_counted_one_after_another() {
    let rules = "ipchains -A output -p tcp -i ppp0 -j DENY\nipchains -A output -s 10.0.0.1 -i lo -j DENY\n\
                 ipchains -A output -p udp -j REJECT\n";
    let script = format!(
        "case $1 in\n0) n=1 ;;\n*) n=3 ;;\nesac\nipchains -P forward REJECT\n{rules}ipchains -D output $n\n\
                          ipchains -A forward -s 10.0.1.0/24 -j ACCEPT\n"
    );
    let (text, items) = run(&script);
    assert!(items.iter().any(|item| item.person) || text.contains("from_ipchains -D output $n\n"), "{text}");
    assert!(!text.contains("-D fwd-output 1"), "{text}");
}

#[test]
fn numbers_that_are_not_known_stay_where_they_mean_the_same() {
    let rules = "n=`wc -l < /etc/n`\nipchains -A input -s 10.0.0.1 -j DENY\n";
    assert_eq!(
        closed(&format!(
            "{rules}ipchains -I input \"$n\" -s 10.0.0.2 -j DENY\nipchains -R input $(($n + 1)) -j DENY\n"
        )),
        "n=`wc -l < /etc/n`\niptables -A INPUT -s 10.0.0.1 -j DROP\niptables -I INPUT \"$n\" -s 10.0.0.2 -j DROP\n\
         iptables -R INPUT $(($n + 1)) -j DROP\n"
    );
    // A rule for the log is a number more.
    for script in ["-A input -l -j DENY\nipchains -R input $n -j DENY\n", "-I input \"$n\" -l -j DENY\n"] {
        let (text, items) = run(&format!("ipchains -P forward DENY\n{rules}ipchains {script}"));
        assert!(items.iter().all(|item| !item.person), "{items:?}");
        assert!(text.contains("\nfrom_ipchains -") && text.contains("    found() { "), "{text}");
    }
    // Other tables do not have every rule.
    let marks = "ipchains -A input -s 10.0.0.1 -m 1 -j DENY\nipchains -R input $n -j DENY\n";
    let (text, items) = run(&format!("ipchains -P forward DENY\n{rules}{marks}"));
    assert!(items.iter().any(|item| item.person && item.message.contains("number")), "{items:?}");
    assert!(text.contains("# iptmigrate: NOT MIGRATED: which rule has this number"), "{text}");
}

#[test]
fn a_deleted_rule_goes_from_all_tables() {
    let text = migrated(
        "ipchains -P forward DENY\nipchains -A forward -i eth0 -t 01 10 -j ACCEPT\n\
         ipchains -I forward -s 10.0.0.0/8 -j ACCEPT\nipchains -D forward -s 10.0.0.0/8 -j ACCEPT\n",
    );
    let mangle = |option: &str| text.lines().filter(|line| line.contains(&format!("mangle -{option} FORWARD"))).count();
    assert_eq!((mangle("I"), mangle("D")), (1, 1), "{text}");
}

/// iptables removes all chains or none, and those of the way hold rules.
#[test]
fn removing_all_chains_spares_those_of_the_way() {
    let script = "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -A forward -s 10.0.0.2 -j DENY\n";
    let text = migrated(&format!(
        "{script}ipchains -N user\nipchains -N other\nipchains -A user -t 01 10\nipchains -A output -j user\nipchains -X\n"
    ));
    let removed: Vec<&str> = text.lines().filter(|line| line.contains(" -X")).collect();
    assert_eq!(
        removed,
        [
            "for chain in other user; do iptables -X $chain 2>/dev/null || :; done",
            "iptables -t mangle -X user 2>/dev/null || :"
        ]
    );
    assert!(!migrated(&format!("{script}ipchains -X\n")).contains("-X"));
    assert!(migrated(&format!("ipchains -X\n{script}")).starts_with("iptables -X\n"));
}
