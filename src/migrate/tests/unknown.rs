//! Words that are known when the script runs, and no sooner.

use super::{closed, migrated, run};

#[test]
fn what_is_known_at_run_time_is_translated_then() {
    for script in [
        "ipchains -A $chain -j DENY\n",
        "ipchains -A input $A $B -j DENY\n",
        "add() { ipchains -A input \"$@\" -j DENY; }\nwhile read rule; do add $rule; done < /etc/rules\n",
    ] {
        let (text, items) = run(script);
        assert!(items.iter().all(|item| !item.person), "{items:?}");
        assert!(text.contains("\nfrom_ipchains() (\n"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("ipchains ")), "{text}");
    }
}

/// The function that translates the commands of a script when it runs.
fn function(script: &str) -> String {
    let (text, items) = run(script);
    assert!(items.iter().all(|item| !item.person), "{items:?}");
    let (_, function) = text.split_once("\n# from_ipchains ").unwrap();
    function.split_once("\n)\n").unwrap().0.to_owned()
}

#[test]
fn the_function_knows_what_its_calls_can_say() {
    let rules =
        function("ipchains -P input DENY\nwhile read r; do ipchains -A input $r -j ACCEPT; done < /etc/rules\n");
    let each = "\n    each() { lay mangle INPUT PREROUTING; run INPUT ACCEPT; run FORWARD ACCEPT; }\n";
    assert!(rules.contains(each), "{rules}");
    assert!(rules.contains("\n        -A,*) once command;"), "{rules}");
    for absent in
        ["-P", "I,1)", "[DIR]", "REDIRECT --to", "--ctrepl", "iptables_target", "masqueraded", "FROM_IPCHAINS"]
    {
        assert!(!rules.contains(absent), "{absent}: {rules}");
    }
    assert!(rules.lines().count() <= 176, "{rules}");
    // Only words in the places of chain and target are not known.
    let chain = function("ipchains -P output DENY\nipchains -A $CHAIN -i eth0 -p tcp -j DENY\n");
    for absent in [" -b ", " -l ", "-y,", "-f,", "*--sport,", "C library", "icmp", "elsewhere", "lay "] {
        assert!(!chain.contains(absent), "{absent}: {chain}");
    }
    assert!(chain.lines().count() <= 68, "{chain}");
    let all = function("ipchains $ARGS\n");
    for present in
        ["-[ADFINPRXZ],*)", "-[blv],", "masqueraded run fwd-masqueraded", "'-d:--ctrepldst --dport:--ctrepldstport'"]
    {
        assert!(all.contains(present), "{present}: {all}");
    }
}

#[test]
fn words_that_may_say_a_target_may_hold_forwarded_packets_back() {
    let (text, _) = run("while read r; do ipchains -A output $r; done < /etc/rules\nipchains -A input -j ACCEPT\n");
    assert!(text.contains("; run OUTPUT output -i:-o; run FORWARD exit -i:-o; }\n"), "{text}");
}

#[test]
fn words_that_are_read_twice_are_so_before_they_are_translated() {
    let (text, _) =
        run("eval ipchains -A input $r -j ACCEPT\neval /sbin/ipchains -A input $r -j ACCEPT\nipchains -F\n");
    assert!(text.contains("\neval from_ipchains -A input $r -j ACCEPT\n"), "{text}");
    assert!(text.contains("\neval FROM_IPCHAINS=\"/sbin/iptables\" from_ipchains -A input $r -j ACCEPT\n"), "{text}");
}

#[test]
fn options_that_are_known_are_written_as_the_function_reads_them() {
    for (words, wanted) in [
        ("-A $chain -yl -p tcp -jDENY", "-A $chain -y -l -p tcp -j DENY"),
        ("--append $chain --proto tcp ! --syn '--log' --jump=DENY", "-A $chain -p tcp ! -y -l -j DENY"),
        (
            "--append=$chain -lj$target -p udp --source-port 80 --dst 10.0.0.1",
            "-A $chain -l -j $target -p udp --sport 80 -d 10.0.0.1",
        ),
        (
            "-A $chain $rule \"-yl\" -ieth0 -j\"$target\" \\\n  -vb >/dev/null",
            "-A $chain $rule -y -l -ieth0 -j\"$target\" \\\n  -v -b >/dev/null",
        ),
        ("--policy $chain DENY", "-P $chain DENY"),
    ] {
        let (text, items) = run(&format!("ipchains -N x\nipchains -A input -j x\nipchains {words}\n"));
        let text = text.trim_end_matches("redirections iptables\n");
        assert!(text.ends_with(&format!("\nfrom_ipchains {wanted}\n")), "{text} {items:?}");
    }
    let (text, _) = run("FW='ipchains --append input -yl'\n$FW $rule -vj DENY\n");
    assert!(text.ends_with("\nfrom_ipchains -A input -y -l $rule -v -j DENY\n"), "{text}");
}

