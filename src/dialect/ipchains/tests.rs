//! Tests of whole commands: how their options are recorded, what is open, and what is said about them.

use super::*;
use crate::model::{Action, Known, Rule, Test, Unknown, Value};
use crate::text::{FileId, Span};

/// Words of `text`, each at its own place; `$X` is quoted and `*X` unquoted and unknown.
fn words(text: &str) -> Vec<Word> {
    let mut at = 0;
    let word = |word: &str| {
        let span = Span::new(at, at + word.len());
        at += word.len() + 1;
        let (mut value, splits) = (Value::empty(), word.contains('*'));
        for (count, piece) in word.split(['$', '*']).enumerate() {
            match count {
                0 => value.push_str(piece),
                _ => {
                    let (name, rest) = piece.split_at(1);
                    value.push(&Value::unknown(Unknown { name: name.into(), id: 1, single: false }));
                    value.push_str(rest);
                }
            }
        }
        Word { value, place: Place::new(FileId(0), span), splits }
    };
    text.split(' ').map(word).collect()
}

fn read(text: &str) -> Parsed {
    parse(&words(text), Place::default())
}

fn rule(text: &str) -> Rule {
    match read(text).command.map(|command| command.action) {
        Some(Action::Append { mut rules, .. }) if rules.len() == 1 => Rule::clone(&rules.remove(0)),
        other => panic!("{other:?}"),
    }
}

/// The one problem of `text`: its code, the word it is at, and its advice.
fn problem(text: &str) -> (&'static str, String, String) {
    let parsed = read(text);
    assert_eq!(parsed.problems.len(), 1, "{text}: {:?}", parsed.problems);
    let problem = &parsed.problems[0];
    let word = text.get(problem.place.span.range()).unwrap_or_default();
    let hint = problem.message.split_once("; ").map(|(_, hint)| hint.to_owned());
    (problem.code, word.to_owned(), problem.help.clone().or(hint).unwrap_or_default())
}

#[test]
fn options_are_recorded_as_they_are_written() {
    let parsed = read("-A input ! -s 10.0.0.1 ! 80 -p ! tcp -yl -jREDIRECT 3128 --mark=4");
    let [append, source, protocol, syn, log, jump, mark] = parsed.uses.as_slice() else { panic!("{parsed:?}") };
    assert_eq!((append.word, append.arguments.as_slice()), (0, [1].as_slice()));
    assert_eq!((source.bang, source.word, source.value_word()), (Some(2), 3, 4));
    assert_eq!(source.port, Some(PortUse { bang: Some(5), word: 6 }));
    assert_eq!((protocol.inner_bang, protocol.arguments.as_slice()), (Some(8), [9].as_slice()));
    assert_eq!((syn.word, syn.bundled, log.word, log.bundled), (10, true, 10, true));
    assert_eq!((jump.joined.as_ref(), jump.arguments.as_slice()), (Some(&"REDIRECT".into()), [12].as_slice()));
    assert_eq!((mark.joined.as_ref(), mark.bundled), (Some(&"4".into()), false));
}

#[test]
fn unknown_values_stay_open() {
    let rule = rule("-A input -s *A -d $B/24 *P -p $Q -i $I -j $T");
    let unknown = |test: &Test| {
        matches!(
            test,
            Test::Source(Known::Unknown(_))
                | Test::Destination(Known::Unknown(_))
                | Test::Protocol(Known::Unknown(_))
                | Test::Interface(Known::Unknown(_))
        )
    };
    assert_eq!(rule.matches.len(), 4);
    assert!(rule.matches.iter().all(|found| unknown(&found.test)));
    assert_eq!(rule.undecided.iter().map(Value::to_string).collect::<Vec<_>>(), ["${P}"]);
    assert_eq!(rule.target.map(|target| target.name.to_string()), Some("${T}".to_owned()));
}

#[test]
fn an_unknown_option_keeps_everything_from_being_refused() {
    for text in [
        "-A input *L -y -j DENY",
        "-A input -p $P -y",
        "-A input -p $P --sport 80",
        "*A input",
        "-A $C -j MASQ",
        "-A output -p tcp -t *T -j ACCEPT",
        "-A output -t *T",
        "-A input -s *N 10.0.0.0/8 -j DENY",
        "-A input -j DENY -i *N eth0",
    ] {
        let parsed = read(text);
        assert!(parsed.command.is_some(), "{text}: {:?}", parsed.problems);
    }
    assert_eq!(read("-A input *L 1 2 -j DENY").undecided, [2, 3, 4]);
    assert!(read("-A input *L -j DENY 2").command.is_none());
    assert_eq!(read("$A").command.map(|command| command.action), Some(Action::Unknown));
    assert_eq!(read("-A input ! $X -j DENY").undecided, [2, 3]);
}

#[test]
fn what_is_certainly_wrong_is_refused_beside_unknowns() {
    assert_eq!(read("-A input -s $A/33").refusal.as_deref(), Some("invalid mask `33' specified"));
    assert_eq!(read("-A input -p $P --dport 80-81").refusal.as_deref(), Some("invalid port/service `80-81' specified"));
    assert!(matches!(rule("-A input -s ! $A/0").matches.as_slice(), [only] if only.negated));
    assert!(rule("-A input -s $A/0").matches.is_empty());
}

