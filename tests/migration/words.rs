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

/// Without a command ipchains does nothing, so an empty word in its place needs no function that takes anything.
#[test]
fn a_command_that_some_runs_do_not_say() {
    let use_it = "ipchains $op -s $2 -j DENY\n";
    let refused = "'') { echo 'ipchains refuses this command: no command specified' >&2; false; } ;;\n";
    let of_script = "case $1 in\nstart) op='-I input 1' ;;\nstop) op='-D input' ;;\n*) op= ;;\nesac\n";
    assert!(proved(&format!("{of_script}{use_it}")).contains(refused));
    let script = format!("{}{use_it}", of_script.replace("*) op= ;;\n", ""));
    assert!(proved(&script).contains(refused));
    assert!(report(&script).contains("given that the environment does not set `op`;"), "{}", report(&script));
    // So with a policy, and with words behind the one that is not known.
    let arms = "case $1 in\nstart) op=-A policy=DENY ;;\nstop) op=-D policy=ACCEPT ;;\nesac\n";
    let script = format!("{arms}ipchains -P input $policy\nipchains $op input -p tcp -d 0/0 22 -j ACCEPT\n");
    let text = proved(&script);
    assert!(!text.contains("from_ipchains") && !text.contains("iptables_target"), "{text}");
    assert!(report(&script).contains("the environment does not set `op` and `policy`;"), "{}", report(&script));
    // What the script itself does not know stays.
    let script = "if [ -n \"$1\" ]; then dev=\"-i $1\"; fi\nipchains -A input $dev -s 10.0.0.0/8 -j DENY\n";
    assert!(proved(script).contains("iptables -A INPUT $dev -s 10.0.0.0/8 -j DROP\n"));
    assert!(report(script).contains("the environment does not set `dev`;"), "{}", report(script));
    // Where more is left to a person without them, the words are read when the script runs.
    let script = "if [ -n \"$1\" ]; then dev=\"-i $1\"; fi\ncase $2 in a) t=ACCEPT ;; r) t=REJECT ;; esac\n\
                  ipchains -A output $dev -s 10.0.0.0/8 -j $t\n";
    assert!(!report(script).contains("the environment does not set") && !report(script).contains("not migrated"));
    // What a script asks for may be set.
    let script = "[ -n \"$policy\" ] || policy=DENY\nipchains -P input $policy\n";
    assert!(proved(script).contains("iptables_target"));
    assert!(!report(script).contains("the environment does not set"));
    // Another file may.
    let script = format!("{}{use_it}", of_script.replace("*) op= ;;\n", "*) . ./settings ;;\n"));
    assert!(!report(&script).contains("the environment does not set"));
}

