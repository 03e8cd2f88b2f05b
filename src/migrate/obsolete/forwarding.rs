//! Ports, marks and ranges that `ipmasqadm` forwards to inside hosts, as rules of nat PREROUTING.

use super::{Fate, person};
use crate::dialect::ipmasqadm::{Entry, Part, Problem};
use crate::model::Word;

/// What a command becomes. `texts` are its arguments as written, and `iptables` the program's text.
pub(in crate::migrate) fn masqadm(arguments: &[Word], texts: &[&str], iptables: &str) -> Fate {
    match Entry::read(arguments) {
        Ok(entry) => forwarded(&entry, arguments, texts, iptables),
        Err(problem) => person(reason(&problem, arguments, texts)),
    }
}

/// Why a command is left to a person.
fn reason(problem: &Problem, arguments: &[Word], texts: &[&str]) -> String {
    let text = |at: &usize| texts.get(*at).copied().unwrap_or_default();
    match problem {
        Problem::Module => match arguments.first().and_then(Word::known) {
            Some(kind) => format!("ipmasqadm {kind} has no counterpart"),
            None => "what ipmasqadm does here is known only at run time".to_owned(),
        },
        Problem::Unknown(at) => format!("whether {} is an option is known only at run time", text(at)),
        Problem::Unexpected(at) => format!("{} is not expected in ipmasqadm", text(at)),
        Problem::Option(letter) => format!("no translation for ipmasqadm's -{letter}"),
        Problem::Lacks(letter) => format!("ipmasqadm's -{letter} lacks a value"),
    }
}

fn forwarded(entry: &Entry, arguments: &[Word], texts: &[&str], iptables: &str) -> Fate {
    let verb = match entry.verb() {
        Some('f' | 'F') => return emptied(iptables),
        Some('l' | 'L') if entry.has_only("lLn") => {
            return Fate::Commands { commands: vec![format!("{iptables} -t nat -L PREROUTING -n")], note: None };
        }
        Some('E' | 'S') => return person("ipmasqadm changes an entry that is known only at run time"),
        Some('a' | 'A') => "-A",
        Some('I') => "-I",
        Some('d' | 'D') => "-D",
        _ => return person(lacking(arguments)),
    };
    // A new port for what is marked can be given only together with a protocol that has ports.
    let marked = arguments.first().is_some_and(|kind| kind.known() == Some("mfw"));
    let ported = entry.host().is_some_and(|host| host.len() > 1);
    let protocols: &[&str] = if marked && ported { &["-p tcp", "-p udp"] } else { &[""] };
    let commands = protocols.iter().map(|protocol| {
        let words = entry.rule(protocol)?;
        let words: Vec<String> = words.iter().map(|parts| written(parts, texts)).collect();
        Some(format!("{iptables} -t nat {verb} PREROUTING {}", words.join(" ")))
    });
    let Some(commands) = commands.collect() else { return person(lacking(arguments)) };
    let turns = "ipmasqadm lets several entries for the same packets take turns, while the first of these rules \
                 takes all; `-m statistic --mode nth` on the earlier ones shares them out";
    Fate::Commands { commands, note: entry.values('p').map(|_| turns.to_owned()) }
}

fn emptied(iptables: &str) -> Fate {
    let note = "this removes the REDIRECT rules and other forwarding too, but no rule of FORWARD";
    Fate::Commands { commands: vec![format!("{iptables} -t nat -F PREROUTING")], note: Some(note.to_owned()) }
}

/// What an entry must say for iptables.
fn lacking(arguments: &[Word]) -> &'static str {
    match arguments.first().and_then(Word::known) {
        Some("portfw") => "iptables needs the protocol, both addresses and both ports of a forwarded port",
        Some("mfw") => "iptables needs the mark and the address that it leads to",
        _ => "only a port range that is always forwarded (-r and -h) has a counterpart",
    }
}

