//! The way of forwarded packets, and where in a script it is laid and removed.

use super::{migrated, run};

#[test]
fn forwarded_packets_meet_all_three_chains() {
    // Where one of the chains alone has something to say, its rules stand in FORWARD itself.
    assert_eq!(
        migrated("ipchains -P input DENY\nipchains -A input -s 10.0.0.1 -j ACCEPT\n"),
        "iptables -P INPUT DROP\niptables -P FORWARD DROP\niptables -A INPUT -s 10.0.0.1 -j ACCEPT\niptables -A FORWARD -s 10.0.0.1 -j ACCEPT\n"
    );
    // A policy alone is enough.
    assert_eq!(migrated("ipchains -P input DENY\n"), "iptables -P INPUT DROP\niptables -P FORWARD DROP\n");
    // No forwarded packet comes from the loopback device.
    assert_eq!(
        migrated("ipchains -P input DENY\nipchains -A input -i lo -j ACCEPT\n"),
        "iptables -P INPUT DROP\niptables -P FORWARD DROP\niptables -A INPUT -i lo -j ACCEPT\n"
    );
    let text = migrated(
        "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -P forward DENY\nipchains -A forward -i eth1 -j ACCEPT\n",
    );
    assert_eq!(
        text,
        "# Forwarded packets meet the rules of input, forward and output in turn.\n\
         for chain in fwd-input fwd-forward to-forward; do iptables -N $chain; done\n\
         iptables -A FORWARD -j fwd-input\niptables -A FORWARD -j to-forward\n\
         iptables -A to-forward -j fwd-forward\niptables -A to-forward -j ACCEPT\n\
         iptables -A INPUT -s 10.0.0.1 -j DROP\niptables -A fwd-input -s 10.0.0.1 -j DROP\n\
         iptables -P FORWARD DROP\niptables -R to-forward 2 -j DROP\n\
         iptables -A fwd-forward -o eth1 -j ACCEPT\n"
    );
}

/// Rules that keep everything out while the others are made are gone when forwarded packets come to these.
#[test]
fn what_only_bars_the_way_for_a_while_needs_no_stage() {
    let text = migrated(
        "ipchains -I input 1 -i ! lo -j DENY\nipchains -I output 1 -i ! lo -j DENY\nipchains -A input -s 10.0.0.9 -j DENY\n\
         ipchains -A forward -s 10.0.0.1 -j REJECT\nipchains -D input 1\nipchains -D output 1\n",
    );
    let of_output: Vec<&str> =
        text.lines().filter(|line| line.contains("put") && !line.contains("fwd-input")).collect();
    assert_eq!(of_output, ["# Forwarded packets meet the rules of input, forward and output in turn."], "{text}");
    assert!(text.contains("iptables -I OUTPUT 1 ! -o lo -j DROP\n") && text.contains("iptables -D OUTPUT 1\n"));
}

#[test]
fn an_arm_that_stops_the_firewall_leaves_nothing_of_the_way() {
    let text = migrated(
        "case $1 in\nstart)\n  ipchains -F\n  ipchains -A input -s 10.0.0.1 -j DENY\n  ipchains -A forward -s 10.0.0.2 -j DENY\n  ;;\nstop)\n  ipchains -F\n  ;;\nesac\n",
    );
    let stop = &text[text.find("stop)").unwrap()..];
    assert_eq!(
        stop,
        "stop)\n  iptables -F\n  for chain in fwd-input fwd-forward; do iptables -X $chain 2>/dev/null || :; done\n  ;;\nesac\n"
    );
    assert!(text.contains("iptables -N $chain 2>/dev/null || :; iptables -F $chain; done"), "{text}");
}

#[test]
fn chains_of_the_way_go_wherever_a_run_may_end_without_rules() {
    let rules = "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -A forward -s 10.0.0.2 -j DENY\n";
    let gone = "for chain in fwd-input fwd-forward; do iptables -X $chain 2>/dev/null || :; done\n";
    let always = migrated(&format!("ipchains -F\n{rules}"));
    assert!(!always.contains(" -X "), "{always}");
    // The rules may be left out, and what comes before them stop the script.
    for script in [
        format!("ipchains -F\nif [ -f /etc/on ]; then\n{rules}fi\n"),
        format!("ipchains -F\n[ -f /etc/on ] || exit 0\n{rules}"),
        format!("stop() {{\nipchains -F\n}}\nstart() {{\nstop\n{rules}}}\ncase $1 in\nstart|stop) $1 ;;\nesac\n"),
    ] {
        let text = migrated(&script);
        assert!(text.contains(&format!("iptables -F\n{gone}")), "{text}");
    }
    let marked = migrated(
        "ipchains -F\n[ -f /etc/on ] || exit 0\nfor net in $NETS; do\nipchains -A input -s $net -m +3\ndone\n",
    );
    assert!(marked.contains("iptables -t mangle -X $chain 2>/dev/null || :; done\n"), "{marked}");
}