/// What a function of the output is asked for is the target of ipchains.
#[test]
fn policies_that_are_asked_for_keep_their_names() {
    let text = proved(
        ". ./settings\ncase $1 in\na) policy=ACCEPT ;;\nd) policy=DENY ;;\nesac\nipchains -P output REJECT\n\
         ipchains -A output -p icmp -s 10.0.0.0/8 -j ACCEPT\nipchains -P forward $policy\nipchains -A input -i eth0 -j DENY\n",
    );
    assert!(
        text.contains("a) policy=ACCEPT ;;\nd) policy=DENY ;;\n") && text.contains("forward-policy \"$policy\")"),
        "{text}"
    );
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
fn programs_in_variables_that_other_files_set() {
    for (old, new) in
        [("$ipc", "$ipt"), ("\"$IPC\"", "\"$IPT\""), ("${IPC_CMD}", "${IPT_CMD}"), ("$IPCHAINS", "$IPTABLES")]
    {
        let script =
            format!("# a part\n{old} -A input -s 10.0.0.1 -l -j DENY\nrule() {{ {old} \"$@\"; }}\nrule -F output\n");
        let (_directory, path) = temporary("part.sh", script.as_bytes());
        let output = iptmigrate(&[&path]);
        let (migrated, report) = (text(&output.stdout), text(&output.stderr));
        assert!(migrated.contains(&format!("\n{new} -A INPUT -s 10.0.0.1 -j DROP\n")), "{migrated}");
        assert!(
            report.contains(":2: note: nothing here sets `") && report.contains("equal for all packets"),
            "{report}"
        );
        let (_directory, path) = temporary("part.sh", &output.stdout);
        assert_eq!(text(&iptmigrate(&[&path]).stdout), migrated, "nothing is left to migrate");
    }
    // Where the script sets it, it keeps its name.
    let migrated = proved("IPC=/sbin/ipchains\n$IPC -A input -j DENY\n");
    assert!(migrated.ends_with("IPC=/sbin/iptables\n$IPC -A INPUT -j DROP\n"), "{migrated}");
    assert!(!report("IPC=/sbin/ipchains\n$IPC -A input -j DENY\n").contains("nothing here sets"));
    let default = "${ipc:-ipchains} -A input -j DENY\n";
    assert!(proved(default).ends_with("${ipt:-iptables} -A INPUT -j DROP\n"), "{}", proved(default));
}

#[test]
fn an_option_that_is_not_known_is_left_open() {
    let script = "#!/bin/sh\nrule() { ipchains $1 input -s $2 -j ACCEPT; }\nrule -A 10.0.0.1\nrule $1 $2\n";
    let (_directory, path) = temporary("firewall.sh", script.as_bytes());
    let output = iptmigrate(&[&path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(": not decided: "), "{}", text(&output.stderr));
}

/// The functions of a migrated script that are still there.
fn functions(migrated: &str) -> Vec<&str> {
    let defined = migrated.lines().filter_map(|line| line.split_once("()"));
    defined.map(|(name, _)| name.trim()).filter(|name| !name.contains(' ')).collect()
}

#[test]
fn functions_that_pass_words_to_several_commands() {
    proved(
        "both() { ipchains -A input -i eth0 \"$@\"; ipchains -A output -i eth0 \"$@\"; }\n\
         both -p tcp -d 0/0 22 -j ACCEPT\nboth -s 10.0.0.0/8 -l -j DENY\nboth -j REJECT >/dev/null\n",
    );
    proved(
        "all() { for c in input output forward; do ipchains -A $c \"$@\"; done; }\n\
         all -p tcp -d 0/0 137:139 -j DENY\nall -i lo -j ACCEPT\n",
    );
    let forwards = "ipchains -A forward -s 192.168.1.0/24 -j MASQ\n";
    proved(&format!(
        "{forwards}both() {{ ipchains -A input \"$@\"; ipchains -A output \"$@\"; }}\n\
         both -p tcp -d 0/0 22 -j ACCEPT\nboth -i eth0 -s 10.0.0.0/8 -l -j DENY\n"
    ));
}

#[test]
fn functions_that_pass_words_to_other_functions() {
    proved(
        "rule() { ipchains \"$@\" || return 1; }\nopen() { rule -A input -p tcp \"$@\" -j ACCEPT; }\n\
         open -d 0/0 22\nopen -s 10.0.0.0/8 -d 0/0 80 || echo failed\nrule -A input -l -j DENY\n",
    );
    proved(
        "in() { add input \"$@\"; }\nadd() { c=$1; shift; ipchains -A $c \"$@\"; }\n\
         in -p tcp -d 0/0 22 -j ACCEPT\nadd output -i eth0 -j DENY\n",
    );
    proved(
        "run() { echo \"$@\"; eval ipchains $*; }\nadd() { run -A \"$@\"; }\n\
         if [ -n \"$NET\" ]; then add input -s \"$NET\" -j DENY; fi\n",
    );
}

#[test]
fn functions_that_add_a_rule_for_each_device() {
    let masquerades = "ipchains -A input -i eth0 -j ACCEPT\nipchains -A forward -s 192.168.1.0/24 -i ppp0 -j MASQ\n";
    let migrated = proved(&format!(
        "rule() {{ ipchains \"$@\" || echo \"refused: $*\" >&2; }}\nrule -A output -s 10.0.0.0/8 -i ppp0 -j DENY\n{masquerades}"
    ));
    assert!(migrated.contains("do rule -A fwd-masqueraded -j DROP -o $device; done"), "{migrated}");
}

#[test]
fn functions_that_keep_some_of_their_words() {
    let loops = "for i in eth0 eth1; do\n  rule input $i -p tcp -d 0/0 22 -j ACCEPT\n  \
                 for p in 25 80; do rule output $i -p tcp -s 0/0 $p -j ACCEPT; done\ndone\n";
    for takes in ["local c=$1 i=$2; shift 2;", "c=$1; i=$2; shift; shift;"] {
        let migrated = proved(&format!("rule() {{ {takes} ipchains -A $c -i $i \"$@\"; }}\n{loops}"));
        assert!(migrated.contains("iptables -A OUTPUT -o $i -p tcp --sport $p -j ACCEPT"), "{migrated}");
    }
    proved(&format!("rule() {{ ipchains -A $1 -i $2 \"${{@:3}}\"; }}\n{loops}"));
    proved("open() { ipchains -A input -p ${2:-tcp} -d 0/0 $1 \"${@:3}\" -j ACCEPT; }\nopen 22\nopen 53 udp -i eth0\n");
    proved(
        "rule() {\n  case \"$1\" in\n    in) shift; ipchains -A input \"$@\" ;;\n    out) shift; ipchains -A output \"$@\" ;;\n    \
         *) echo \"what is $1?\" >&2 ;;\n  esac\n}\nrule in -p tcp -d 0/0 22 -j ACCEPT\nrule out -i lo -j ACCEPT\nrule up -j DENY\n",
    );
    proved(
        "serve() {\n  local name=$1 ports=$2; shift 2\n  if [ $# -lt 1 ]; then echo \"$name: no rule\"; return; fi\n  \
         for p in $ports; do ipchains -A input -p tcp -d 0/0 $p \"$@\"; done\n}\n\
         serve ssh 22 -j ACCEPT\nserve \"two more\" \"25 80\" -i eth0 -j ACCEPT\nserve nothing 1\n",
    );
}

#[test]
fn functions_that_complete_a_command_in_a_variable() {
    let migrated = proved(
        "ADD=\"ipchains -A input -i eth0\"\nallow() { $ADD \"$@\" -j ACCEPT; }\nallow -p tcp -d 0/0 22\nallow -p udp -s 0/0 53\n",
    );
    assert!(migrated.contains("$ADD -p tcp --dport 22 -j ACCEPT"), "{migrated}");
}

#[test]
fn a_function_is_written_out_as_the_shell_would_run_it() {
    let add = "add() {\n    # adds\n    ipchains -A input \"$@\"; ipchains -A output \"$@\"\n}\n";
    let migrated = proved(&format!("{add}if [ -f /etc/on ]; then\n    add -s 10.0.0.1 -l -j DENY\nfi\n"));
    assert!(functions(&migrated).is_empty(), "{migrated}");
    assert!(migrated.contains("\n# adds\nif"), "comments stay: {migrated}");
    assert!(migrated.contains("\n    iptables -A OUTPUT -s 10.0.0.1 -j DROP\nfi\n"), "{migrated}");
    let conditional = "add -i eth0 -j DENY || echo no\nadd -i eth1 -j DENY && add -i eth2 -j DENY 2>/dev/null\n";
    proved(&format!("{add}{conditional}"));
}

#[test]
fn variables_of_a_function_stay_where_others_may_see_them() {
    for (script, kept) in [
        // The call before has set it.
        (
            "f() { echo after $last; last=$2; ipchains -A $1 -i \"${@:2}\"; }\nf input lo -j ACCEPT\nf output lo -j ACCEPT\n",
            "last=lo",
        ),
        // It is read behind the call.
        (
            "f() { c=$1; shift; ipchains -A $c \"$@\"; }\nf input -i lo -j ACCEPT\nf output -i lo -j DENY\necho $c\n",
            "c=OUTPUT",
        ),
        // Its value changes before it is used.
        (
            "f() { dev=$D; D=eth1; ipchains -A $1 -i $dev \"${@:2}\"; }\nD=eth0\nf input -j DENY\nf output -j DENY\n",
            "dev=$D",
        ),
    ] {
        let migrated = proved(script);
        assert!(functions(&migrated).is_empty() && migrated.contains(&format!("\n{kept}\n")), "{migrated}");
    }
}

/// Functions that cannot be written out: their commands are not translated, and the report says so.
#[test]
fn functions_that_stay() {
    for (why, script) in [
        (
            "the loop's variable is the caller's",
            "f() { for i in 1 2; do ipchains -A input -s 10.0.0.$i \"$@\"; done; }\nfor i in lo eth0; do f -i $i -l -j DENY; done\n",
        ),
        (
            "it is run by name",
            "f() { c=$1; shift; ipchains -A $c \"$@\"; ipchains -A output \"$@\"; }\nx=f\n$x input -i lo -j ACCEPT\nf input -j ACCEPT\n",
        ),
        (
            "a trap runs it",
            "f() { ipchains -A input \"$@\"; ipchains -A output \"$@\"; }\nf -i lo -j ACCEPT\ntrap \"f -j DENY\" EXIT\n",
        ),
        (
            "there are two of it",
            "f() { ipchains -A $1 \"${@:2}\"; }\nif [ -f /x ]; then f() { ipchains -I $1 \"${@:2}\"; }; fi\nf input -j DENY\n",
        ),
        (
            "its status is asked for",
            "f() { ipchains -A input \"$@\"; ipchains -A output \"$@\"; return 0; }\nf -i lo -j ACCEPT || exit 1\n",
        ),
        (
            "words are dropped that nobody counts",
            "f() { shift 3; ipchains -A input \"$@\"; ipchains -A output \"$@\"; }\ng() { f \"$@\"; }\ng a b c -i lo -j DENY\n",
        ),
    ] {
        let output = closed(script);
        let (migrated, report) = (text(&output.stdout), text(&output.stderr));
        assert!(functions(&migrated).contains(&"f"), "{why}: {migrated}");
        assert_ne!(output.status.code(), Some(0), "{why}: {report}");
    }
}

/// What only makes the program talk may come with it on some runs.
#[test]
fn a_program_that_may_talk() {
    let migrated =
        proved("FW=/sbin/ipchains\n[ -n \"$DEBUG\" ] && FW=\"$FW -v\"\n$FW -A input -p tcp -d 0/0 22 -j ACCEPT\n");
    assert!(
        migrated.contains("\n[ -n \"$DEBUG\" ] && FW=\"$FW -v\"\n$FW -A INPUT -p tcp --dport 22 -j ACCEPT\n"),
        "{migrated}"
    );
}
