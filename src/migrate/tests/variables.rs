//! Words that are kept in variables, and what is known of them.

use super::{closed, migrated, run};

#[test]
fn the_program_changes_its_name_wherever_it_is_kept() {
    assert_eq!(
        migrated("IPCHAINS=/sbin/ipchains\n[ -x $IPCHAINS ] || exit 0\n${IPCHAINS} -F\n\"$IPCHAINS\" -X\n"),
        "IPTABLES=/sbin/iptables\n[ -x $IPTABLES ] || exit 0\n${IPTABLES} -F\n\"$IPTABLES\" -X\n"
    );
    assert_eq!(
        migrated("[ -x /sbin/ipchains ] || exit 0\nsudo -n ipchains -F\n"),
        "[ -x /sbin/iptables ] || exit 0\nsudo -n iptables -F\n"
    );
    assert_eq!(
        closed("ipt() { /sbin/ipchains \"$@\"; }\nipt -A input -y -p tcp -j DENY\n"),
        "ipt() { /sbin/iptables \"$@\"; }\nipt -A INPUT -p tcp --tcp-flags SYN,RST,ACK SYN -j DROP\n"
    );
    assert_eq!(
        closed("run() { eval \"$*\"; }\nrun ipchains -A input -l -j DENY\n"),
        "run() { eval \"$*\"; }\nrun iptables -A INPUT -j LOG --log-level info --log-prefix input:DENY:\nrun iptables -A INPUT -j DROP\n"
    );
    let both = "if [ -f /proc/net/ip_fwchains ]; then ipchains -F; else iptables -F; fi\n";
    assert_eq!(migrated(both), "if [ -f /proc/net/ip_tables_names ]; then iptables -F; else iptables -F; fi\n");
}

#[test]
fn variables_keep_their_place_and_change_their_values() {
    assert_eq!(
        closed("for c in input output; do ipchains -P $c DENY; done\n"),
        "for c in INPUT OUTPUT; do iptables -P $c DROP; done\n"
    );
    assert_eq!(
        closed("T=DENY\nipchains -A input -s 10.0.0.1 -j $T\n"),
        "T=DROP\niptables -A INPUT -s 10.0.0.1 -j $T\n"
    );
    let tested = run("T=DENY\n[ \"$T\" = DENY ] && echo closed\nipchains -A input -j $T\n").0;
    assert!(tested.contains("T=DENY\n") && tested.contains("iptables -A INPUT -j DROP"), "{tested}");
}

#[test]
fn variables_with_several_words_keep_them_or_give_way() {
    assert_eq!(
        closed("fw=\"ipchains\t-A input\"\n$fw -p tcp -d 10.0.0.1 80 -j DENY\n"),
        "fw=\"iptables\t-A INPUT\"\n$fw -p tcp -d 10.0.0.1 --dport 80 -j DROP\n"
    );
    assert_eq!(
        closed("no='-l -j DENY' ok='-j ACCEPT'\nipchains -A input -s 10.0.0.1 $ok\nipchains -A input $no\n"),
        "no='-l -j DENY' ok='-j ACCEPT'\niptables -A INPUT -s 10.0.0.1 $ok\niptables -A INPUT -j LOG --log-level info --log-prefix \"input DENY \"\niptables -A INPUT -j DROP\n"
    );
    assert_eq!(
        closed("I='ipchains -A input'\nJ=${I%input}output\n$J -j DENY\n"),
        "I='iptables -A input'\nJ=${I%input}output\niptables -A OUTPUT -j DROP\n"
    );
}