#[test]
fn functions_for_other_scripts_lay_the_way_of_forwarded_packets() {
    let start = "ipchains -F\nipchains -P input DENY\nipchains -P forward DENY\nipchains -A input -i eth1 -j ACCEPT\nipchains -A forward -s 10.0.0.0/8 -j ACCEPT\n";
    let called = migrated(&format!("start() {{\n{start}}}\nstart\n"));
    assert!(called.contains("-A fwd-input -i eth1 -j fwd-forward\n"), "{called}");
    let text = |called: &str| called.replace("\nstart\n", "\n");
    assert_eq!(text(&migrated(&format!("start() {{\n{start}}}\n"))), text(&called));
}

#[test]
fn runs_that_go_on_behind_the_way_of_another_one_find_it_laid() {
    let (text, _) = run("NO=DENY\n. /etc/fw.conf\nstop() {\n  ipchains -F\n  ipchains -P forward $NO\n}\n\
         start() {\n  ipchains -P input ACCEPT\n  ipchains -A forward -s 10.0.0.0/8 -j MASQ\n}\n\
         case $1 in stop) stop ;; restart) stop; start ;; esac\n");
    let stop: Vec<&str> =
        text.lines().skip_while(|line| !line.contains("stop()")).take_while(|line| *line != "}").collect();
    let policies: Vec<&str> = stop.iter().rev().take(2).map(|line| line.trim()).collect();
    assert_eq!(
        policies,
        [
            "iptables -R FORWARD 3 -j $(iptables_target forward-policy \"$NO\")",
            "iptables -P FORWARD $(iptables_target policy \"$NO\")",
        ]
    );
}

#[test]
fn rules_for_helpers_go_where_a_script_stops() {
    let start = "start)\nipchains -F\nipchains -A forward -s 10.0.0.1 -j MASQ\nmodprobe ip_masq_ftp ports=2121\n;;\n";
    let stop = |begin: &str, more: &str| {
        let text = migrated(&format!("{begin}case $1 in\n{start}stop)\nipchains -F\n{more};;\nesac\n"));
        text[text.find("stop)").unwrap()..].to_owned()
    };
    let gone = |port: u16| {
        format!("iptables -t raw -D PREROUTING -p tcp --dport {port} -j CT --helper ftp 2>/dev/null || :\n")
    };
    assert!(stop("", "").contains(&gone(2121)));
    // What every run loads lasts, and what is unloaded goes then.
    assert!(!stop("modprobe ip_masq_irc\n", "").contains("-t raw"));
    let unloaded = stop("", "rmmod ip_masq_ftp\n");
    assert!(unloaded.contains(&format!("{}rmmod nf_nat_ftp\n", gone(2121))), "{unloaded}");
}

/// What a chain only counts or logs has no say, and still meets the packets that are passed on.
#[test]
fn forwarded_packets_are_counted_and_logged() {
    let text = migrated("ipchains -A input -s 10.0.0.1\n");
    assert_eq!(text, "iptables -A INPUT -s 10.0.0.1\niptables -A FORWARD -s 10.0.0.1\n");
    let text = migrated("ipchains -N acct\nipchains -A acct -d 10.0.0.1\nipchains -A output -i eth0 -j acct\n");
    assert!(text.contains("iptables -A FORWARD -o eth0 -j acct\n"), "{text}");
    let text = migrated("ipchains -A input -p tcp -y -l\nipchains -A output -p udp -l\n");
    assert!(
        text.contains("iptables -A fwd-input -p tcp ") && text.contains("iptables -A fwd-output -p udp "),
        "{text}"
    );
    // Where nothing is passed on, nothing needs to be counted for that.
    let text = migrated("ipchains -A input -s 10.0.0.1\nipchains -P forward DENY\n");
    assert_eq!(text, "iptables -A INPUT -s 10.0.0.1\niptables -P FORWARD DROP\n");
}

/// Runs that come by a flush and runs that do not go on at one place: what these have put on the way stays.
#[test]
fn the_way_is_laid_behind_a_flush_of_some_runs_only_where_it_is_gone() {
    let sign = "iptables -C FORWARD -j fwd-input";
    let text = migrated(
        "ipchains -A input -s 10.0.0.1 -j DENY\nipchains -A forward -i eth0 -s 192.168.1.0/24 -j MASQ\n\
         [ \"$1\" = stop ] && ipchains -F || ipchains -A input -s 10.0.0.2 -j REJECT\nipchains -A input -s 10.0.0.3 -j DENY\n",
    );
    let (_, behind) = text.split_once("-s 10.0.0.2").unwrap();
    assert!(text.contains(&format!("\n    if ! {sign} 2>/dev/null; then\n")), "{text}");
    assert!(behind.contains("\nforwarded_packets\n"), "{text}");
    // Where all of them begin there, nothing has to be asked.
    let text = migrated(
        "[ \"$1\" = new ] && ipchains -F\nipchains -A input -s 10.0.0.1 -j DENY\nipchains -A forward -i eth0 -j MASQ\n",
    );
    assert!(!text.contains(sign), "{text}");
}