/// A word of a rule in the script's own words.
fn written(parts: &[Part], texts: &[&str]) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => *text,
        Part::Word(at) => texts.get(*at).copied().unwrap_or_default(),
    };
    parts.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{show, words};
    use super::*;
    use crate::model::{Unknown, Value};
    use crate::text::Place;

    /// Words with a `$` are not known.
    fn adm(text: &str) -> String {
        let texts = words(text);
        let word = |text: &&str| match text.contains('$') {
            true => Value::unknown(Unknown { name: (*text).into(), id: 0, single: true }),
            false => Value::from(*text),
        };
        let words: Vec<Word> = texts.iter().map(|text| Word::new(word(text), Place::default())).collect();
        show(masqadm(&words, &texts, "iptables"))
    }

    #[test]
    fn ports_are_forwarded() {
        assert_eq!(
            adm("portfw -a -P tcp -L $EXTIP 80 -R 192.168.0.5 8080"),
            "iptables -t nat -A PREROUTING -d $EXTIP -p tcp --dport 80 -j DNAT --to-destination 192.168.0.5:8080"
        );
        assert_eq!(
            adm("portfw -d -P $proto -L 1.2.3.4 domain -R \"$ns\" domain -p 10"),
            "iptables -t nat -D PREROUTING -d 1.2.3.4 -p $proto --dport domain -j DNAT --to-destination \"$ns\":domain\n\
             # ipmasqadm lets several entries"
        );
        assert_eq!(adm("portfw -f"), "iptables -t nat -F PREROUTING\n# this removes the REDIRECT");
        assert_eq!(adm("portfw -ln"), "iptables -t nat -L PREROUTING -n");
        assert_eq!(adm("portfw -d -P tcp -L 1.2.3.4 80"), "? iptables needs the protocol,");
        assert_eq!(adm("portfw $ARGS"), "? whether $ARGS is an");
        assert_eq!(adm("portfw -a -P"), "? ipmasqadm's -P lacks a");
        assert_eq!(adm("$KIND -f"), "? what ipmasqadm does here");
        assert_eq!(adm("user -f"), "? ipmasqadm user has no");
    }

    #[test]
    fn marks_are_forwarded() {
        assert_eq!(
            adm("mfw -A -m 80 -r 10.9.8.1 80 -p 20"),
            "iptables -t nat -A PREROUTING -m mark --mark 80 -m addrtype --dst-type LOCAL -p tcp -j DNAT --to-destination 10.9.8.1:80\n\
             iptables -t nat -A PREROUTING -m mark --mark 80 -m addrtype --dst-type LOCAL -p udp -j DNAT --to-destination 10.9.8.1:80\n\
             # ipmasqadm lets several entries"
        );
        assert_eq!(
            adm("mfw -I -m 443 -r 10.9.8.1"),
            "iptables -t nat -I PREROUTING -m mark --mark 443 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.9.8.1"
        );
        assert_eq!(adm("mfw -F"), "iptables -t nat -F PREROUTING\n# this removes the REDIRECT");
        assert_eq!(adm("mfw -E -m 1 -r 10.0.0.1"), "? ipmasqadm changes an entry");
    }

    #[test]
    fn ranges_are_forwarded() {
        assert_eq!(
            adm("autofw -A -r udp 6970 7170 -h 10.9.8.7"),
            "iptables -t nat -A PREROUTING -p udp --dport 6970:7170 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.9.8.7"
        );
        assert_eq!(adm("autofw -A -v -u -r tcp 1 2 -h 10.0.0.1"), adm("autofw -A -r tcp 1 2 -h 10.0.0.1"));
        assert_eq!(adm("autofw -A -r tcp 1 2 -h 10.0.0.1 -c tcp 21"), "? no translation for ipmasqadm's");
        assert_eq!(adm("autofw -A -d 1.2.3.4 -h 10.0.0.1"), "? 1.2.3.4 is not expected");
    }
}