#[test]
fn words_that_may_empty_all_chains_leave_those_of_the_way_of_forwarded_packets() {
    let all = function("ipchains -P forward DENY\nipchains -A forward -i ppp0 -j MASQ\nipchains $ARGS\n");
    assert!(all.contains("case $chain in fwd-input | ") && all.contains(" | masquerade) continue ;; esac\n"), "{all}");
    let redirected = function("ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\nipchains $ARGS\n");
    assert!(redirected.contains("for table in '' '-t nat' '-t mangle'; do for chain in "), "{redirected}");
    let named = function("ipchains -A input $RULE -j DENY\nipchains -F output\n");
    assert!(!named.contains("chains=all"), "{named}");
}

#[test]
fn what_is_joined_to_an_option_is_no_more_than_its_value() {
    let script = "ipchains -A$chain -s 10.0.0.1 -jDENY\nipchains -N x\n";
    let function = function(script);
    for absent in [" -b ", "*--sport,", "iptables_target"] {
        assert!(!function.contains(absent), "{absent}: {function}");
    }
}

#[test]
fn chains_whose_names_are_read_have_their_copies() {
    let script = "ipchains -P input DENY\nipchains -P forward DENY\nipchains -A forward -j ACCEPT\n\
                  for z in $ZONES; do ipchains -N $z; ipchains -A input -i $z -j $z; ipchains -A $z -j ACCEPT; done\n";
    let function = function(script);
    assert!(function.contains("\n        *) run \"$chain\" input; run \"$chain-fwd-in\" entry ;;\n"), "{function}");
    let (text, _) = run(script);
    assert!(text.contains("\n    entry,*) echo \"$2-fwd-in\" ;;\n"), "{text}");
    assert!(
        text.contains("\niptables -A fwd-input -i $z -j $(iptables_target entry \"$z\")")
            || text.contains(" iptables -A fwd-input -i $z"),
        "{text}"
    );
    assert!(text.contains("from_ipchains -N $z;"), "{text}");
}

#[test]
fn chains_whose_names_are_known_in_part_have_a_copy_for_each_side_that_leads_there() {
    let rules = function(
        "ipchains -P forward DENY\nfor z in $ZONES; do ipchains -N z-$z; ipchains -A z-$z -i eth0 -j REJECT; done\n\
         ipchains -A input -j z-$1\nipchains -A output -j z-$1\n",
    );
    assert!(
        rules.contains(
            "\n        *) run \"$chain\" input; run \"$chain-fwd-in\" entry; run \"$chain-out\" output -i:-o ;;\n"
        ),
        "{rules}"
    );
}

#[test]
fn a_command_with_an_option_that_is_not_known_is_not_refused() {
    let (text, items) = run("rule() { ipchains $1 input -s $2 -j DENY; }\nrule -A 10.0.0.1\nrule $1 $2\n");
    assert!(!text.contains("NOT MIGRATED"), "{text}");
    assert!(items.iter().all(|item| !item.person), "{items:?}");
}

#[test]
fn rules_of_which_the_chain_is_not_known_may_forward() {
    for rule in ["ipchains -A $chain -s 10.0.0.1 -j ACCEPT", "ipchains $rule"] {
        let (text, _) = run(&format!("ipchains -P input DENY\nipchains -P forward DENY\n{rule}\n"));
        assert!(text.contains("\niptables -A to-forward -j fwd-forward\n"), "{text}");
        assert!(text.contains("\n        forward) run fwd-forward "), "{text}");
    }
    // One that lets nothing pass needs no way.
    let (text, _) = run("ipchains -P input DENY\nipchains -P forward DENY\nipchains -A $chain -s 10.0.0.1 -j DENY\n");
    assert!(!text.contains("fwd-"), "{text}");
}