#[test]
fn commands_that_are_put_together_first_are_translated_where_that_is_done() {
    let new = |old: &str| {
        let names = [("IPCHAINS", "IPTABLES"), ("ipchains", "iptables"), ("input", "INPUT"), ("DENY", "DROP")];
        names.iter().fold(old.to_owned(), |text, (old, new)| text.replace(old, new))
    };
    for script in [
        "IPCHAINS=/sbin/ipchains\nNET=10.1.0.0/16\ncmd=\"$IPCHAINS -A input -s $NET -j DENY\"\neval \"$cmd\"\n",
        "for r in '-s 10.1.1.1' '-s 10.1.1.2'; do\n  C=\"ipchains -A input $r -j DENY\"\n  echo \"$C\"\n  $C\ndone\n",
        "for r in '-s 10.1.1.1' '-s 10.1.1.2'; do\n  C=\"ipchains -A input ${r} -j DENY\"\n  eval $C || exit 1\ndone\n",
        "c='ipchains -A input -s 10.1.1.1 -j DENY'\neval \"$c\"\nc=\"ipchains -A input -j ACCEPT\"\neval \"$c\"\n",
    ] {
        assert_eq!(closed(script), new(script));
    }
    // What else becomes of it stands beside it.
    assert_eq!(
        migrated("c=\"ipchains -A input -s 10.1.1.1 -j DENY\"\neval \"$c\"\n"),
        "c=\"iptables -A INPUT -s 10.1.1.1 -j DROP\"\neval \"$c\"\niptables -A FORWARD -s 10.1.1.1 -j DROP\n"
    );
}

#[test]
fn commands_that_become_other_words_are_written_out_where_they_are_run() {
    for (old, new) in [
        (
            "c=\"$IPCHAINS -A input -p tcp -d 0/0 80 -j DENY\"\neval \"$c\"\n",
            "$IPTABLES -A INPUT -p tcp --dport 80 -j DROP\n",
        ),
        (
            "c=\"$IPCHAINS -A input -s 10.1.1.1 -l -j DENY\"\neval \"$c\"\n",
            "$IPTABLES -A INPUT -s 10.1.1.1 -j LOG --log-level info --log-prefix \"input DENY \"\n\
             $IPTABLES -A INPUT -s 10.1.1.1 -j DROP\n",
        ),
        // The names that change come from elsewhere.
        (
            "T=DENY\nc=\"$IPCHAINS -A input -s 10.1.1.1 -j $T\"\neval \"$c\"\n",
            "T=DROP\n$IPTABLES -A INPUT -s 10.1.1.1 -j $T\n",
        ),
        (
            "for c in input output; do\n  r=\"$IPCHAINS -A $c -s 10.1.1.1 -j DENY\"\n  eval \"$r\"\ndone\n",
            "for c in INPUT OUTPUT; do\n  $IPTABLES -A $c -s 10.1.1.1 -j DROP\ndone\n",
        ),
        (
            "f() {\n  c=\"$IPCHAINS -A input -j $1\"\n  eval \"$c\"\n}\nf DENY\n",
            "f() {\n  $IPTABLES -A INPUT -j DROP\n}\nf DENY\n",
        ),
        (
            "read T <<E\nDENY\nE\nc=\"$IPCHAINS -A input -s 10.1.1.1 -j $T\"\neval \"$c\"\n",
            "read T <<E\nDENY\nE\n$IPTABLES -A INPUT -s 10.1.1.1 -j DROP\n",
        ),
        // One variable begins with another one, or with itself.
        (
            "c=\"ipchains -A input\"\nfor p in 22 80; do\n  r=\"$c -p tcp -d 0/0 $p\"\n  $r -j ACCEPT\ndone\nc=\"$c -p udp\" # the rest\n$c -j DENY\n",
            "for p in 22 80; do\n  iptables -A INPUT -p tcp --dport $p -j ACCEPT\ndone\n# the rest\niptables -A INPUT -p udp -j DROP\n",
        ),
        (
            "CMD=ipchains\nCMD=\"$CMD -A input\"\n$CMD -s 10.0.0.2 -p tcp -y -l -j DENY\n",
            "iptables -A INPUT -s 10.0.0.2 -p tcp --tcp-flags SYN,RST,ACK SYN -j LOG --log-level info --log-prefix \
             \"input DENY \"\niptables -A INPUT -s 10.0.0.2 -p tcp --tcp-flags SYN,RST,ACK SYN -j DROP\n",
        ),
        // A function has it for itself.
        (
            "f() {\n  local c=\"ipchains -A output\"\n  $c -d 10.0.0.3 -l -j DENY\n}\nf\n",
            "f() {\n  iptables -A OUTPUT -d 10.0.0.3 -j LOG --log-level info --log-prefix \"output DENY \"\n  iptables -A \
             OUTPUT -d 10.0.0.3 -j DROP\n}\nf\n",
        ),
        // Somebody else looks at it, who finds what was there.
        (
            "c=\"$IPCHAINS -A input -p tcp -d 0/0 80 -j DENY\"\necho \"$c\"\n$c\n",
            "c=\"$IPCHAINS -A input -p tcp -d 0/0 80 -j DENY\"\necho \"$c\"\n$IPTABLES -A INPUT -p tcp --dport 80 -j DROP\n",
        ),
        (
            "c=\"$IPCHAINS -A input -s 10.1.1.1 -j DENY\"\neval \"$c\"\n[ \"$c\" = DENY ] && echo closed\n",
            "c=\"$IPCHAINS -A input -s 10.1.1.1 -j DENY\"\n$IPTABLES -A INPUT -s 10.1.1.1 -j DROP\n[ \"$c\" = DENY ] && echo closed\n",
        ),
    ] {
        let setup = "IPCHAINS=/sbin/ipchains\n$IPCHAINS -P forward DENY\n";
        assert_eq!(
            closed(&format!("{setup}{old}")),
            format!("IPTABLES=/sbin/iptables\n$IPTABLES -P FORWARD DROP\n{new}")
        );
    }
}

