//! Commands in strings and here-documents, for a shell or for others.

use super::{closed, migrated, run};

#[test]
fn commands_that_a_text_repeats_are_all_migrated() {
    let text = migrated("sh <<E\nipchains -A input -j DENY\nipchains -F input\nipchains -A input -j DENY\nE\n");
    assert_eq!(text.matches("iptables -A INPUT -j DROP\n").count(), 2, "{text}");
    let text = migrated("eval 'ipchains -A input -j DENY; ipchains -F input; ipchains -A input -j DENY'\n");
    assert!(!text.contains("DENY"), "{text}");
}

#[test]
fn commands_in_strings_are_rewritten_there() {
    assert_eq!(
        closed(
            "run() { echo \"$*\"; eval \"$*\"; }\nW=eth0\nrun \"ipchains -F input; ipchains -A input -i $W -p tcp -d 0/0 80 -j ACCEPT\"\n"
        ),
        "run() { echo \"$*\"; eval \"$*\"; }\nW=eth0\nrun \"iptables -F INPUT; iptables -A INPUT -i $W -p tcp --dport 80 -j ACCEPT\"\n"
    );
    assert_eq!(
        closed("do_it() { echo \"$1\"; eval \"$1\"; }\ndo_it 'ipchains -A input -s 10.0.0.1 -j DENY'\n"),
        "do_it() { echo \"$1\"; eval \"$1\"; }\ndo_it 'iptables -A INPUT -s 10.0.0.1 -j DROP'\n"
    );
    let text = migrated(
        "do_it() { eval \"$1\"; }\ndo_it 'ipchains -P forward DENY'\ndo_it 'ipchains -A forward -i eth0 -j MASQ'\n",
    );
    assert!(text.contains("\ndo_it 'iptables -N masquerade'\n"), "{text}");
    assert_eq!(
        closed("[ -f /log ] && L=-l || L=\neval \"ipchains -A input $L -j DENY\"\n"),
        "[ -f /log ] && L=-l || L=\neval \"case '$L' in -l) iptables -A INPUT -j LOG --log-level info --log-prefix input:DENY: ;; '') ;; *) no_translation '$L' ;; esac; iptables -A INPUT -j DROP\"\n"
    );
}

#[test]
fn texts_that_a_shell_reads_are_rewritten_there() {
    let rule = "ipchains -A input -p tcp -d 0/0 22 -j DENY";
    let new = "iptables -A INPUT -p tcp --dport 22 -j DROP";
    for (before, behind) in [
        ("sh <<EOF\n", "\nEOF\n"),
        ("cat <<'EOF' | /bin/sh\nif true; then\n  ", "\nfi\nEOF\n"),
        ("echo '", "' | sh\n"),
        ("/bin/sh -c '", "'\n"),
        ("trap '", "; exit 1' 1 2 15\n"),
    ] {
        assert_eq!(closed(&format!("{before}{rule}{behind}")), format!("{before}{new}{behind}"));
    }
    // What a function of the script runs, it runs in the same shell.
    let text = closed("run() { echo \"$*\"; eval \"$*\"; }\nrun \"ipchains -A output -j $TARGET\"\n");
    assert!(text.contains("\nrun \"iptables -A OUTPUT -j $(iptables_target output \"$TARGET\")"), "{text}");
    // Another shell has no function of this one.
    let (text, items) = run("sh <<EOF\nipchains -A input -j $TARGET\nEOF\n");
    assert!(items.iter().any(|item| item.person && item.message.starts_with("another shell runs this")), "{items:?}");
    assert!(!text.contains("\nipchains -A input"), "{text}");
}