#[test]
fn a_target_that_is_not_known_is_asked_for_at_run_time() {
    let text = closed("ipchains -A input -s 10.0.0.1 -j $NO\nipchains -A output -d 10.0.0.1 -j \"$NO\"\n");
    assert!(text.contains("    input,REJECT | entry,REJECT) echo REJECT ;;\n"), "{text}");
    assert!(text.contains("input,DENY | entry,DENY | output,DENY | output,REJECT) echo DROP ;;\n"), "{text}");
    for rule in [
        "\niptables -A INPUT -s 10.0.0.1 -j $(iptables_target input \"$NO\")\n",
        "\niptables -A fwd-input -s 10.0.0.1 -j $(iptables_target entry \"$NO\")\n",
        "\niptables -A OUTPUT -d 10.0.0.1 -j $(iptables_target output \"$NO\")\n",
    ] {
        assert!(text.contains(rule), "{text}");
    }
    // A value that is set here and asked for elsewhere stays what it is.
    let text = closed("[ -f /c ] && . /c || NO=DENY\nipchains -A input -s 10.0.0.1 -j $NO\n");
    assert!(text.contains("|| NO=DENY\n"), "{text}");
    assert!(text.contains("\niptables -A INPUT -s 10.0.0.1 -j $(iptables_target input \"$NO\")\n"), "{text}");
}

#[test]
fn a_target_lets_no_packet_come_back_where_other_tables_take_it_for_the_end() {
    let text = closed(
        "ipchains -N bad\nipchains -A bad -s 10.0.0.9 -j DENY\nipchains -A input -s 10.0.0.0/8 -j $T\n\
         ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\nipchains -A output -d 10.0.0.1 -j $T\n",
    );
    assert!(text.contains("\niptables -A INPUT -s 10.0.0.0/8 -j $(iptables_target input-copied \"$T\")\n"), "{text}");
    assert!(text.contains("\niptables -t nat -A PREROUTING -s 10.0.0.0/8 -j ACCEPT\n"), "{text}");
    assert!(text.contains("output,bad) echo bad") && !text.contains("-copied,bad"), "{text}");
    assert!(text.contains("input-copied,DENY") && !text.contains("-copied,RETURN"), "{text}");
}

#[test]
fn a_word_that_may_be_the_flag_for_the_log_spoils_the_rule_if_it_is_not() {
    assert_eq!(
        closed("ipchains -A input -s 10.0.0.1 $LOG -j DENY\n"),
        "case $LOG in -l) iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \" ;; esac\niptables -A INPUT -s 10.0.0.1 -j DROP${LOG#-l}\n"
    );
}

#[test]
fn a_flag_that_a_template_leaves_open_is_told_from_others() {
    assert_eq!(
        closed("ipchains -A input -s 10.0.0.1 -j DENY @LOG@\n"),
        "case \"@LOG@\" in\n    -l) iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \" ;;\n    '') ;;\n    *) no_translation \"@LOG@\" ;;\nesac\niptables -A INPUT -s 10.0.0.1 -j DROP\n"
    );
}

#[test]
fn ports_that_may_be_missing_take_their_option_along() {
    assert_eq!(
        closed("while read proto port; do ipchains -A input -p $proto -d 10.0.0.1 $port -j DENY; done\n"),
        "while read proto port; do iptables -A INPUT -p $proto -d 10.0.0.1 ${port:+--dport $port} -j DROP; done\n"
    );
    assert_eq!(
        closed("for t in $TYPES; do ipchains -A input -p icmp -s 0/0 $t -j DENY; done\n"),
        "for t in $TYPES; do iptables -A INPUT -p icmp --icmp-type $t -j DROP; done\n"
    );
}

#[test]
fn ports_that_the_script_has_asked_for_are_there() {
    assert_eq!(
        closed("if [ -n \"$PORT\" ]; then ipchains -A input -p tcp -d 10.0.0.1 $PORT -j DENY; fi\n"),
        "if [ -n \"$PORT\" ]; then iptables -A INPUT -p tcp -d 10.0.0.1 --dport $PORT -j DROP; fi\n"
    );
    assert_eq!(
        closed("P=${1:-3128}\nipchains -A input -p tcp -d 10.0.0.1 $P -j DENY\n"),
        "P=${1:-3128}\niptables -A INPUT -p tcp -d 10.0.0.1 --dport $P -j DROP\n"
    );
    let text = closed("[ \"$PROXY\" ] && ipchains -A input -p tcp -d 0/0 80 -j REDIRECT $PROXY\n");
    assert!(text.contains(" -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports $PROXY"), "{text}");
}