#[test]
fn problems_point_at_their_word_and_help() {
    assert_eq!(
        problem("-A input --protcol tcp"),
        ("unknown-option", "--protcol".into(), "perhaps `--protocol` is meant".into())
    );
    assert_eq!(problem("-A input -p").0, "missing-argument");
    assert_eq!(problem("-A input -p tpc"), ("invalid-value", "tpc".into(), "perhaps `tcp` is meant".into()));
    assert_eq!(problem("-A input -s 10/8").1, "10/8");
    assert_eq!(problem("-A input -s 10/8").2, "write `10.0.0.0/8`, or `0.0.0.0/8` if that is meant");
    assert_eq!(problem("-A input -ieth0").0, "option-as-interface");
    assert_eq!(problem("-A input -d 0/0 80"), ("port-without-protocol", "80".into(), String::new()));
    assert_eq!(problem("-A input !eth0 -j DENY").2, "write `!` as a word of its own: `! eth0`");
    assert_eq!(problem("-A input -ptcp").2, "the argument must be a word of its own: `-p tcp`");
    assert_eq!(problem("-P input DROP").2, "in ipchains it is called `DENY`");
    assert_eq!(problem("-P input deny").2, "perhaps `DENY` is meant");
    assert_eq!(problem("-P input REDIRECT").2, "");
}

#[test]
fn a_word_of_no_option_is_told_where_it_may_belong() {
    for (command, word, hint) in [
        (
            "-A input -p tcp -d 10.0.0.1 smtp www -j ACCEPT",
            "www",
            "ipchains takes one port or range after an address: write a command for each",
        ),
        ("-A input -i eth0 eth1 -j ACCEPT", "eth1", "`-i` takes no further word"),
        ("-A input -p tcp -y DENY", "DENY", "write `-j DENY`"),
        ("-A input tcp -y", "tcp", "write `-p tcp`"),
        (
            "-A input \u{2013}p tcp",
            "\u{2013}p",
            "its first letter is a dash of typography; options begin with the hyphen `-`",
        ),
        ("-A input -y frobnicate", "frobnicate", ""),
    ] {
        assert_eq!(problem(command), ("unknown-option", word.into(), hint.into()));
    }
}

#[test]
fn the_other_direction_of_an_unknown_protocol_is_open_where_there_are_ports() {
    let undecided = |text| match read(text).command.map(|command| command.action) {
        Some(Action::Append { rules, .. }) => rules.iter().map(|rule| rule.undecided.len()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(undecided("-A input -b -p $P -s 1.1.1.1 -j DENY"), [0, 0]);
    assert_eq!(undecided("-A input -b -p $P -s 1.1.1.1 80 -j DENY"), [0, 1]);
}

#[test]
fn a_joined_bang_negates_the_next_word() {
    let rule = rule("-A input -p! tcp -j DENY");
    assert!(matches!(rule.matches.as_slice(), [only] if only.negated));
}

#[test]
fn no_words_can_bring_the_parser_down() {
    const FRAGMENTS: &[&str] = &[
        "-A",
        "-I",
        "-D",
        "-R",
        "-L",
        "-F",
        "-Z",
        "-N",
        "-X",
        "-P",
        "-C",
        "-M",
        "-S",
        "-h",
        "-V",
        "input",
        "forward",
        "usr",
        "!",
        "-s",
        "-d",
        "-p",
        "-i",
        "-j",
        "-y",
        "-f",
        "-b",
        "-l",
        "-m",
        "-t",
        "-o",
        "-v",
        "-n",
        "-x",
        "tcp",
        "icmp",
        "all",
        "--sport",
        "--dport",
        "--icmp-type",
        "--source",
        "--dest",
        "--",
        "-",
        "--=",
        "-=",
        "",
        "10/8",
        "1.2.3.4",
        "0/0",
        "a/b/c",
        "/",
        ":",
        "80",
        "1:2",
        "www",
        "ping",
        "DENY",
        "REDIRECT",
        "MASQ",
        "01",
        "10",
        "-yl",
        "-jDENY",
        "-p!",
        "-s1.2.3.4",
        "--jump=DENY",
        "--log=x",
        "é",
        "-é",
        "--é=",
        "$X",
        "*X",
        "-*X",
        "-j$X",
        "--s$X",
        "!$X",
        "$X/$Y",
        "1:$X",
        "99999999999",
        "+7",
        "-5",
        "0x",
        "\u{FDD0}",
        "\u{FDD0}/\u{FDD0}",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for _ in 0..20_000 {
        let count = next(12);
        let text: Vec<&str> = (0..count).map(|_| FRAGMENTS[next(FRAGMENTS.len())]).collect();
        let words = if text.is_empty() { Vec::new() } else { words(&text.join(" ")) };
        let parsed = parse(&words, Place::default());
        assert_eq!(parsed.command.is_none(), parsed.refusal.is_some(), "{text:?}");
        let errors = parsed.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        assert_eq!(errors, usize::from(parsed.command.is_none()), "{text:?}");
    }
}
