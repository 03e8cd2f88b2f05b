//! Loops over what is not known: the same rules in the same rounds are the same, and nothing else is.

use super::{compare, different, equal, not_decided};
use iptlint::eval::MASQUERADED_FROM;
use iptlint::verify::{Kind, Proof};

const OLD: &str = "ipchains -P forward DENY\nfor port in $PORTS; do\n  \
    ipchains -A input -p tcp -d 0/0 $port -l -j DENY\ndone\n";
const NEW: &str = "iptables -P FORWARD DROP\nfor port in $PORTS; do\n  \
    iptables -A INPUT -p tcp --dport $port -j LOG\n  iptables -A INPUT -p tcp --dport $port -j DROP\ndone\n";

#[test]
fn rules_of_the_same_rounds_are_the_same() {
    equal(OLD, NEW);
    let guarded = |text: &str| text.replace("; do\n", "; do [ \"$port\" = 111 ] && continue\n");
    equal(&guarded(OLD), &guarded(NEW));
    assert!(not_decided(&guarded(OLD), NEW).contains("${port}"));
}

#[test]
fn what_differs_in_the_rounds_is_seen() {
    for (from, to) in [
        ("in $PORTS", "in $OTHERS"),
        ("-p tcp --dport", "-p udp --dport"),
        ("-j DROP", "-j DROP -i eth0"),
        ("--dport $port -j DROP", "! --dport $port -j DROP"),
        ("done", "done; iptables -A INPUT -p tcp --dport 80 -j ACCEPT"),
    ] {
        let other = NEW.replace(from, to);
        if to.contains("ACCEPT") {
            // It accepts what is accepted anyway.
            equal(OLD, &other);
        } else {
            assert!(!matches!(compare(OLD, &other), Proof::Equal { .. }), "{to}");
        }
    }
    let accepting = NEW.replace("for port", "iptables -A INPUT -p tcp --dport 80 -j ACCEPT\nfor port");
    assert!(not_decided(OLD, &accepting).contains("${port}"));
    assert_eq!(different(OLD, &format!("{NEW}iptables -P INPUT DROP\n"))[0].0, Kind::Passing);
}

/// What is on standard input has no name, so that two loops over it may go over different things.
#[test]
fn loops_over_standard_input_are_not_compared() {
    for (from, to) in [("for port in $PORTS", "while read port"), ("for port in $PORTS", "until [ -e x ]")] {
        let read = |text: &str| text.replace("$port", "\"$port\"").replace(from, to);
        not_decided(&read(OLD), &read(NEW));
        not_decided(&read(NEW), &read(NEW));
        let within = |text: &str| format!("{to}; do {text}done\n");
        not_decided(&within(NEW), &within(NEW));
    }
}

/// A file, or what a command writes, has a name.
#[test]
fn loops_over_lines_of_one_source_are_compared() {
    let quoted = |text: &str| text.replace("--dport $port", "--dport \"$port\"").replace("0/0 $port", "0/0 \"$port\"");
    let piped = |text: &str, writer: &str| {
        quoted(text).replace("for port in $PORTS", &format!("{writer} | while read -r proto port"))
    };
    let redirected = |text: &str, file: &str| {
        quoted(text)
            .replace("for port in $PORTS", "while read proto port")
            .replace("done\n", &format!("done < {file}\n"))
    };
    equal(&piped(OLD, "cat \"$LIST\""), &piped(NEW, "cat \"$LIST\""));
    equal(&redirected(OLD, "list"), &redirected(NEW, "list"));
    for (left, right) in [
        (piped(OLD, "cat list"), piped(NEW, "cat other")),
        (piped(OLD, "cat $LIST"), piped(NEW, "cat $OTHER")),
        (redirected(OLD, "list"), redirected(NEW, "other")),
        (redirected(OLD, "list"), piped(NEW, "cat list")),
        (redirected(OLD, "list"), redirected(NEW, "list").replace("proto port", "port proto")),
        (piped(OLD, "cat a | sort"), piped(NEW, "cat b | sort")),
    ] {
        not_decided(&left, &right);
    }
    for body in ["read proto", "[ -e stop ] && exit"] {
        let script = redirected(NEW, "list").replace("; do\n", &format!("; do {body}\n"));
        not_decided(&script, &script);
    }
}