#[test]
fn ports_of_which_something_is_known_are_ports() {
    for (port, wanted) in [
        ("$LO:$HI", "--dport $LO:$HI"),
        ("$PORT:", "--dport $PORT:"),
        ("${PORT:-22}", "--dport ${PORT:-22}"),
        ("${PORT:-0:65535}", "${PORT:+--dport $PORT}"),
        ("$1", "${1:+--dport $1}"),
        ("@PORT@", "--dport @PORT@"),
    ] {
        let text = closed(&format!("ipchains -A input -p tcp -d 10.0.0.1 {port} -j DENY\n"));
        assert_eq!(text, format!("iptables -A INPUT -p tcp -d 10.0.0.1 {wanted} -j DROP\n"));
    }
    // Only TCP, UDP and ICMP have every port; any protocol has none.
    let open = closed("ipchains -A input -p $PROTO -d 10.0.0.1 ${PORT:-0:65535} -j DENY\n");
    assert_eq!(open, "iptables -A INPUT -p $PROTO -d 10.0.0.1 --dport ${PORT:-0:65535} -j DROP\n");
}

#[test]
fn a_redirection_goes_to_a_port_that_may_be_missing() {
    let text = closed("ipchains -A input -p tcp -d 0/0 80 -j REDIRECT $PROXY\n");
    assert!(
        text.ends_with("\niptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT ${PROXY:+--to-ports $PROXY}\n"),
        "{text}"
    );
    let same = closed("ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 0\n");
    assert!(same.ends_with(" -j REDIRECT\n"), "{same}");
}

/// The notes of a migration that say what is refused when the script runs.
fn refusals(script: &str) -> Vec<String> {
    let (_, items) = run(script);
    let said = |message: &String| message.contains("refuse") && message.contains("with a message");
    items.into_iter().filter(|item| !item.person).map(|item| item.message).filter(said).collect()
}

#[test]
fn what_a_target_may_be_when_the_script_runs_is_said() {
    let said = refusals(
        "ipchains -N web\nipchains -A web -j DENY\nipchains -A input -j web\n\
         ipchains -A input -p tcp -j $T\nipchains -A input -p udp -j $T\nipchains -P output $P\n",
    );
    let rest = "anything else, such as REDIRECT, is refused then, with a message";
    let wanted = [
        "while the script runs, `$T` may be ACCEPT [-l], DENY [-l], REJECT [-l], web [-l], RETURN or REDIRECT [PORT] [-l]; anything else is refused then, with a message".to_owned(),
        format!("while the script runs, `$P` may be ACCEPT, DENY or REJECT; {rest}"),
    ];
    assert_eq!(said, wanted);
    let copied = refusals("ipchains -A input -s 10.0.0.1 -j $T\nipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128\n");
    assert!(
        copied[0].starts_with("while the script runs, `$T` may be ACCEPT [-l], DENY [-l] or REJECT [-l]; "),
        "{copied:?}"
    );
    assert!(refusals("T=DENY\nipchains -A input -j $T\n").is_empty());
}

