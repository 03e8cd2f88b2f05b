//! Functions that pass their words on to ipchains.

use super::{closed, migrated, run};

#[test]
fn functions_keep_the_words_that_all_calls_have_in_common() {
    // The same rules in all calls.
    assert_eq!(
        closed(
            "IF=eth0\nadd() { ipchains -A input -i $IF \"$@\" -l -j DENY; }\nadd -p tcp -d 0/0 22\nadd -s 10.0.0.1\n"
        ),
        "IF=eth0\nadd() { iptables -A INPUT -i $IF \"$@\" -j LOG --log-level info --log-prefix \"input DENY \"; \
         iptables -A INPUT -i $IF \"$@\" -j DROP; }\nadd -p tcp --dport 22\nadd -s 10.0.0.1\n"
    );
    // Other rules in one of them.
    assert_eq!(
        closed("add() { ipchains -A input -i eth0 \"$@\"; }\nadd -p tcp -j ACCEPT\nadd -s 10.0.0.1 -l -j DENY\n"),
        "add() { iptables -A INPUT -i eth0 \"$@\"; }\nadd -p tcp -j ACCEPT\n\
         add -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \"\nadd -s 10.0.0.1 -j DROP\n"
    );
    // What only the function knows moves by its value, behind the words that the function takes for itself.
    assert_eq!(
        closed(
            "add() {\n  c=$1; shift\n  ipchains -A $c -i eth0 \"$@\"\n}\nadd input -j DENY\nadd output -j DENY\nlast=add\n"
        ),
        "add() {\n  c=$1; shift\n  iptables -A \"$@\"\n}\nadd input INPUT -i eth0 -j DROP\nadd output OUTPUT -o eth0 -j DROP\n\
         last=add\n"
    );
    let text = migrated("add() { echo \"$*\"; ipchains -A input \"$@\" -j DENY; }\nadd -i eth0\n");
    assert!(text.starts_with("add() { echo \"$*\"; iptables -A INPUT \"$@\" -j DROP; "), "{text}");
    assert!(text.ends_with("iptables -A FORWARD \"$@\" -j DROP; }\nadd -i eth0\n"), "{text}");
}

#[test]
fn words_of_a_variable_and_of_a_caller_come_together_where_the_variable_says_one_thing() {
    assert_eq!(
        migrated("I=\"ipchains -A input\"\nadd() ( $I \"$@\" )\nadd -s 10.0.0.1 -j DENY\n"),
        "add() ( iptables -A INPUT \"$@\"; iptables -A FORWARD \"$@\" )\nadd -s 10.0.0.1 -j DROP\n"
    );
    let (text, items) = run("if [ \"$1\" ]; then\n  I=\"ipchains -A input\"\nelse\n  I=\"ipchains -A output\"\nfi\n\
                             add() ( $I \"$@\" )\nadd -s 10.0.0.1 -j DENY\necho $I\n");
    assert!(items.iter().any(|item| item.person && item.message.contains("stand in a variable")), "{items:?}");
    assert!(text.contains("# iptmigrate: NOT MIGRATED: its first words") && !text.contains("from_ipchains"), "{text}");
}

#[test]
fn functions_that_look_at_the_words_they_pass_on_are_left_to_the_run() {
    for body in [
        "case $1 in -p) echo p ;; esac; ipchains -A input \"$@\"",
        "ipchains -A input \"$@\"; echo \"$2\" >>/tmp/log; cp $2 $1",
        "[ $# -gt 2 ] && ipchains -A input \"$@\"",
    ] {
        // A body that is a subshell is not written out.
        let (text, _) = run(&format!("add() ( {body} )\nadd -p tcp -j DENY\n"));
        assert!(text.contains("from_ipchains -A input \"$@\""), "{text}");
        assert!(text.ends_with("\nadd -p tcp -j DENY\n"), "{text}");
    }
}

#[test]
fn functions_of_init_scripts_run_the_first_command() {
    assert_eq!(
        closed(". /etc/rc.d/init.d/functions\naction \"Closing: \" /sbin/ipchains -A input -s 10.0.0.1 -l -j DENY\n"),
        ". /etc/rc.d/init.d/functions\n/sbin/iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix input:DENY:\n\
         action \"Closing: \" /sbin/iptables -A INPUT -s 10.0.0.1 -j DROP\n"
    );
}

#[test]
fn functions_whose_words_no_call_knows_stay() {
    let script = "start() {\n    while read line; do\n        ipchains $line\n    done < /etc/rules\n}\n\
                  stop() {\n    for c in input forward; do ipchains -F $c; done\n}\n\
                  case $1 in\nstart) start ;;\nstop) stop ;;\nrestart) stop; start ;;\nesac\n";
    let (text, items) = run(script);
    assert!(text.contains("\nstart() {\n") && text.contains("\nrestart) stop; start ;;\n"), "{text}");
    assert!(items.iter().all(|item| !item.message.contains("written out")), "{items:?}");
    // One call that is only known when it runs takes the function that translates; the others may use it too.
    let call =
        |words: &str| format!("add() {{\n    args=\"-A $1\"\n    ipchains $args -j $2\n}}\nadd input DENY\n{words}");
    let (text, _) = run(&call("while read c t; do add $c $t; done < /etc/rules\n"));
    assert!(text.contains("\n    from_ipchains $args -j $2\n}\n"), "{text}");
}

#[test]
fn what_is_refused_as_it_stands_leaves_nothing_out() {
    let script = |net| {
        format!(
            "NET={net}\nipchains -P forward DENY\nipchains -A input -i eth1 -j DENY\n\
                               ipchains -A forward -s $NET -j MASQ\n"
        )
    };
    let (text, _) = run(&script("10.0.x.0/24"));
    assert!(
        text.contains("-A to-forward -j fwd-forward\n") && text.contains("-A masquerade -p tcp -j ACCEPT\n"),
        "{text}"
    );
}

/// What an earlier run has left makes chains that are there already, which must not end the script.
#[test]
fn a_function_that_ends_the_script_is_not_asked_for_what_may_fail() {
    let rules = "fw -F\nfw -A input -i lo -j ACCEPT\nfw -A forward -s 10.0.0.2 -j MASQ\n";
    for body in ["ipchains \"$@\" || exit 1", "ipchains \"$@\"; [ $? = 0 ] || die"] {
        let text = migrated(&format!("fw() {{ {body}; }}\n{rules}"));
        assert!(text.contains("iptables -N masquerade 2>/dev/null || :; fw -F masquerade\n"), "{text}");
        assert!(!text.contains("fw -N") && text.contains("\nfw -A masquerade -p tcp"), "{text}");
    }
    let text = migrated(&format!("fw() {{ echo \"$*\"; ipchains \"$@\"; }}\n{rules}"));
    assert!(text.contains("fw -N masquerade 2>/dev/null || :; fw -F masquerade\n"), "{text}");
}