#[test]
fn commands_of_other_programs_are_written_out_where_they_are_run() {
    for (old, new) in [
        (
            "P=\"/usr/sbin/ipmasqadm portfw\"\n$P -f\nfor p in 20 21; do $P -a -P tcp -L $ME $p -R 10.0.0.7 $p; done\n",
            "iptables -t nat -F PREROUTING\nfor p in 20 21; do \
             iptables -t nat -A PREROUTING -d $ME -p tcp --dport $p -j DNAT --to-destination 10.0.0.7:$p; done\n",
        ),
        ("S=\"ipchains-save -v\"\n$S > /etc/rules\n", "iptables-save > /etc/rules\n"),
        (
            "W=\"sysctl -w\"\n$W net.ipv4.ip_masq_debug=1\n$W net.ipv4.ip_forward=1\n",
            "W=\"sysctl -w\"\n:\n$W net.ipv4.ip_forward=1\n",
        ),
    ] {
        let text = closed(old);
        let code = |line: &&str| !line.starts_with('#');
        let text: String = text.split_inclusive('\n').filter(code).collect();
        assert!(text.ends_with(new) && !text.contains("ipchains"), "{text}");
    }
}

#[test]
fn the_service_changes_its_name_wherever_it_is_kept() {
    for (old, new) in [
        ("S=\"service ipchains\"\n$S stop\n", "S=\"service iptables\"\n$S stop\n"),
        ("S=/etc/init.d/ipchains\n[ -x $S ] && $S stop\n", "S=/etc/init.d/iptables\n[ -x $S ] && $S stop\n"),
        ("S='/etc/rc.d/init.d/ipchains stop'\n$S\n", "S='/etc/rc.d/init.d/iptables stop'\n$S\n"),
        (
            "[ -x /etc/init.d/ipchains ] && /etc/init.d/ipchains start\n",
            "[ -x /etc/init.d/iptables ] && /etc/init.d/iptables start\n",
        ),
        ("D=/etc/rc.d/init.d\n$D/ipchains start\n", "D=/etc/rc.d/init.d\n$D/iptables start\n"),
        (
            "for s in ipchains network; do\n  service $s restart\n  chkconfig --level 2345 $s on\ndone\n",
            "for s in iptables network; do\n  service $s restart\n  chkconfig --level 2345 $s on\ndone\n",
        ),
        ("systemctl start ipchains.service\n", "systemctl start iptables.service\n"),
        (
            "invoke-rc.d ipchains stop\nupdate-rc.d ipchains remove\n",
            "invoke-rc.d iptables stop\nupdate-rc.d iptables remove\n",
        ),
        ("service iptables stop\necho service ipchains stop\n", "service iptables stop\necho service ipchains stop\n"),
        // What such a script keeps beside its init script is not known.
        ("[ -f /etc/ipchains ] || exit 0\n", "[ -f /etc/ipchains ] || exit 0\n"),
    ] {
        assert_eq!(closed(old), new);
    }
}