/// Which rounds there are hangs on what ends the loop, and on nothing else.
#[test]
fn loops_that_end_early_are_compared_with_those_that_end_alike() {
    let ended = |text: &str, end: &str| text.replace("done\n", &format!("{end}\ndone\n"));
    let begun = |text: &str, end: &str| text.replace("; do\n", &format!("; do {end}\n"));
    for end in
        ["break", "[ -e stop ] && break", "[ $port = 80 ] && break", "for p in a b; do [ $p = $port ] && break 2; done"]
    {
        equal(&ended(OLD, end), &ended(NEW, end));
        not_decided(&ended(OLD, end), NEW);
        not_decided(&ended(OLD, end), &begun(NEW, end));
    }
    equal(&begun(OLD, "[ $port = 80 ] && break"), &begun(NEW, "[ $port = 80 ] && break"));
    not_decided(&ended(OLD, "break"), &ended(NEW, "[ -e stop ] && break"));
    not_decided(&ended(OLD, "[ -e stop ] && break"), &ended(NEW, "[ -e start ] && break"));
    let within = |text: &str| format!("{}done\n", text.replace("for port", "for net in $NETS; do for port"));
    equal(&ended(&within(OLD), "break"), &ended(&within(NEW), "break"));
    not_decided(&ended(&within(OLD), "break"), &within(&ended(NEW, "break")));
    // The number says which loop is meant.
    let known = |end: &str| {
        format!(
            "for a in x y; do for b in 1 2; do iptables -A INPUT -s 10.0.0.$b -j DROP\n{end}; done; iptables -P INPUT DROP; done\n"
        )
    };
    equal(&known("break 2"), "iptables -A INPUT -s 10.0.0.1 -j DROP\n");
    different(&known("break"), "iptables -A INPUT -s 10.0.0.1 -j DROP\n");
}

/// Where a round leaves something behind, or ends the script, what other rounds do is not known.
#[test]
fn rounds_that_hang_on_each_other_are_not_compared() {
    for body in [
        "[ -e stop ] && exit",
        "shift",
        "iptables -F INPUT",
        "iptables -I INPUT; iptables -D INPUT 1",
        "iptables -A INPUT -s 10.0.0.1 -j MARK --set-mark 1",
        "seen() { port=80; }; seen",
    ] {
        let script = NEW.replace("; do\n", &format!("; do {body}\n"));
        let Proof::NotDecided { .. } = compare(&script, &script) else { panic!("{body}") };
    }
    // Rules of one loop that stand apart may be met in another order than in turn.
    let apart = "for host in $HOSTS; do iptables -A INPUT -s $host -j DROP; iptables -I INPUT -s $host -p tcp -j ACCEPT\ndone\n";
    not_decided(apart, apart);
    let between = NEW.replace("  iptables -A INPUT -p tcp --dport $port -j DROP\n", "iptables -N web$port\n");
    not_decided(&between, &between);
}

/// Variables that a round sets before it looks at them are its own, and a count that no rule looks at is nobody's.
#[test]
fn rounds_may_have_variables_of_their_own() {
    let with = |body: &str| NEW.replace("; do\n", &format!("; do {body}\n"));
    for body in [
        "port=1$port",
        "n=$((n + 1))",
        "n=`expr $n + 1`",
        "for net in a b; do :; done",
        "host=$(resolve $port); iptables -A INPUT -s $host -j DROP",
        "case $port in 1*) p=$port;; *) p=2$port;; esac; iptables -A INPUT -p udp --dport $p -j DROP",
        "f() { local n=$1; iptables -A INPUT -p udp --dport $n -j DROP; }",
    ] {
        let once = body.split_once("() {").map_or(with(body), |_| format!("{body}\n{}", with("f $port")));
        equal(&once, &once);
    }
    for body in [
        "n=$((n + 1)); iptables -A INPUT -p udp --dport $n -j DROP",
        "iptables -A INPUT -p udp --dport $last -j DROP; last=$port",
        "[ -e flag ] && last=$port; iptables -A INPUT -p udp --dport $last -j DROP",
        "( last=$port ); iptables -A INPUT -p udp --dport $last -j DROP; last=$port",
        "for p in $MORE; do iptables -A INPUT -p udp --dport $last -j DROP; last=$port; done",
        "for p in $MORE; do iptables -A INPUT -p udp --dport $last -j DROP; done; last=$port",
        "f() { local last=$1; }; f $port; iptables -A INPUT -p udp --dport $last -j DROP; last=$port",
    ] {
        let script = with(body).replace("f() { local last=$1; };", "");
        let script = if script == with(body) { script } else { format!("f() {{ local last=$1; }}\n{script}") };
        not_decided(&script, &script);
    }
    // What two commands make of the same words is not the same.
    let cut =
        |field: usize| format!("for w in $L; do h=$(echo $w | cut -f{field}); iptables -A INPUT -s $h -j DROP; done\n");
    let host = |fields: [usize; 2]| format!("{}iptables -A INPUT -j ACCEPT\n{}", cut(fields[0]), cut(fields[1]));
    equal(&host([1, 2]), &host([1, 2]));
    not_decided(&host([1, 2]), &host([2, 2]));
    not_decided(&cut(1), &cut(2));
}

