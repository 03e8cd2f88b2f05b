//! Words that are only known in part: what becomes of them is proved to be the same.

use super::{iptmigrate, temporary, text};

/// What becomes of a script that has no rules before and forwards nothing.
fn closed(script: &str) -> std::process::Output {
    let script = format!("#!/bin/sh\nipchains -F\nipchains -P input DENY\nipchains -P forward DENY\n{script}");
    let (_directory, path) = temporary("firewall.sh", script.as_bytes());
    iptmigrate(&[&path])
}

fn report(script: &str) -> String {
    text(&closed(script).stderr)
}

/// Its migration, which is proved to be equal.
#[track_caller]
fn proved(script: &str) -> String {
    let output = closed(script);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains(": equal for all packets"), "{report}");
    let migrated = text(&output.stdout);
    assert!(!migrated.contains("from_ipchains"), "{migrated}");
    migrated
}

#[test]
fn functions_with_words_of_their_own() {
    proved("add() { ipchains -A input -i eth0 \"$@\" -l -j ACCEPT; }\nadd -p tcp -d 0/0 22\nadd -p udp -s 0/0 53\n");
    proved("add() { ipchains -A input \"$@\"; }\nadd -p tcp -d 0/0 22 -j ACCEPT\nadd -s 10.0.0.1 -l -j REJECT\n");
    proved(
        "add() {\n  c=$1; shift\n  ipchains -A $c -i eth0 \"$@\"\n}\n\
         add input -p tcp -d 0/0 22 -j ACCEPT\nadd output -p udp -d 0/0 53 -j REJECT\n",
    );
    let forwards = "ipchains -A forward -s 10.0.0.0/8 -j MASQ\n";
    proved(&format!(
        "{forwards}add() {{ ipchains -A input -i ppp0 \"$@\"; }}\nadd -p tcp -d 0/0 22 -j ACCEPT\nadd -l -j DENY\n"
    ));
}

#[test]
fn ports_flags_and_targets() {
    for script in [
        "ipchains -A input -p tcp -d 0/0 $LO:$HI -j ACCEPT\n",
        "ipchains -A input -p tcp -d 0/0 ${PORT:-22} -j ACCEPT\n",
        "ipchains -A input -p tcp -d 0/0 ${PORT:-0:65535} -j ACCEPT\n",
        "ipchains -A input -p tcp -d 0/0 $1 -j ACCEPT\n",
        "ipchains -A input -s 10.0.0.1 -j ACCEPT @LOG@\n",
        "ipchains -A input -s 10.0.0.1 -j $1\n",
        "ipchains -P forward $1\nipchains -A forward -s 10.0.0.0/8 -j MASQ\n",
    ] {
        proved(script);
    }
}

#[test]
fn a_protocol_with_ports_is_tcp_or_udp() {
    for script in [
        "ipchains -A input -p $PROTO -d 0/0 22 -j ACCEPT\n",
        "ipchains -A input -p $PROTO -s 10.0.0.1 $PORT -j ACCEPT\n",
        "while read proto host; do ipchains -A input -p $proto -s $host -d 0/0 22 -j ACCEPT; done < /etc/hosts.ok\n",
    ] {
        assert!(report(script).contains("is tcp or udp"), "{}", report(script));
        proved(script);
    }
    let any = "ipchains -A input -p $PROTO -s 10.0.0.1 -j ACCEPT\n";
    proved(any);
    assert!(!report(any).contains("is tcp or udp"), "{}", report(any));
}

#[test]
fn programs_in_variables_that_others_may_set() {
    proved(
        "IPCHAINS=${IPCHAINS:-/sbin/ipchains}\n$IPCHAINS -N users || exit 1\n\
         $IPCHAINS -A users -s 10.0.0.1 -j ACCEPT\n$IPCHAINS -A input -j users\n",
    );
}

#[test]
fn an_option_that_is_not_known_is_left_open() {
    let script = "#!/bin/sh\nrule() { ipchains $1 input -s $2 -j ACCEPT; }\nrule -A 10.0.0.1\nrule $1 $2\n";
    let (_directory, path) = temporary("firewall.sh", script.as_bytes());
    let output = iptmigrate(&[&path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(": not decided: "), "{}", text(&output.stderr));
}
