//! What is said of command lines, and what is made of words that are not known.
//!
//! A word `$X` in a test stands for an unquoted unknown, `=$X` for a quoted one.

use super::{Context, Parsed, parse};
use crate::diag::{Applicability, Diagnostic};
use crate::model::{Action, Argument, Family, Known, Rule, Test, Unknown, Value, Word};
use crate::text::{Edits, FileId, Place, Source, Span};

/// The words of `line` at their places.
fn words(line: &str) -> Vec<Word> {
    let mut start = 0;
    let word = |text: &str| {
        let place = Place::new(FileId(0), Span::new(start, start + text.len()));
        start += text.len() + 1;
        let (known, unknown) = text.split_once('$').map_or((text, None), |(known, name)| (known, Some(name)));
        let mut value = Value::from(known.strip_prefix('=').unwrap_or(known));
        if let Some(name) = unknown {
            value.push(&Value::unknown(Unknown { name: name.into(), id: 0, single: false }));
        }
        Word { value, place, splits: unknown.is_some() && !text.starts_with('=') }
    };
    line.split(' ').map(word).collect()
}

fn read(line: &str) -> Parsed {
    parse(&words(line), Place::default(), Context::command_line(Family::V4))
}

/// `code at word` for each problem.
fn problems(line: &str) -> Vec<String> {
    let at = |place: Place| line.get(place.span.range()).unwrap_or_default().to_owned();
    read(line).problems.iter().map(|problem| format!("{} at {}", problem.code, at(problem.place))).collect()
}

/// What to write instead, which is the help or the end of the message.
fn advice(line: &str) -> String {
    let parsed = read(line);
    assert_eq!(parsed.problems.len(), 1, "{line}: {:?}", parsed.problems);
    let advice = |problem: Diagnostic| {
        let hint = problem.message.split_once("; ").map(|(_, hint)| hint.to_owned());
        assert!(hint.is_none() || problem.help.is_none(), "{line} is answered twice: {problem:?}");
        problem.help.or(hint).unwrap_or_default()
    };
    parsed.problems.into_iter().map(advice).collect()
}

fn rule(line: &str) -> Rule {
    let parsed = read(line);
    assert!(parsed.problems.is_empty(), "{line}: {:?}", parsed.problems);
    match parsed.command.map(|command| command.action) {
        Some(Action::Append { mut rules, .. } | Action::Insert { mut rules, .. }) => Rule::clone(&rules.remove(0)),
        other => unreachable!("{line}: {other:?}"),
    }
}

#[test]
fn words_behind_wait_may_be_the_command() {
    for line in ["-w $X", "-w $X -j ACCEPT", "-w $X ACCEPT", "--wait $X -s 10.0.0.1"] {
        assert_eq!(problems(line), Vec::<String>::new(), "{line}");
    }
    assert_eq!(problems("-w $X -A INPUT ACCEPT"), ["invalid-value at ACCEPT"]);
    assert_eq!(problems("-A INPUT -w $X ACCEPT"), ["invalid-value at ACCEPT"]);
    assert_eq!(problems("-w =$X"), ["missing-argument at "]);
}