#[test]
fn a_target_may_redirect_where_input_tells_at_the_end_what_stands_before_it() {
    let rules = "ipchains -A input -s 10.0.0.1 -j ACCEPT\nipchains -A input -p tcp -d 0/0 80 -j $T\n";
    let (text, items) = run(&format!("#!/bin/sh\n{rules}"));
    assert!(text.contains("\n)\ntrap 'redirections iptables' 0\n"), "{text}");
    assert!(text.contains(" --dport 80 -j $(iptables_target input-redirecting \"$T\")\n"), "{text}");
    let said =
        "`$T` may be ACCEPT [-l], DENY [-l], REJECT [-l], RETURN or REDIRECT [PORT] [-l]; anything else is refused";
    assert!(items.iter().any(|item| item.message.contains(said)), "{items:?}");
    let program = run(&format!("#!/bin/sh\n{}", rules.replace("ipchains", "/sbin/ipchains"))).0;
    assert!(program.contains("\ntrap 'redirections /sbin/iptables' 0\n"), "{program}");
    // Without a shell of its own, the last line does it.
    for begin in ["", "#!/bin/sh\ntrap 'rm -f /tmp/x' 0\n"] {
        let (text, _) = run(&format!("{begin}{rules}"));
        assert!(!text.contains("trap 'redirections") && text.ends_with("\nredirections iptables\n"), "{text}");
    }
    let chains =
        run(&format!("#!/bin/sh\nipchains -N web\nipchains -A web -p tcp -j $T\nipchains -A output -j web\n{rules}"));
    assert!(chains.0.contains(" -A web -p tcp -j $(iptables_target output \"$T\")\n"), "{}", chains.0);
    let chains =
        run(&format!("#!/bin/sh\nipchains -N web\nipchains -A web -p tcp -j $T\nipchains -A input -j web\n{rules}"));
    assert!(chains.0.contains(" -A web -p tcp -j $(iptables_target input-redirecting \"$T\")\n"), "{}", chains.0);
    // Another end of the script, or what nat holds, may be in the way, and a default says what there can be.
    for script in [
        format!("{rules}exit 0\n"),
        format!("#!/bin/sh\n{rules}exec true\n"),
        format!("#!/bin/sh\nT=DENY\n. /etc/fw.conf\n{rules}"),
        format!("#!/bin/sh\n{}", rules.replace("$T", "${T:-DENY}")),
        format!("#!/bin/sh\n{rules}ipchains -A input -p tcp -d 0/0 81 -j REDIRECT 3128\n"),
        format!("#!/bin/sh\n{}", rules.replace("-p tcp -d 0/0 80", "-d 10.0.0.2")),
        format!("#!/bin/sh\n{}", rules.replace("input", "output")),
    ] {
        let (text, _) = run(&script);
        assert!(!text.contains("redirections"), "{text}");
    }
}

#[test]
fn a_command_that_is_read_redirects_at_the_end_as_well() {
    let rules = "ipchains -N web\nipchains -A input -j web\nwhile read c t r; do ipchains -A $c $r -j $t; done < l\n";
    let (text, items) = run(&format!("#!/bin/sh\n{rules}"));
    assert!(text.contains("\n)\ntrap 'redirections iptables' 0\n"), "{text}");
    let laid = "input,REDIRECT) add -j ACCEPT -m comment --comment \"redirect-to-${port:-same}\"; return ;;";
    assert!(text.contains(laid) && !text.contains("lay nat "), "{text}");
    assert!(items.iter().all(|item| !item.message.contains("REDIRECT")), "{items:?}");
    // Where the end of the script is not known, what stands before the rule is copied when it comes.
    let (text, _) = run(&format!("#!/bin/sh\n{}exec true\n", rules.replace("-A $c", "-A input")));
    assert!(text.contains("lay nat INPUT PREROUTING") && !text.contains("redirect-to-"), "{text}");
}

/// Beside chains whose names are only read, one that only output leads to has no copy for input.
#[test]
fn a_chain_that_others_lead_to_is_none_of_an_unknown_name() {
    let (text, _) = run(
        "ipchains -N bad\nipchains -N $C\nipchains -A $C -j DENY\nipchains -A output -j bad\nipchains -A input -j $T\n",
    );
    assert!(text.contains("\n    *,DROP | *,LOG | input*,bad | entry*,bad | "), "{text}");
}

/// A rule that is read in whole may jump to each chain of the script, so these have copies for all who may meet it.
#[test]
fn a_rule_that_is_read_may_jump_to_a_chain_that_others_lead_to() {
    let script =
        "ipchains -N bad\nipchains -A bad -s 10.0.0.1 -j REJECT\nipchains -A output -j bad\nipchains -A input $R\n";
    let (text, items) = run(script);
    assert!(
        text.contains("\niptables -A bad -s 10.0.0.1 -j REJECT\niptables -A bad-out -s 10.0.0.1 -j DROP\n"),
        "{text}"
    );
    assert!(items.iter().all(|item| !item.message.contains("jumps to bad")), "{items:?}");
    // A lone target is most likely a verdict.
    let (text, _) = run(&script.replace("$R", "-j $T"));
    assert!(!text.contains("bad-out"), "{text}");
}