/// Masquerades what leaves by ppp0, and asks output about the source.
fn masquerading(output: &str) -> String {
    format!("ipchains -P forward DENY\nipchains -A forward -i ppp+ -j MASQ\nipchains -A output {output} -j DENY\n")
}

/// The same, with a rule for each device that `asked` names.
fn by_device(asked: &str, own: &str) -> String {
    format!(
        "{MASQUERADED_FROM}iptables -P FORWARD DROP\niptables -A OUTPUT {own} -j DROP\n\
         for device in $(masqueraded_from {asked}); do iptables -A FORWARD -o $device -j DROP; done\n\
         for p in tcp udp; do iptables -A FORWARD -o ppp+ -p $p -j ACCEPT; done\niptables -A FORWARD -o ppp+ -p icmp -j ACCEPT\n\
         iptables -t nat -A POSTROUTING -o ppp+ -p tcp -m connmark --mark 1/1 -j MASQUERADE --to-ports 61000-65095\n"
    )
}

#[test]
fn devices_are_asked_for_their_own_address() {
    let passing = |old: &str, asked: &str, own: &str| {
        let reasons = match compare(&masquerading(old), &by_device(asked, own)) {
            Proof::Different { differences } => differences.iter().map(|own| own.kind).collect(),
            _ => Vec::new(),
        };
        reasons.contains(&Kind::Passing)
    };
    for (old, asked, own) in [
        ("-s 10.0.0.0/8", "10.0.0.0/8", "-s 10.0.0.0/8"),
        ("-s ! 10.0.0.0/8", "! 10.0.0.0/255.0.0.0", "! -s 10.0.0.0/8"),
        ("-s 10.0.0.1 -i ppp0", "10.0.0.1 ppp0", "-s 10.0.0.1 -o ppp0"),
        ("-s 10.0.0.1 -i ! ppp0", "10.0.0.1 ! ppp0", "-s 10.0.0.1 ! -o ppp0"),
    ] {
        assert!(!passing(old, asked, own), "{old}");
    }
}

/// Which rule of a round is the first that fits a packet is the same question where the rounds make the same rules.
#[test]
fn rounds_may_make_rules_that_do_different_things() {
    let old = "ipchains -P forward DENY\nfor i in $DEVICES; do\n  ipchains -A input -i $i -s 127.0.0.0/8 -l -j DENY\n  \
        ipchains -A input -i $i -p tcp -d 0/0 22 -j ACCEPT\n  ipchains -A input -i $i -p tcp -y -j DENY\ndone\n\
        ipchains -A input -s 10.0.0.0/8 -j DENY\n";
    let rules = [
        "iptables -A INPUT -i $i -s 127.0.0.0/8 -j LOG\niptables -A INPUT -i $i -s 127.0.0.0/8 -j DROP\n",
        "iptables -A INPUT -i $i -p tcp --dport 22 -j ACCEPT\n",
        "iptables -A INPUT -i $i -p tcp --tcp-flags SYN,RST,ACK SYN -j DROP\n",
    ];
    let behind = "iptables -A INPUT -s 10.0.0.0/8 -j DROP\n";
    let looped =
        |rules: &[&str]| format!("iptables -P FORWARD DROP\nfor i in $DEVICES; do\n{}done\n{behind}", rules.concat());
    let new = looped(&rules);
    equal(old, &new);
    // Through a chain that never gives packets back.
    let way = "iptables -N fine\niptables -A fine -s 10.9.9.9\niptables -A fine -j ACCEPT\n";
    equal(&new, &format!("{way}{}", new.replace("22 -j ACCEPT", "22 -j fine")));
    equal(&new, &format!("{way}{}", new.replace("22 -j ACCEPT", "22 -g fine")));
    let back = "iptables -N fine\niptables -A fine -s 10.9.9.9 -j RETURN\niptables -A fine -j ACCEPT\n";
    not_decided(&new, &format!("{back}{}", new.replace("22 -j ACCEPT", "22 -j fine")));
    for other in [
        // In another order, for other packets, with another verdict, one more, or one less.
        looped(&[rules[1], rules[0], rules[2]]),
        new.replace("--dport 22", "--dport 23"),
        new.replace("-i $i -p tcp --dport", "-p tcp --dport"),
        new.replace("SYN -j DROP", "SYN -j ACCEPT"),
        looped(&[rules[0], rules[1]]),
        looped(&[rules[0], rules[1], rules[2], "iptables -A INPUT -i $i -p udp -j DROP\n"]),
        new.replace("in $DEVICES", "in $OTHERS"),
        // In some rounds only.
        new.replace(rules[1], &format!("[ -e $i ] && {}", rules[1])),
        // Those of each loop apart.
        new.replace(rules[1], &format!("done\nfor i in $DEVICES; do\n{}", rules[1])),
        // Each round before the ones before.
        looped(&[rules[2], rules[1], rules[0]]).replace("-A INPUT -i", "-I INPUT -i"),
        // Behind a rule that is there in no other.
        new.replace(rules[1], &format!("iptables -A INPUT -i $i -m limit -j DROP\n{}", rules[1])),
    ] {
        assert!(!matches!(compare(&new, &other), Proof::Equal { .. }), "{other}");
    }
    let conditional = |text: &str| text.replace("; do\n", "; do\n[ $i = lo ] && continue\n");
    equal(&conditional(old), &conditional(&new));
    let inserted = |text: &str| text.replace("-A INPUT -i", "-I INPUT -i");
    not_decided(&inserted(&new), &inserted(&new));
    // What stands behind still counts.
    let opposite = new.replace(behind, "iptables -A INPUT -s 10.0.0.0/8 -j ACCEPT\n");
    assert!(!matches!(compare(&new, &opposite), Proof::Equal { .. }));
}