#[test]
fn each_mistake_is_reported_once_and_at_its_word() {
    for (line, expected) in [
        ("-A INPUT -p tcp --dprot 22 -j ACCEPT", "unknown-option at --dprot"),
        ("-A INPUT --dport 22 -j ACCEPT", "port-without-protocol at --dport"),
        ("-A INPUT -p icmp --dport 22 -j ACCEPT", "port-without-protocol at --dport"),
        ("-A INPUT -p tcp -dport 22 -j ACCEPT", "unknown-option at -dport"),
        ("-A INPUT -p tcp --dport -j ACCEPT", "missing-argument at --dport"),
        ("-A INPUT -p tcp --dport 22,80 -j ACCEPT", "invalid-value at 22,80"),
        ("-A INPUT -s 10.0.0.256 -j ACCEPT", "invalid-value at 10.0.0.256"),
        ("-A INPUT -o eth0 -j ACCEPT", "wrong-interface-direction at -o"),
        ("-t nat -A POSTROUTING -i eth0 -j MASQUERADE", "wrong-interface-direction at -i"),
        ("-A POSTROUTING -o ppp0 -j MASQUERADE", "wrong-table at MASQUERADE"),
        ("-t nat -A PREROUTING -j MASQUERADE", "wrong-table at MASQUERADE"),
        ("-A INPUT -p tcp -y -j ACCEPT", "ipchains-leftover at -y"),
        ("-A INPUT -j ACCEPT -l", "ipchains-leftover at -l"),
        ("-A INPUT -p tcp -s 10.0.0.0/8 1024: -d 10.0.0.1 80 -j DROP", "ipchains-leftover at 1024:"),
        ("-t nat -A PREROUTING -p tcp -j REDIRECT 8080", "ipchains-leftover at 8080"),
        ("-P INPUT DENY", "ipchains-leftover at DENY"),
        ("-A input -j ACCEPT", "ipchains-leftover at input"),
        ("-A INPUT -j DENY", "ipchains-leftover at DENY"),
        ("-A INPUT -s ! 10.0.0.1 -j DROP", "old-negation at !"),
        ("-A INPUT -s !10.0.0.1 -j DROP", "old-negation at !10.0.0.1"),
        ("-A INPUT -m state --state ! NEW -j DROP", "old-negation at !"),
        ("-A INPUT --state NEW -j DROP", "unknown-option at --state"),
        ("-A INPUT -m limit --lim 5/s -j LOG", "unknown-option at --lim"),
        ("-A INPUT -jACCEPT", "invalid-value at -jACCEPT"),
        ("-A INPUT -m state -j ACCEPT", "missing-argument at state"),
        ("-A INPUT -p tcp -d $NET 80 -j ACCEPT", "ipchains-leftover at 80"),
        ("-M -S 7200 10 60", "ipchains-leftover at -M"),
        ("-A INPUT -p tcp -d 10.0.0.1 ! 80 -j DROP", "ipchains-leftover at 80"),
        ("-I INPUT ACCEPT", "invalid-value at ACCEPT"),
    ] {
        // A bare word after an address is repeated for each end.
        assert_eq!(problems(line).first().map(String::as_str), Some(expected), "{line}");
        assert!(problems(line).len() <= 2, "{line}: {:?}", problems(line));
    }
}