#[test]
fn a_target_that_logs_is_a_chain() {
    let (text, _) =
        run("ipchains -A output -j $T\n/sbin/ipchains -A output -p udp -j $T\nipchains -A output -j DENY\n");
    assert!(text.contains("\n    output,*\" -l\" | exit,*\" -l\") logged iptables output \"$@\" ;;\n"), "{text}");
    assert!(text.contains("\nlogged() (\n"), "{text}");
    let (text, _) = run("ipchains -A $C -s $S -j $T\n");
    assert!(text.contains("\niptables_target() {\n") && !text.contains("logged"), "{text}");
}

#[test]
fn what_whole_commands_may_not_say_is_said() {
    let said = refusals("ipchains -A $c -p $p -s $s -j DENY\nipchains -A $c -p $p -s $s -j DENY\n");
    assert!(said.is_empty(), "{said:?}");
    let number = refusals("ipchains -L input -n\nipchains -D input $N\n");
    assert!(number[0].contains("message: numbers of rules; marks that are added to others (`-m +1`); "), "{number:?}");
    let all = refusals("ipchains $ARGS\n");
    assert!(all[0].contains("; the commands -C, -L, -M and -S"), "{all:?}");
}

#[test]
fn what_a_command_writes_is_asked_for_like_a_variable() {
    let text = closed("ipchains -P input $(cat /etc/policy)\nipchains -A output -j `cat /etc/target`\n");
    assert!(text.contains("\niptables -P INPUT $(iptables_target policy \"$(cat /etc/policy)\")\n"), "{text}");
    assert!(text.contains("\niptables -A OUTPUT -j $(iptables_target output \"`cat /etc/target`\")\n"), "{text}");
    let known = "t() { case $1 in 22) echo ACCEPT ;; *) echo DENY ;; esac; }\nfor p in 22 80; do\n\
                 ipchains -A output -p tcp -d 0/0 $p -j $(t $p)\ndone\n";
    let text = closed(known);
    assert!(
        text.contains("\niptables -A OUTPUT -p tcp --dport $p -j $(iptables_target output \"$(t $p)\")\n"),
        "{text}"
    );
}

#[test]
fn lines_for_words_that_are_not_known_do_beside_a_flag_of_two_values() {
    let text = closed("L=-l\n[ \"$Q\" ] && L=\nipchains -A output -d 10.0.0.1 $L -j ${T:-DENY}\n");
    let ask = "\niptables -A OUTPUT -d 10.0.0.1 -j $(iptables_target output \"${T:-DENY}\")\n";
    assert!(
        text.contains(ask) && text.contains("\ncase $L in\n    -l) iptables -A OUTPUT -d 10.0.0.1 -j LOG "),
        "{text}"
    );
}

#[test]
fn a_word_that_the_script_negates_by_default_is_read_when_it_runs() {
    let (text, _) = run("N='! 10.0.0.0/8'\n. /etc/fw.conf\nipchains -A output -d $N -j DENY\n");
    assert!(text.ends_with("\nfrom_ipchains -A output -d $N -j DENY\n"), "{text}");
}

#[test]
fn a_number_that_is_read_from_a_list_is_not_one_of_each_copy() {
    let script =
        "N=`ipchains -L input -n --line-numbers | grep kids | cut -c1-3`\nipchains -R input $N -s 10.0.0.1 -j DENY\n";
    let (text, items) = run(script);
    assert!(items.iter().any(|item| item.person && item.message.contains("which rule has this number")), "{items:?}");
    assert!(!text.contains("\niptables -R"), "{text}");
    let alone = closed(
        "N=`ipchains -L input -n --line-numbers | grep kids | cut -c1-3`\nipchains -R input $N -s 10.0.0.1 -j DENY\n",
    );
    assert!(alone.ends_with("\niptables -R INPUT $N -s 10.0.0.1 -j DROP\n"), "{alone}");
}