/// What a round inserts stands before what the rounds before have inserted, and all of it does the same.
#[test]
fn rounds_may_insert_one_rule_after_another() {
    let looped = |commands: &str| format!("iptables -A INPUT -i lo -j ACCEPT\nfor h in $HOSTS; do\n{commands}done\n");
    let logged = "iptables -I INPUT 1 -s $h -j LOG\niptables -I INPUT 2 -s $h -j DROP\n";
    equal(&looped(logged), &looped("iptables -I INPUT -s $h -j DROP\n"));
    equal(
        "ipchains -P forward DENY\nfor h in $HOSTS; do ipchains -I input -s $h -l -j DENY; done\n",
        &looped(logged).replace("-A INPUT -i lo -j ACCEPT", "-P FORWARD DROP"),
    );
    let behind_lo = "iptables -I INPUT 2 -s $h -j LOG\niptables -I INPUT 3 -s $h -j DROP\n";
    equal(&looped(behind_lo), &looped("iptables -I INPUT 2 -s $h -j DROP\n"));
    assert!(!matches!(compare(&looped(behind_lo), &looped(logged)), Proof::Equal { .. }));
    for commands in [
        // The second rule may be there without the first, and stands behind `lo` then.
        "[ -e $h ] && iptables -I INPUT 1 -s $h -j LOG\niptables -I INPUT 2 -s $h -j DROP\n",
        // It stands among those of the rounds before from the second round on.
        "iptables -I INPUT 1 -s $h -j LOG\niptables -I INPUT 3 -s $h -j DROP\n",
        // Which one it takes the place of depends on the round.
        "iptables -I INPUT 1 -s $h -j LOG\niptables -R INPUT 2 -s $h -j DROP\n",
        "iptables -A INPUT -s $h -j LOG\niptables -I INPUT 3 -s $h -j DROP\n",
    ] {
        not_decided(&looped(commands), &looped("iptables -I INPUT -s $h -j DROP\n"));
    }
}

/// A round that ends the script keeps it from whatever stands behind the loop.
#[test]
fn loops_may_end_the_script() {
    let behind = "iptables -A INPUT -s 10.0.0.1 -j DROP\n";
    for head in ["for i in $DEVICES", "while read i", "until [ -e done ]"] {
        let looped = |ends: &str| format!("{head}; do ifconfig $i || {ends}; done\n{behind}");
        let shown = different(&looped("exit 1"), behind);
        assert_eq!(shown[0].0, Kind::Passing, "{head}");
        equal(&looped("exit 1"), &looped("exit 1"));
        equal(&looped("break"), behind);
        let called = |own: &str| format!("set_up() {{ {own} }}; set_up\n{behind}");
        equal(&called(&format!("{head}; do ifconfig $i || return; done;")), behind);
    }
}

/// What a file does that is not read may be anything.
#[test]
fn files_that_only_one_side_reads_leave_it_open() {
    let reading = format!(". /etc/firewall.conf\n{NEW}");
    equal(&reading, &reading);
    assert!(not_decided(&reading, NEW).contains("/etc/firewall.conf"));
}