#[test]
fn commands_for_others_are_listed() {
    let list = |script: &str| {
        let (text, items) = run(&format!("ipchains -P forward DENY\n{script}\n"));
        let messages: Vec<String> = items.iter().filter(|item| item.person).map(|item| item.message.clone()).collect();
        (text, messages)
    };
    for (script, receiver) in [
        ("ssh fw \"ipchains -F input\"", "ssh"),
        ("ssh fw /sbin/ipchains -F input", "ssh"),
        ("cat > /etc/rc.fw <<EOF\n#!/bin/sh\nipchains -F input\nEOF", "/etc/rc.fw"),
        ("echo \"ipchains -F input\" >> /etc/rc.fw", "/etc/rc.fw"),
        ("IPCHAINS=/sbin/ipchains\n$IPCHAINS -F input\nat now <<EOF\n$IPCHAINS -F output\nEOF", "at"),
    ] {
        let (text, messages) = list(script);
        let message = format!("commands of ipchains go to `{receiver}` here; migrate them by hand");
        assert_eq!(messages, [message.as_str()], "{script}");
        assert!(text.contains(&format!("# iptmigrate: NOT MIGRATED: {message}\n")), "{text}");
    }
    // What a shell of this host would run is no text for others.
    for script in [
        "sed s/IF/eth0/ <<EOF | sh\nipchains -A input -i IF -j DENY\nEOF",
        "sh <<EOF\nipchains -A input -s ${X:-10.0.0.1} -j DENY\nEOF",
        "awk '{\nprint \"ipchains -A input -s\", $1 }' <<EOF | sh -x\n10.0.0.1\nEOF",
    ] {
        let (text, messages) = list(script);
        assert_eq!(messages, ["commands of ipchains go to `sh` here; migrate them by hand"]);
        assert!(text.contains("ipchains -A input ") && text.contains("\n#   EOF\n:"), "{text}");
        assert!(!text.contains("\nipchains") && !text.contains("\nEOF"), "{text}");
    }
    let (text, messages) = list("xargs -n 1 ipchains -D input -j DENY -s < /etc/hosts.bad");
    assert_eq!(messages, ["`xargs` runs ipchains here; migrate that by hand"]);
    assert!(text.ends_with("\n#   xargs -n 1 ipchains -D input -j DENY -s < /etc/hosts.bad\n:\n"), "{text}");
    for quiet in [
        "echo \"usage: ipchains -A input\"",
        "echo \"usage: ipchains -A input\" >&2",
        "cat <<EOF\nipchains -F does that\nEOF",
        "grep \"ipchains -A\" /etc/rc.fw | wc -l",
        "cat > /etc/motd <<EOF\nThis host has ipchains.\nEOF",
        "cat > /etc/rc.fw <<EOF\n# ipchains -F\nEOF",
    ] {
        assert_eq!(list(quiet).1, Vec::<String>::new(), "{quiet}");
    }
}

#[test]
fn words_of_a_string_that_are_not_known_are_not_lost() {
    let (text, items) = run("run=eval\n$run \"ipchains -A output -d $1 -j DENY \\$LOG\"\n");
    assert!(items.iter().any(|item| item.person), "{items:?}");
    assert!(text.contains("\n#   $run \"ipchains -A output -d $1 -j DENY \\$LOG\"\n"), "{text}");
    assert!(!text.contains("\niptables -A OUTPUT"), "{text}");
}