#[test]
fn a_value_that_is_joined_to_an_option_stays_where_ipchains_refused_it() {
    for option in ["-p$1", "-s$1", "-d\"$1\"", "-yp$1", "--protocol=$1", "-p tcp --dport=$1"] {
        let (text, items) = run(&format!("ipchains -A input {option} -j ACCEPT\n"));
        assert!(items.iter().any(|item| item.person), "{text}");
        assert!(!text.contains("iptables -A INPUT"), "{text}");
    }
    // No device has such a name.
    assert!(migrated("ipchains -A input ! -i$1 -j ACCEPT\n").contains("iptables -A INPUT -j ACCEPT\n"));
    assert!(!migrated("ipchains -A input -i$1 -j ACCEPT\n").starts_with("iptables"));
}

#[test]
fn a_target_with_a_default_is_asked_for() {
    for target in ["${X-DENY}", "\"${X:-$Y}\"", "${Y:-${X-DENY}}"] {
        let text = migrated(&format!("ipchains -P forward DENY\nipchains -A input -p tcp -j {target}\n"));
        let asked = format!("iptables -A INPUT -p tcp -j $(iptables_target input \"{}\")", target.trim_matches('"'));
        assert!(text.contains(&asked), "{text}");
    }
    // Only the shell of the script may set the variable.
    let (text, _) = run("ipchains -A input -p tcp -j ${X:=DENY}\nipchains -A output -j $X\n");
    assert!(!text.contains("\"${X:=DENY}\""), "{text}");
}

#[test]
fn a_rule_that_is_inserted_stands_behind_its_log_if_there_is_one() {
    let text = closed("ipchains -I input -s $1 -j DENY $LOG\n");
    let lines = "case $LOG in -l) iptables -I INPUT 1 -s $1 -j LOG --log-level info --log-prefix \"input DENY \" ;; esac\n\
                 iptables -I INPUT ${LOG:+2} -s $1 -j DROP${LOG#-l}\n";
    assert!(text.contains(lines), "{text}");
    // Elsewhere the numbers of the others count.
    let (text, _) =
        run("ipchains -P forward DENY\nipchains -A input -l -j ACCEPT\nipchains -I input 2 -s $1 -j DENY $LOG\n");
    assert!(text.contains("from_ipchains -I input 2 -s $1 -j DENY $LOG\n"), "{text}");
}

/// A command for all chains names none of them.
#[test]
fn the_function_empties_all_chains() {
    let script = "undo() { ipchains -F; }\ntrap undo 1\nipchains -F\nipchains-restore <<EOF\n:input DENY\n\
                  -A forward -s 10.0.0.1/255.255.255.255 -d 0.0.0.0/0.0.0.0 -i eth0 -j MASQ\nEOF\n\
                  [ $? -eq 0 ] || { undo; exit 1; }\ncase $answer in y*) ;; *) undo ;; esac\n";
    let (text, _) = run(script);
    assert!(text.contains("undo() { from_ipchains -F; }") && text.contains("chains=all"), "{text}");
}

/// Policies that differ from run to run take no part of the function that is for rules.
#[test]
fn the_function_has_nothing_for_rules_where_only_policies_are_set() {
    let (text, _) =
        run("shut() { for c in input forward output; do ipchains -P $c $1; done; }\ntrap 'shut DENY' 1\nshut DENY\n\
         ipchains -F\nipchains -A input -i eth1 -j ACCEPT\nipchains -A forward -i eth0 -j MASQ\n\
         [ -f /etc/open ] && shut ACCEPT\n");
    assert!(text.contains("from_ipchains -P $c $1"), "{text}");
    assert!(!text.contains("add() {") && !text.contains("    each\n"), "{text}");
    assert!(text.contains("        exit ;;\n    esac\n)\n"), "{text}");
}

/// ipchains redirects tcp and udp alone, so that REDIRECT fails in its own runs, and nothing else does.
#[test]
fn a_target_that_ipchains_refuses_fails_in_its_runs_alone() {
    let script = "#!/bin/sh\ncase $1 in 0) V=ACCEPT ;; 1) V=REDIRECT ;; esac\n\
                  deny() { ipchains -A \"$1\" -s \"$2\" -j $3; }\nipchains -F\ndeny input 10.5.0.0/16 $V\n";
    for more in ["", "deny forward 10.6.0.0/16 DENY\n"] {
        let text = migrated(&format!("{script}{more}"));
        assert!(text.contains("iptables -A INPUT -s \"$2\" -j $(iptables_target input \"$3\")"), "{text}");
        assert!(!text.contains("REDIRECT)"), "{text}");
    }
}