#[test]
fn words_of_commands_that_differ_from_run_to_run_stay_in_their_variable() {
    let setup = "IPCHAINS=/sbin/ipchains\n$IPCHAINS -P forward DENY\n";
    let new = "\n# no_translation VALUE: says that commands are left out here, which are written for other values than this \
               one.\nno_translation() { echo \"no translation for the value '$1'\" >&2; }\n\n\
               IPTABLES=/sbin/iptables\n$IPTABLES -P FORWARD DROP\n";
    for (old, wanted) in [
        (
            "if [ \"$1\" ]; then\n  c=\"$IPCHAINS -A input -l -j DENY\"\nelse\n  c=\"$IPCHAINS -A input -j DENY\"\nfi\n\
             $c -s 10.0.0.1\n",
            "if [ \"$1\" ]; then\n  c=\"-l\"\nelse\n  c=\"\"\nfi\ncase $c in\n    -l) $IPTABLES -A INPUT -s 10.0.0.1 \
             -j LOG --log-level info --log-prefix \"input DENY \" ;;\n    '') ;;\n    *) no_translation \"$c\" ;;\nesac\n\
             $IPTABLES -A INPUT -j DROP -s 10.0.0.1\n",
        ),
        // What is added comes behind a blank.
        (
            "c=\"$IPCHAINS -A input -s 10.0.0.1\"\n[ \"$1\" ] && c=\"$c -l\"\n$c -j DENY\n",
            "c=\"\"\n[ \"$1\" ] && c=\"$c -l\"\ncase $c in\n    '') ;;\n    ' -l') $IPTABLES -A INPUT -s 10.0.0.1 \
             -j LOG --log-level info --log-prefix \"input DENY \" ;;\n    *) no_translation \"$c\" ;;\nesac\n\
             $IPTABLES -A INPUT -s 10.0.0.1 -j DROP\n",
        ),
    ] {
        assert_eq!(migrated(&format!("{setup}{old}")), format!("{new}{wanted}"));
    }
}

#[test]
fn commands_that_a_loop_goes_over_are_written_out_in_it() {
    let text = closed(
        "ipchains -P forward DENY\nfor c in \"ipchains -A input\" 'ipchains -A output'; do $c -s 10.0.0.1 -l -j DENY; done\n",
    );
    assert!(text.contains("\nfor c in \"INPUT\" \"OUTPUT\"; do"), "{text}");
    assert!(text.ends_with("esac; iptables -A $c -s 10.0.0.1 -j DROP; done\n"), "{text}");
}

#[test]
fn words_that_are_put_together_choose_with_all_their_blanks() {
    for (words, call) in
        [("ipchains -A input $o -j DENY", ""), ("add $o -j DENY", "add() { ipchains -A input \"$@\"; }\n")]
    {
        let (text, _) = run(&format!("{call}o=\n[ \"$1\" ] && o=\"$o -l\"\n[ \"$2\" ] && o=\"$o  -b\"\n{words}\n"));
        let arms: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(')')).map(|(arm, _)| arm).collect();
        assert!(arms.starts_with(&["''", "' -l'", "'  -b'", "' -l  -b'"]), "{text}");
    }
}

#[test]
fn commands_that_are_put_together_first_are_translated_as_a_whole_or_not_at_all() {
    for commands in [
        // Which of them is run hangs on the run, and somebody else looks at it.
        "case $1 in\na) c=\"$IPCHAINS -A input -s 10.1.1.1 -d 0/0\" ;;\n*) c=\"$IPCHAINS -A output -d 10.1.1.1\" ;;\nesac\necho $c\n$c -j DENY\n",
        // What stands between them changes a word.
        "T=DENY\nc=\"$IPCHAINS -A input -s 10.1.1.1 -p tcp -y -j $T\"\nT=ACCEPT\neval \"$c\"\n",
    ] {
        let script = format!("IPCHAINS=/sbin/ipchains\n$IPCHAINS -P forward DENY\n{commands}");
        let (text, items) = run(&script);
        assert!(items.iter().any(|item| item.person), "{text}");
        for put_together in commands.lines().filter(|line| line.contains("=\"$IPCHAINS")) {
            assert!(text.contains(&format!("\n{put_together}\n")), "{text}");
        }
        assert!(text.contains("NOT MIGRATED"), "{text}");
    }
}