#[test]
fn commands_that_eval_reads_are_written_out_where_that_is_the_same() {
    let setup = "IPCHAINS=/sbin/ipchains\nNET=10.1.0.0/16\n";
    let new = "IPTABLES=/sbin/iptables\nNET=10.1.0.0/16\n";
    for (old, migrated) in [
        (r#"eval "\$IPCHAINS -A input -s \$NET -j DENY""#, "$IPTABLES -A INPUT -s $NET -j DROP"),
        (r#"eval "\$IPCHAINS -A input -s \"\${NET}\" -j DENY""#, "$IPTABLES -A INPUT -s \"${NET}\" -j DROP"),
        (r#"eval "\$IPCHAINS -A input -s $NET -j DENY" || exit"#, "$IPTABLES -A INPUT -s $NET -j DROP || exit"),
        (
            r#"eval "\$IPCHAINS -A output -j DENY \$LOG""#,
            "case $LOG in -l) $IPTABLES -A OUTPUT -j LOG --log-level info --log-prefix \"output DENY \" ;; esac\n\
             $IPTABLES -A OUTPUT -j DROP${LOG#-l}",
        ),
        // A setting from outside may be more than words for `eval`.
        (r#"eval "\$IPCHAINS -A output -s $1 -j DENY""#, r#"eval "$IPTABLES -A OUTPUT -s $1 -j DROP""#),
        (
            "add() { eval \"$IPCHAINS $1 output -s \\$NET -j DENY\"; }\nadd -A",
            "add() { $IPTABLES $1 OUTPUT -s $NET -j DROP; }\nadd -A",
        ),
    ] {
        assert_eq!(closed(&format!("{setup}{old}\n")), format!("{new}{migrated}\n"));
    }
    for command in [
        // The second reading finds no variable in single quotes.
        r#"eval "\$IPCHAINS -A input -s '\$NET' -j DENY""#,
        // What is unknown would be read twice, and what waits is not known either.
        r#"eval "\$IPCHAINS -A input -s $1 -d \$2 -j DENY""#,
        // In old-style command substitutions escapes are read once more.
        r#"x=`eval "\$IPCHAINS -A input -s \$NET -j DENY"`"#,
    ] {
        let (text, items) = run(&format!("{setup}{command}\n"));
        assert!(items.iter().any(|item| item.person), "{items:?}");
        assert!(text.contains(&format!("\n#   {}\n", command.trim_matches(['x', '=', '`']))), "{text}");
    }
}

#[test]
fn words_that_eval_reads_out_of_two_variables_are_told_apart() {
    assert_eq!(
        closed(
            "C='ipchains -A input -p tcp -d'\nfor h in 10.1.1.1 10.1.1.2; do\n  for p in 21 22; do\n    \
             eval \"$C $h $p -j DENY\"\n  done\ndone\n"
        ),
        "for h in 10.1.1.1 10.1.1.2; do\n  for p in 21 22; do\n    iptables -A INPUT -p tcp -d $h --dport $p -j DROP\n  \
         done\ndone\n"
    );
}

#[test]
fn commands_that_are_picked_out_of_a_file_for_a_shell_are_for_a_person() {
    for picks in ["grep '^ipchains.*DENY' /etc/rc.firewall", "sed -n 's/^block/ipchains -A input -s/p' /etc/blocked"] {
        let (text, items) = run(&format!("ipchains -F input\n{picks} | sh\n"));
        assert!(items.iter().any(|item| item.person && item.message.contains("go to `sh`")), "{items:?}");
        assert!(text.contains(&format!("\n#   {picks}\n: | sh\n")), "{text}");
    }
    let (text, items) = run("ipchains -F input\ngrep ipchains /etc/rc.firewall | sort\ngrep . /etc/hosts | sh\n");
    assert!(items.is_empty(), "{items:?}");
    assert!(text.ends_with("grep ipchains /etc/rc.firewall | sort\ngrep . /etc/hosts | sh\n"), "{text}");
}

#[test]
fn what_lays_the_way_is_run_where_a_text_is_only_shown_to_a_shell() {
    let (text, _) = run("ipchains -P forward DENY\necho \"ipchains -A input -s $1 -j ACCEPT\" | sh\n\
                         ipchains -A forward -i ppp0 -j MASQ\nipchains -A output -d 10.0.0.9 -j DENY\n");
    assert!(text.contains("\niptables -A FORWARD -j fwd-forward\n") && !text.contains("echo 'iptables"), "{text}");
}

#[test]
fn save_files_and_here_documents_become_input_of_iptables_restore() {
    assert_eq!(
        migrated(
            "# rules\n:input DENY\n:forward DENY\n:output ACCEPT\n:my -\n-A input -s 10.0.0.0/255.0.0.0 -d 0.0.0.0/0.0.0.0 -j my\n-A my -p 6 -s 0.0.0.0/0.0.0.0 80:80 -d 0.0.0.0/0.0.0.0 -j DENY -l\n"
        ),
        "# rules\n*filter\n:FORWARD DROP [0:0]\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:my - [0:0]\n-A INPUT -s 10.0.0.0/255.0.0.0 -j my\n-A my -p 6 --sport 80:80 -j LOG --log-level info --log-prefix \"my DENY \"\n-A my -p 6 --sport 80:80 -j DROP\nCOMMIT\n"
    );
    let script = migrated("ipchains-restore <<E\n:input DENY\n-A input -i lo -j ACCEPT\nE\nipchains -L\n");
    assert!(
        script.contains("iptables-restore -n <<E\n*filter\n")
            && script.contains("-A INPUT -i lo -j ACCEPT\nCOMMIT\nE\niptables -L\n"),
        "{script}"
    );
}

#[test]
fn what_reads_a_list_of_rules_is_named() {
    let read = |script: &str| {
        let (_, items) = run(script);
        items.into_iter().map(|item| item.message).filter(|message| message.contains("columns")).collect::<Vec<_>>()
    };
    let said = "lists of iptables have other names and columns; look at what `awk` reads here";
    assert_eq!(read("n=`ipchains -L input -n -v | awk '{ print $9 }'`\n"), [said]);
    assert!(read("ipchains -L -n | more\nipchains -L\nipchains -L -n > /tmp/x\n").is_empty());
}

#[test]
fn commands_of_other_programs_in_strings_are_rewritten_there() {
    let run = "run() { echo \"$*\"; eval \"$*\"; }\n";
    for (old, new) in [
        ("run 'ipmasqadm portfw -f'\n", "run 'iptables -t nat -F PREROUTING'\n"),
        (
            "run \"ipmasqadm portfw -a -P tcp -L $ME 80 -R $WEB 8080\"\n",
            "run \"iptables -t nat -A PREROUTING -d $ME -p tcp --dport 80 -j DNAT --to-destination $WEB:8080\"\n",
        ),
        ("eval \"modprobe ip_masq_portfw; modprobe ip_tables\"\n", "eval \":; modprobe ip_tables\"\n"),
        ("run \"modprobe $MODULE\"\n", "run \"modprobe $MODULE\"\n"),
        ("run \"ipchains-save -v > /etc/rules\"\n", "run \"iptables-save > /etc/rules\"\n"),
        ("sh -c 'service ipchains stop; sync'\n", "sh -c 'service iptables stop; sync'\n"),
        ("sh <<E\nipmasqadm portfw -f\nE\n", "sh <<E\niptables -t nat -F PREROUTING\nE\n"),
    ] {
        let text = migrated(&format!("{run}{old}"));
        let code = |line: &&str| !line.starts_with("# ") && !line.starts_with("#   ");
        let text: String = text.split_inclusive('\n').filter(code).collect();
        assert_eq!(text, format!("{run}{new}"));
    }
    // In a string there is no room for the cases of a variable.
    let (text, items) = super::run(&format!("{run}for m in ftp user; do run \"modprobe ip_masq_$m\"; done\n"));
    assert!(text.contains("do run \":\"; done\n") && items.iter().any(|item| item.person), "{text}{items:?}");
    // Other machines have their own.
    let (text, items) = super::run("ipchains -F\nssh fw 'ipmasqadm portfw -f'\n");
    assert!(text.contains("ssh fw 'ipmasqadm portfw -f'\n") && items.iter().any(|item| item.person), "{text}{items:?}");
}

#[test]
fn an_alias_for_the_program_is_for_a_person() {
    let (text, items) = run("alias ipc='/sbin/ipchains'\nipc -F\n");
    assert!(items.iter().any(|item| item.person && item.message.starts_with("`ipc` is another name")), "{items:?}");
    assert!(text.contains("\n#   alias ipc='/sbin/ipchains'\n:\n"), "{text}");
    // For somebody who types.
    let (_, items) = run("alias ipc=ipchains\nipchains -F\n");
    assert!(items.is_empty(), "{items:?}");
    assert_eq!(
        migrated("alias ll='ls -l' ipchains_log='less /var/log/fw'\n"),
        "alias ll='ls -l' ipchains_log='less /var/log/fw'\n"
    );
}