/// What a function flushes it lays anew itself, though rules outside of it follow.
#[test]
fn the_way_stands_behind_a_flush_within_the_statement_that_comes_first() {
    let way = "iptables -A FORWARD -m conntrack --ctstate SNAT --ctdir REPLY -j ACCEPT\n";
    let text = migrated(
        "base() {\n  ipchains -F\n  ipchains -A forward -s 10.0.0.1 -j MASQ\n}\n\
         open() { ipchains -A forward -s 10.0.0.2 -j MASQ; }\nbase\nopen\n",
    );
    assert_eq!(text.matches(way).count(), 1, "{text}");
    assert!(text.find("  iptables -F\n") < text.find(way) && text.find(way) < text.find("-s 10.0.0.1"), "{text}");
    // Runs that do not come by the flush need it as well.
    let text = migrated(
        "if [ -f /etc/new ]; then\n  ipchains -F\n  ipchains -A forward -s 10.0.0.1 -j MASQ\nfi\n\
         ipchains -A forward -s 10.0.0.2 -j MASQ\n",
    );
    assert_eq!(text.matches(way).count(), 2, "{text}");
    assert!(text.find(way) < text.find("if [ -f"), "{text}");
    assert!(text.find("  iptables -F\n") < text.rfind(way) && text.rfind(way) < text.find("-s 10.0.0.1"), "{text}");
}

#[test]
fn chains_that_are_deleted_before_they_are_emptied_are_emptied_where_the_way_is_laid() {
    let rules =
        "ipchains -A input -s 10.0.0.1 -j ACCEPT\nipchains -P input DENY\nipchains -A output -d 10.0.0.2 -j DENY\n";
    let each = "for c in input forward output; do ipchains -F $c; done\nipchains -X\n";
    for script in [format!("{each}{rules}"), format!("[ -f /reload ] && ipchains -F\nipchains -X\n{rules}")] {
        let text = migrated(&script);
        assert!(text.contains("do iptables -N $chain 2>/dev/null || :; iptables -F $chain; done\n"), "{text}");
    }
    let text = migrated(&format!("ipchains -F\nipchains -X\n{rules}"));
    assert!(text.contains("do iptables -N $chain; done\n"), "{text}");
}

#[test]
fn a_function_lays_the_way_where_it_would_be_one_long_line() {
    let masquerades = "ipchains -A forward -s 10.0.0.0/8 -j MASQ";
    let text = migrated(&format!(
        "#!/bin/sh\ncase $1 in\nstart) ipchains -F; ipchains -P forward DENY; {masquerades} ;;\nstop) ipchains -F ;;\nesac\n"
    ));
    assert!(
        text.starts_with(
            "#!/bin/sh\n\n# forwarded_packets: lays the way of forwarded packets.\nforwarded_packets() {\n"
        )
    );
    assert!(text.contains("    iptables -A masquerade -p udp -j ACCEPT\n"), "{text}");
    assert!(
        text.contains("start) iptables -F; iptables -t nat -F; iptables -P FORWARD DROP; forwarded_packets; "),
        "{text}"
    );
    // Another shell knows no function of the script.
    assert!(!migrated(&format!("sh -c 'ipchains -F; {masquerades}'\n")).contains("forwarded_packets"));
}

#[test]
fn the_way_is_laid_above_the_comment_of_the_rules() {
    let flush = "#!/bin/sh\n# A firewall.\nipchains -F\n";
    let text = migrated(&format!("{flush}\n# The net inside.\n#\nipchains -A forward -s 10.0.0.0/8 -j MASQ\n"));
    assert!(text.contains("\niptables -t nat -F\n\niptables -N masquerade"), "{text}");
    let end = " -j MASQUERADE\n\n# The net inside.\n#\niptables -A FORWARD -s 10.0.0.0/8 -j masquerade\n";
    assert!(text.ends_with(end), "{text}");
    // What a script begins with is about all of it, and what stands in a text is no comment.
    for (before, behind) in [("#!/bin/sh\n# A firewall.\n", ""), ("X='\n# a'\n", "")] {
        let text = migrated(&format!("{before}ipchains -A forward -s 10.0.0.0/8 -j MASQ\n{behind}"));
        assert!(text.starts_with(&format!("{before}iptables -N masquerade\n")), "{text}");
    }
}