#[test]
fn variables_change_their_names_in_texts_too() {
    let text = closed(
        "IPCHAINS=/sbin/ipchains\n$IPCHAINS -F input\ncat <<EOF\n$IPCHAINS and ${IPCHAINS}\nEOF\ncat <<'EOF'\n$IPCHAINS\nEOF\n",
    );
    assert!(text.ends_with("cat <<EOF\n$IPTABLES and ${IPTABLES}\nEOF\ncat <<'EOF'\n$IPCHAINS\nEOF\n"), "{text}");
}

#[test]
fn words_that_differ_from_run_to_run_choose_among_commands() {
    assert_eq!(
        closed("for a in -A -D; do ipchains $a input -s 10.0.0.1 -j DENY; done\n"),
        "for a in -A -D; do iptables $a INPUT -s 10.0.0.1 -j DROP; done\n"
    );
    assert_eq!(
        closed("[ -f /log ] && L=-l || L=\nipchains -A input -s 10.0.0.1 $L -j DENY\n"),
        "[ -f /log ] && L=-l || L=\ncase $L in\n    -l) iptables -A INPUT -s 10.0.0.1 -j LOG --log-level info --log-prefix \"input DENY \" ;;\n    '') ;;\n    *) no_translation \"$L\" ;;\nesac\niptables -A INPUT -s 10.0.0.1 -j DROP\n"
    );
    assert_eq!(
        closed("for n in 10/8 172.16.0.0/12; do ipchains -A input -s $n -j DENY; done\n"),
        "for n in 0.0.0.0/8 172.16.0.0/12; do iptables -A INPUT -s $n -j DROP; done\n"
    );
}

#[test]
fn a_device_that_is_the_loopback_one_in_some_runs_only_is_no_case_of_its_own() {
    let script = "ipchains -P input DENY\nfor d in lo $INSIDE; do\nipchains -A input -i $d -j ACCEPT\ndone\n";
    let text = migrated(script);
    assert!(text.contains("iptables -A INPUT -i $d -j ACCEPT\niptables -A FORWARD -i $d -j ACCEPT\ndone\n"), "{text}");
    let text = migrated(&script.replace("$INSIDE", "eth1"));
    assert!(text.contains("iptables -A INPUT -i $d -j ACCEPT\niptables -A FORWARD -i $d -j ACCEPT\ndone\n"), "{text}");
    // No forwarded packet has it.
    let text = migrated(&script.replace(" $INSIDE", ""));
    assert!(text.contains("iptables -A INPUT -i $d -j ACCEPT\ndone\n"), "{text}");
}

#[test]
fn a_port_that_another_file_may_set_anew_stays_a_port() {
    let text = closed(
        "PORT=25 ADDR=10.0.0.1 IF=eth0 LOG=\n[ -f /etc/fw.conf ] && . /etc/fw.conf\n\
         ipchains -A input -i $IF -p tcp -d $ADDR $PORT -j ACCEPT\n\
         ipchains -A output -i $IF -p tcp -s $ADDR ${PORT} -d 0/0 1024:65535 ! -y -j ACCEPT\n",
    );
    let rules: Vec<&str> = text.lines().skip(2).collect();
    let wanted = [
        "iptables -A INPUT -i $IF -p tcp -d $ADDR ${PORT:+--dport $PORT} -j ACCEPT",
        "iptables -A OUTPUT -o $IF -p tcp -s $ADDR ${PORT:+--sport $PORT} --dport 1024:65535 \
         ! --tcp-flags SYN,RST,ACK SYN -j ACCEPT",
    ];
    assert_eq!(rules, wanted);
}