#[test]
fn mistakes_that_have_nothing_to_do_with_each_other_are_all_reported() {
    for (line, expected) in [
        (
            "-A INPUT --dport 80 -o eth0 -j MASQUERADE",
            &["port-without-protocol at --dport", "wrong-interface-direction at -o", "wrong-table at MASQUERADE"][..],
        ),
        ("-A OUTPUT -i eth0 -j MASQUERADE", &["wrong-interface-direction at -i", "wrong-table at MASQUERADE"]),
        ("-t nat -A PREROUTING -o eth0 -j DROP", &["wrong-interface-direction at -o", "wrong-table at DROP"]),
        ("-A INPUT -m state -m limit --foo -o eth0", &["unknown-option at --foo", "wrong-interface-direction at -o"]),
        ("-A INPUT -m state -m multiport -j LOG", &["missing-argument at state", "missing-argument at multiport"]),
        // One place has one reason.
        ("-A INPUT -j TPROXY", &["wrong-table at TPROXY"]),
    ] {
        let mut found = problems(line);
        found.sort_by_key(|problem| expected.iter().position(|other| other == problem));
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn advice_names_the_right_spelling() {
    let messages: Vec<String> =
        read("-A INPUT -p tcp --dprot 22").problems.into_iter().map(|problem| problem.message).collect();
    assert_eq!(messages, ["there is no option `--dprot` here; tcp has `--dport PORT[:PORT]`"]);
    assert_eq!(advice("-A INPUT -p tcp --dprot 22"), "tcp has `--dport PORT[:PORT]`");
    assert_eq!(advice("-A INPUT --state NEW"), "`--state` is an option of `-m state`, which must stand before it");
    assert_eq!(advice("-A INPUT -p tcp -sport 22"), "write `--sport`");
    assert_eq!(advice("-I INPUT DROP"), "write `-j DROP`");
    assert_eq!(advice("-A POSTROUTING -j MASQUERADE"), "add `-t nat`");
    for (line, expected) in [
        ("-A INPUT -p tcp --dport 22,80", "several ports are written `-m multiport --dports 22,80`"),
        ("-A INPUT -p tcp --dport 22-25", "a range of ports is written `22:25` here"),
        ("-A INPUT -p tcp --dport shh", "perhaps `ssh` is meant"),
        ("-A INPUT -m state --state ESTABLISHD", "perhaps `ESTABLISHED` is meant"),
        ("-A INPUT -m state --state NEW RELATED", "`--state` takes one word; the parts of a list are joined by commas"),
        (
            "-A INPUT -p icmp --icmpv6-type ping",
            "`--icmpv6-type` is an option of ip6tables; `-p icmp` has `--icmp-type`",
        ),
        ("-A INPUT -s 10.0.0.1 -s 10.0.0.2", "several addresses are written `-s A,B`"),
        ("-A INPUT -p tcp -p udp", "a rule has one protocol; write a rule for each"),
        ("-A INPUT -m iprange --src-range 10.0.0.0/8", "write the first and the last address, `LOW-HIGH`"),
        ("-A INPUT tcp", "write `-p tcp`"),
        ("-A INPUT -m state ESTABLISHED,RELATED", "perhaps `--state ESTABLISHED,RELATED` is meant"),
        (
            "-A INPUT -p tcp --tcp-flags ALL SYN FIN",
            "`--tcp-flags` takes one word; the parts of a list are joined by commas",
        ),
        ("-A INPUT -m comment --comment it works", "`--comment` takes one word; put quotes around a text with blanks"),
        ("-A INPUT -s 10.0.0.1-10.0.0.9", "a range is written `-m iprange --src-range 10.0.0.1-10.0.0.9`"),
        ("-A INPUT -d 10.0.0.1:80", "a port has an option of its own: `-p tcp --dport 80`"),
        ("-A INPUT -s 10.0.0.256/32", "each number of an address is at most 255"),
        ("-A INPUT -s 2001:db8::1", "rules for IPv6 are those of ip6tables"),
        (
            "-A INPUT -i eth0,eth1",
            "a rule takes one interface, or with `+` all whose names begin so: write a rule for each",
        ),
        ("-A INPUT -p tcp,udp", "a rule is for one protocol: write a rule for each"),
        ("-A INPUT ! -m state", "put it right before the test that it turns round"),
        ("-t nat -A PREROUTING -j DNAT --to-port 80", "DNAT has `--to-destination`, `--random`, `--persistent`"),
        (
            "-t nat -A POSTROUTING -j SNAT --to-destination 10.0.0.1",
            "`--to-destination` is an option of `-j DNAT`, and this rule has `-j SNAT`; SNAT has `--to-source`, `--random`, \
             `--random-fully`, `--persistent`",
        ),
        ("-A INPUT -j ACCEPT --log-prefix x", "`--log-prefix` is an option of `-j LOG`, and this rule has `-j ACCEPT`"),
        ("-t nat -A PREROUTING -p tcp -j DNAT --to 10.0.0.1:80:90", "a range of ports is written `80-90` here"),
        ("-A INPUT -p tcp -m multiport --dports 1-5", "a range is written `1:5` here"),
        ("-A INPUT -m length --length 100-200", "a range is written `100:200` here"),
        ("-A INPUT -p tcp -m multiport --dports 22,", "the parts of a list are joined by commas, without blanks"),
        (
            "-A INPUT -p tcp -m multiport --dports 22 80",
            "`--dports` takes one word; the parts of a list are joined by commas",
        ),
        ("-A INPUT -s 10.0.0.1,", "the parts of a list are joined by commas, without blanks"),
        ("-A INPUT -s 10.0.0.1 10.0.0.2", "`-s` takes one word; several addresses are joined by commas"),
        ("-A INPUT -p tcp !--dport 22", "a blank is missing behind the `!`: write `! --dport`"),
        ("-A INPUT -p tcp --dport !22", "`!` stands before the option: `! --dport 22`"),
        ("-A INPUT -m limit --limit 5/sek", "perhaps `sec` is meant"),
        ("-A INPUT -m iprange --src-range 10.0.0.1:10.0.0.5", "a range of addresses is written `10.0.0.1-10.0.0.5`"),
        ("-A INPUT -m mac --mac-source 00-11-22-33-44-55", "write it with colons, `00:11:22:33:44:55`"),
        ("-A INPUT -m time --weekdays mon", "perhaps `Mon` is meant"),
        (
            "-A INPUT -p tcp --tcp-flags SYN,AKC SYN",
            "there are FIN, SYN, RST, PSH, ACK, URG, ALL and NONE; perhaps `ACK` is meant",
        ),
        ("-t mangle -A INPUT -j TOS --set-tos Minimise-Delay", "perhaps `minimize-delay` is meant"),
        ("-A INPUT -j LOG --log-level inf", "perhaps `info` is meant"),
        ("-A INPUT -j LOG --log-level WARN", "perhaps `warning` is meant"),
        ("-A INPUT -p tcp --dport HTTP", "perhaps `http` is meant"),
        ("-A INPUT -p tcp --dport 080", "a number that begins with 0 is octal: write `80`"),
        ("-A INPUT -p tcp --dport 90:80", "the lower end stands first: `80:90`"),
        ("-A INPUT -m mac --mac-source 00:11:22:33:44", "it takes XX:XX:XX:XX:XX:XX"),
        ("-A INPUT -j ACCEPT -g DROP", "a rule has one target; write a rule for each"),
        ("-A INPUT -j=ACCEPT", "write `-j ACCEPT`"),
        ("-A INPUT -m LOG", "`LOG` is a target: `-j LOG`"),
        ("-P INPUT drop", "there are ACCEPT and DROP; perhaps `DROP` is meant"),
        ("-I INPUT 0", "the first rule has the number 1"),
        ("-A INPUT -j DNAT --to 10.0.0.1", "it belongs in PREROUTING or OUTPUT of the table nat"),
        ("-A INPUT - p tcp", "the name of an option stands right behind its dash"),
        ("A INPUT", "perhaps `-A` is meant"),
        ("-a INPUT", "perhaps `-A` is meant"),
        ("-A INPUT -J DROP", "perhaps `-j` is meant"),
        ("-A INPUT -A OUTPUT", "write a command for each"),
        ("-A INPUT -p http", "a service is a port: `-p tcp --dport http`"),
        ("-p INPUT", "the policy of a chain is set by `-P INPUT`"),
        ("-A INPUT -p any", "without `-p` a rule is for all protocols"),
        ("-A INPUT -p tcp --port 80", "perhaps `--dport` or `--sport` is meant"),
        ("-A INPUT -s 10.0.*", "a network is written `10.0.0.0/16`"),
        ("-A INPUT -s=10.0.0.1", "`=` stands behind long options only: `-s 10.0.0.1`"),
        ("-A INPUT -m limit 5/min", "perhaps `--limit 5/min` is meant"),
        ("-A INPUT -p icmp -m icmp 8", "perhaps `--icmp-type 8` is meant"),
        ("-t nat -A POSTROUTING -j SNAT 10.0.0.1", "perhaps `--to-source 10.0.0.1` is meant"),
        ("-A INPUT -j REJECT icmp-net-unreachable", "perhaps `--reject-with icmp-net-unreachable` is meant"),
        ("-A INPUT -m limit --limit 5 /min", "`--limit` takes one word"),
        ("-N my chain", "`-N` takes one word"),
        ("-A INPUT -p tcp -m multi", "perhaps `multiport` is meant"),
        ("-A INPUT -m geopi --src-cc CN", "perhaps `geoip` is meant"),
        ("-A INPUT -m ctstate", "`--ctstate` is an option of `-m conntrack`"),
        ("-A INPUT -p tcp -m dport", "`--dport` stands behind `-p tcp` or `-p udp`"),
        // One mistake is said once.
        ("-t natt -A POSTROUTING -j MASQUERADE", "perhaps `nat` is meant"),
    ] {
        assert_eq!(advice(line), expected, "{line}");
    }
    let relative = "-A INPUT -m conntrack --state NEW -j ACCEPT";
    assert!(read(relative).problems.iter().any(|problem| { problem.message.contains("; conntrack has `--ctstate ") }));
    for (line, expected) in
        [("-A INPUT -s", "`-s` needs an argument: ADDRESS[/MASK][,...]"), ("-A", "`-A` needs an argument: CHAIN")]
    {
        let messages: Vec<String> = read(line).problems.into_iter().map(|problem| problem.message).collect();
        assert_eq!(messages, [expected], "{line}");
    }
    let suffix = read("-A INPUT -p icmp --type 8 -j ACCEPT").problems;
    assert!(suffix.iter().any(|problem| problem.message.contains("; icmp has `--icmp-type TYPE`")), "{suffix:?}");
    let former = read("-A INPUT -m time --timestart 1:00 --timestop 2:00 --days Mon").problems;
    assert!(former.iter().any(|problem| problem.message.ends_with("; time has `--weekdays DAY[,...]`")), "{former:?}");
    let number = read("-A INPUT -j LOG --log-level 9").problems;
    assert!(number.iter().all(|problem| !problem.message.contains("perhaps")), "{number:?}");
    let dash = advice("-A INPUT -p tcp \u{2013}-dport");
    assert!(dash.contains("begin with the hyphen"), "{dash}");
}

#[test]
fn an_old_negation_is_moved_before_its_option() {
    let line = "-A INPUT -p tcp -s ! 10.0.0.1 --dport ! 80 -j DROP";
    let mut edits = Edits::default();
    for fix in read(line).problems.into_iter().flat_map(|problem| problem.fixes) {
        assert_eq!(fix.applicability, Applicability::Safe);
        edits.add_all(fix.edits).unwrap();
    }
    let fixed = String::from_utf8(edits.apply(&Source::new("f", line.as_bytes().to_vec()))).unwrap();
    assert_eq!(fixed, "-A INPUT -p tcp ! -s 10.0.0.1 ! --dport 80 -j DROP");
    assert!(problems(&fixed).is_empty());
}

#[test]
fn unknown_values_stay_unknown() {
    let rule = rule("-A INPUT -s $IP -p tcp --dport $PORT -j $TARGET");
    assert!(matches!(&rule.matches[0].test, Test::Source(Known::Unknown(value)) if value.to_string() == "${IP}"));
    let Test::Module(tcp) = &rule.matches[2].test else { unreachable!("{:?}", rule.matches) };
    assert!(matches!(&tcp.options[0].argument, Some(Argument::Unknown(value)) if value.to_string() == "${PORT}"));
    assert_eq!(rule.target.map(|target| target.name.to_string()).as_deref(), Some("${TARGET}"));
    assert!(rule.undecided.is_empty());
}

#[test]
fn what_an_unknown_word_may_bring_is_no_mistake() {
    for line in [
        "-A INPUT $EXTRA --dport 22 -j ACCEPT",
        "-A INPUT -p $PROTO --dport 22 -j ACCEPT",
        "-A INPUT -m $MODULE --foo bar -j ACCEPT",
        "-A INPUT -j $TARGET --log-prefix x",
        "$COMMAND INPUT -j ACCEPT",
        "-A INPUT $MATCH -m state -j ACCEPT",
    ] {
        assert_eq!(problems(line), [] as [String; 0], "{line}");
    }
    assert_eq!(
        rule("-A INPUT $EXTRA -j ACCEPT").undecided,
        [Value::unknown(Unknown { name: "EXTRA".into(), id: 0, single: false })]
    );
}

#[test]
fn an_extension_that_is_not_declared_is_one_warning() {
    let line = "-A INPUT -m quux --foo bar --baz -s 10.0.0.1 -j ACCEPT";
    assert_eq!(problems(line), ["unknown-extension at quux"]);
    assert!(!read(line).is_refused());
    let Some(Action::Append { rules, .. }) = read(line).command.map(|command| command.action) else { unreachable!() };
    let rule = &rules[0];
    assert!(matches!(&rule.matches[0].test, Test::Source(Known::Is(_))));
    let Test::Module(quux) = &rule.matches[1].test else { unreachable!("{:?}", rule.matches) };
    let names: Vec<&str> = quux.options.iter().map(|option| option.name.as_str()).collect();
    assert_eq!(names, ["--foo", "--baz"]);
    // A target shows by its options that it is no chain, unless they are misspelled ones of something known.
    assert_eq!(problems("-A INPUT -j QUUX --quux-level 5"), ["unknown-extension at QUUX"]);
    assert_eq!(problems("-A INPUT -j quux --quux-level 5"), ["unknown-option at --quux-level"]);
    assert_eq!(problems("-A INPUT -p tcp -j QUUX --dprot 5"), ["unknown-option at --dprot"]);
}

#[test]
fn joined_unknown_arguments_are_cut_from_their_option() {
    let rule = rule("-A INPUT -p tcp --dport=$PORT -j ACCEPT");
    let Test::Module(tcp) = &rule.matches[1].test else { unreachable!() };
    assert!(matches!(&tcp.options[0].argument, Some(Argument::Unknown(value)) if value.to_string() == "${PORT}"));
}

#[test]
fn uses_say_which_words_belong_together() {
    let words = words("-A INPUT ! -s 10.0.0.1 -p tcp --tcp-flags SYN,ACK SYN -j DROP");
    let uses = super::uses(&words, Place::default(), Context::command_line(Family::V4));
    let shown: Vec<String> = uses
        .iter()
        .map(|one| {
            format!("{} {} {:?} {:?}", one.name, one.option, one.negation, one.arguments.clone().collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        shown,
        ["-A 0 None [1]", "-s 3 Some(2) [4]", "-p 5 None [6]", "--tcp-flags 7 None [8, 9]", "-j 10 None [11]"]
    );
}

#[test]
fn several_addresses_make_several_rules() {
    let parsed = read("-A INPUT -s 10.0.0.1,10.0.0.2 -d 10.1.0.1,10.1.0.2 -j DROP");
    let Some(Action::Append { rules, .. }) = parsed.command.map(|command| command.action) else { unreachable!() };
    let shown: Vec<String> =
        rules.iter().map(|rule| rule.matches.iter().map(|test| format!("{:?}", test.test)).collect()).collect();
    assert_eq!(rules.len(), 4);
    assert!(shown.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn options_that_routers_have_added_are_known_but_not_checked() {
    for (line, option) in [
        ("-t mangle -A QOS -j CONNMARK --set-dscpmark 0xfc000000/0x01000000", "--set-dscpmark"),
        ("-t mangle -A QOSO -j CONNMARK --set-return 0x100/0xf00", "--set-return"),
        ("-t mangle -A QOS -m length --length 0:512 -j MARK --set-mark-return 255", "--set-mark-return"),
        ("-t nat -A POSTROUTING -o ppp0 ! -s 192.0.2.1 -j MASQUERADE --mode fullcone", "--mode"),
    ] {
        assert_eq!(problems(line), [format!("unknown-extension at {option}")]);
    }
    assert_eq!(problems("-A INPUT -j LOG --set-return 1"), ["unknown-option at --set-return"]);
}

#[test]
fn save_files_have_no_table_option() {
    let restore = |line| parse(&words(line), Place::default(), Context::restore(Family::V4, "nat"));
    let parsed = restore("-A POSTROUTING -c 5 60 -j MASQUERADE");
    assert!(!parsed.is_refused());
    let command = parsed.command.unwrap();
    assert!(command.table.is("nat"));
    let Action::Append { rules, .. } = command.action else { unreachable!() };
    assert_eq!(rules[0].counters, Some((5, 60)));
    assert!(restore("-t nat -A POSTROUTING -j MASQUERADE").is_refused());
    assert!(restore("-w -A POSTROUTING -j MASQUERADE").is_refused());
}

#[test]
fn positions_and_numbers_are_read() {
    let action = |line| read(line).command.map(|command| command.action);
    assert!(matches!(action("-I INPUT 3 -j DROP"), Some(Action::Insert { position: Known::Is(3), .. })));
    assert!(matches!(action("-I INPUT -j DROP"), Some(Action::Insert { position: Known::Is(1), .. })));
    assert!(matches!(action("-I INPUT =$N -j DROP"), Some(Action::Insert { position: Known::Unknown(_), .. })));
    assert!(matches!(action("-D INPUT 2"), Some(Action::DeleteNumber { position: Known::Is(2), .. })));
    assert!(matches!(action("-D INPUT -j DROP"), Some(Action::DeleteRule { .. })));
    assert!(matches!(action("-nvL -Z"), Some(Action::List { chain: None, zero: true, rules: false })));
    assert!(matches!(action("-F"), Some(Action::Flush { chain: None })));
    assert!(matches!(action("$DO INPUT -j DROP"), Some(Action::Unknown)));
}