#[test]
fn a_port_a_flag_and_an_address_may_all_be_set_anew() {
    let text = migrated(
        "ADDR=0.0.0.0/0 PORT=25 LOG=-l\n[ -f /etc/fw.conf ] && . /etc/fw.conf\nipchains -P forward DENY\n\
         ipchains -A input -p tcp -d $ADDR $PORT -j DENY $LOG\nipchains -A forward -s 10.0.0.0/8 -j MASQ\n",
    );
    let rules: Vec<&str> = text.lines().filter(|line| line.contains("ADDR ")).collect();
    let wanted = [
        "        iptables -A INPUT -p tcp -d $ADDR ${PORT:+--dport $PORT} -j LOG --log-level info --log-prefix \"input DENY \"",
        "iptables -A INPUT -p tcp -d $ADDR ${PORT:+--dport $PORT} -j DROP${LOG#-l}",
    ];
    assert_eq!(rules.iter().filter(|line| line.contains("INPUT")).copied().collect::<Vec<_>>(), wanted, "{text}");
    let replies = "-A fwd-replies -p tcp -m conntrack --ctrepldst $ADDR ${PORT:+-m conntrack --ctrepldstport $PORT}";
    assert!(rules.iter().any(|line| line.contains(replies)), "{text}");
}

#[test]
fn a_value_that_nobody_knew_is_not_passed_over_in_silence() {
    let text = closed("for c in input output; do\n  ipchains -A $c -i eth0 -j ACCEPT\ndone\n");
    let case: Vec<&str> =
        text.lines().skip_while(|line| !line.contains("case")).take_while(|line| *line != "done").collect();
    let wanted = [
        "  case $c in",
        "      INPUT) iptables -A $c -i eth0 -j ACCEPT ;;",
        "      OUTPUT) iptables -A $c -o eth0 -j ACCEPT ;;",
        "      *) no_translation \"$c\" ;;",
        "  esac",
    ];
    assert_eq!(case, wanted);
    let whole = migrated("ipchains -P forward DENY\nfor c in input output; do ipchains -A $c -i eth0 -j DENY; done\n");
    assert!(whole.contains("\nno_translation() {") && whole.contains("; *) no_translation \"$c\" ;; esac"), "{whole}");
    let flag = closed("LOG=\n. /etc/fw.conf\nipchains -A input -j DENY $LOG\n");
    assert!(!flag.contains("no_translation"), "{flag}");
    let modules = migrated("for m in ftp user; do\n  modprobe ip_masq_$m\ndone\nipchains -F\n");
    assert!(modules.contains("*) no_translation \"ip_masq_$m\" ;; esac"), "{modules}");
}

#[test]
fn a_word_that_is_empty_in_some_runs_decides_by_its_own_values() {
    let list = "eth0 tcp 22\nwlan0 icmp -\nT\n";
    let script = "while read dev proto port; do [ \"$port\" = - ] && port=\nipchains -A input -i $dev -p $proto -d 0/0 $port -j ACCEPT\ndone <<T\n";
    let text = closed(&format!("{script}{list}"));
    assert!(text.contains("    22) iptables -A INPUT -i $dev -p $proto --dport $port -j ACCEPT ;;"), "{text}");
    assert!(text.contains("    '') iptables -A INPUT -i $dev -p $proto -j ACCEPT ;;"), "{text}");
}

#[test]
fn a_loop_over_places_of_the_program_looks_for_the_new_one() {
    assert_eq!(
        closed("for p in /sbin/ipchains /usr/sbin/ipchains; do [ -x $p ] && IPC=$p; done\n$IPC -A input -j DENY\n"),
        "for p in /sbin/iptables /usr/sbin/iptables; do [ -x $p ] && IPT=$p; done\n$IPT -A INPUT -j DROP\n"
    );
}

#[test]
fn a_command_that_is_the_same_for_both_programs_stays() {
    let script = "IPCHAINS=ipchains\nIPTABLES=iptables\nfor fw in $IPCHAINS $IPTABLES; do $fw -F; done\n";
    let text = closed(&format!("{script}ipchains -A input -j DENY\n"));
    assert_eq!(text, format!("{}iptables -A INPUT -j DROP\n", script.replace("=ipchains", "=iptables")));
}

#[test]
fn what_a_variable_may_run_or_show_is_migrated() {
    let text =
        run("while getopts n o; do case $o in n) RUN=echo ;; esac; done\n$RUN ipchains -A output -s $1 -j DENY\n").0;
    assert!(text.contains("\n$RUN iptables -A OUTPUT -s $1 -j DROP\n") && !text.contains("ipchains"), "{text}");
}

/// What iptables refuses or reads otherwise, by a run of iptables 1.8.9: `-s ! 10.0.0.1`, `-s 10.0.0.1 80`, `-s 10/8`,
/// `--dport ! 80`, `--dport 010` (which is 8), `--icmp-type 3:5`, `--icmp-type 255` (which is any), `-j DROP-y`.
#[test]
fn settings_that_iptables_reads_otherwise_are_named_once() {
    let named = |script: &str, kind: &str| {
        let (_, items) = run(script);
        let notes: Vec<String> =
            items.into_iter().map(|item| item.message).filter(|text| text.contains(kind)).collect();
        assert!(notes.len() < 2, "{notes:?}");
        notes.first().and_then(|note| note.split_once("see what sets ")).map(|(_, names)| names.to_owned())
    };
    let sourced =
        ". /etc/firewall.conf\nipchains -A input -i $EXTIF -s $NET -j DENY\nipchains -A input -d $NET -j DENY\n";
    assert_eq!(named(sourced, "10/8").as_deref(), Some("`$EXTIF`, `$NET`"));
    assert_eq!(named("ipchains -A input -s $1 -j DENY\n", "10/8").as_deref(), Some("`$1`"));
    // One word may be such an address, but no device with a `!` before it; nor may what the script sets.
    let others = "NET=10.0.0.0/8\nipchains -A input -s \"$HOST\" -i ! $EXTIF -d $NET -j DENY\nfor net in $NETS; do\n\
                  ipchains -A input -i \"$IF\" -s ! $net -j DENY\ndone\n";
    assert_eq!(named(others, "10/8").as_deref(), Some("`$HOST`, `$net`"));
    let ports = "ipchains -A input -p tcp -s $A $P -d 0/0 $Q -j DENY\nipchains -A input -p udp --dport \"$R\" -j DENY\n\
                 ipchains -A input -p icmp -s 0/0 $T -j DENY\n";
    assert_eq!(named(ports, "010 as 8").as_deref(), Some("`$P`, `$Q`, `$R`"));
    assert_eq!(named(ports, "types of ICMP").as_deref(), Some("`$T`"));
    assert_eq!(named("ipchains -A input -s 10.0.0.1 -j DENY $LOG\n", "flag of the log").as_deref(), Some("`$LOG`"));
    // What is translated when it runs is so with its values.
    assert_eq!(named("ipchains -A input $REST -p tcp -s $NET $P\n", "see what sets"), None);
}

#[test]
fn what_a_loop_over_unknown_arguments_sets_is_one_of_its_values() {
    let options = "DEV='-i eth0'\nACTION=DENY\nwhile getopts i:r o; do\n  case $o in\n  i) DEV=\"-i $OPTARG\" ;;\n  \
                   r) ACTION=REJECT ;;\n  esac\ndone\n";
    let text = closed(&format!("{options}ipchains -A input $DEV -p tcp -d 10.0.0.1 25 -j $ACTION\n"));
    assert!(text.starts_with(&options.replace("DENY", "DROP")), "{text}");
    assert!(text.contains("\niptables -A INPUT $DEV -p tcp -d 10.0.0.1 --dport 25 -j $ACTION\n"), "{text}");
    // What an earlier round has left may be anything.
    let text = run("for x in $LIST; do A=$B B=\"-i $x\"; done\nipchains -A input $A -s 10.0.0.1 -j DENY\n").0;
    assert!(text.contains("from_ipchains -A input $A"), "{text}");
}

#[test]
fn a_program_whose_new_name_is_taken_is_told_where_its_commands_stand() {
    let script = "if [ -n \"$IPCHAINS\" ]; then\n  $IPCHAINS -A input -s 10.0.0.1 -j DENY\n\
                  elif [ -n \"$IPTABLES\" ]; then\n  $IPTABLES -A INPUT -s 10.0.0.1 -j DROP\nfi\n";
    let (text, items) = run(script);
    assert!(text.contains("  $IPCHAINS -A INPUT -s 10.0.0.1 -j DROP\n"), "{text}");
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert!(item.person && item.message.ends_with("in what has become of line 2"), "{items:?}");
    assert_eq!(script.get(item.place.span.range()), Some("$IPCHAINS"));
}
