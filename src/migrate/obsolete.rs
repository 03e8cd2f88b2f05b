//! What becomes of the parts of a 2.2 script beside its rules: modules, files under
//! `/proc`, kernel settings and `ipmasqadm`.
//!
//! Everything here is a function from the words of one command to its [`Fate`]. It knows
//! nothing of the script around the command, so that an answer that would depend on other
//! commands goes into a note or to a person.

/// What becomes of one command of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays byte for byte.
    Keep,
    /// These shell commands take its place.
    Commands {
        /// The commands, to be run in this order.
        commands: Vec<String>,
        /// What a reader should know about the difference.
        note: Option<String>,
    },
    /// It is no longer needed.
    Nothing {
        /// Why it is not.
        note: String,
    },
    /// Only a person can say what should happen.
    Person {
        /// What stands in the way.
        reason: String,
    },
}

fn nothing(note: impl Into<String>) -> Fate {
    Fate::Nothing { note: note.into() }
}

fn person(reason: impl Into<String>) -> Fate {
    Fate::Person { reason: reason.into() }
}

/// What a module of a 2.2 kernel became.
enum Successor {
    /// A module of another name.
    Module(&'static str),
    /// Modules, and the connections (protocol, port, helper) that must be given to them:
    /// kernels since 6.0 watch no port on their own.
    Helper(&'static [&'static str], &'static [(&'static str, &'static str, &'static str)]),
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// Something that is not a module, for this reason.
    Person(&'static str),
}

const NO_HELPER: &str = "the kernel has no helper for this protocol any more";
const BUILT_IN: &str = "iptables rules of the nat table do what this module did";

const MODULES: &[(&str, Successor)] = &[
    ("ipchains", Successor::Module("ip_tables")),
    ("ip_masq_ftp", Successor::Helper(&["nf_conntrack_ftp", "nf_nat_ftp"], &[("tcp", "21", "ftp")])),
    ("ip_masq_irc", Successor::Helper(&["nf_conntrack_irc", "nf_nat_irc"], &[("tcp", "6667", "irc")])),
    (
        "ip_masq_h323",
        Successor::Helper(&["nf_conntrack_h323", "nf_nat_h323"], &[("tcp", "1720", "Q.931"), ("udp", "1719", "RAS")]),
    ),
    ("ip_masq_pptp", Successor::Helper(&["nf_conntrack_pptp", "nf_nat_pptp"], &[("tcp", "1723", "pptp")])),
    ("ip_masq_sip", Successor::Helper(&["nf_conntrack_sip", "nf_nat_sip"], &[("udp", "5060", "sip")])),
    ("ip_masq_raudio", Successor::Nothing(NO_HELPER)),
    ("ip_masq_vdolive", Successor::Nothing(NO_HELPER)),
    ("ip_masq_cuseeme", Successor::Nothing(NO_HELPER)),
    ("ip_masq_quake", Successor::Nothing("masquerading needs no help with this game any more")),
    ("ip_masq_icq", Successor::Nothing(NO_HELPER)),
    ("ip_masq_mms", Successor::Nothing(NO_HELPER)),
    ("ip_masq_dplay", Successor::Nothing(NO_HELPER)),
    ("ip_masq_autofw", Successor::Nothing(BUILT_IN)),
    ("ip_masq_portfw", Successor::Nothing(BUILT_IN)),
    ("ip_masq_mfw", Successor::Nothing(BUILT_IN)),
    ("ip_masq_user", Successor::Nothing(BUILT_IN)),
    ("ip_masq_ipsec", Successor::Person("masqueraded IPsec needs NAT traversal (udp port 4500) in its two ends")),
];

/// What `modprobe` or `insmod` becomes; `program` is its name as written.
pub(super) fn load_module(program: &str, arguments: &[&str], iptables: &str) -> Fate {
    if arguments.iter().any(|word| matches!(*word, "-r" | "--remove")) {
        return unload_module(program, arguments);
    }
    let modprobe = modprobe(program, arguments);
    let (modules, options) = modules(arguments);
    let fate = |module: &&str| (load_one(&modprobe, module, &options, iptables), format!("{modprobe} {module}"));
    merge(modules.iter().map(fate))
}

/// What `rmmod` or `modprobe -r` becomes.
pub(super) fn unload_module(program: &str, arguments: &[&str]) -> Fate {
    let flags: String = arguments.iter().filter(|word| word.starts_with('-')).map(|flag| format!(" {flag}")).collect();
    let unload = |module: &str| format!("{program}{flags} {module}");
    let (modules, _) = modules(arguments);
    merge(modules.iter().map(|module| {
        let fate = match successor(module) {
            Ok(None) => Fate::Keep,
            Ok(Some(Successor::Helper(modules, _))) => Fate::Commands {
                commands: modules.iter().rev().map(|module| unload(module)).collect(),
                note: Some("a helper can be unloaded only when no rule of the raw table names it".to_owned()),
            },
            Ok(Some(Successor::Module(_))) => nothing("the module ipchains is never loaded now"),
            Ok(Some(Successor::Nothing(_) | Successor::Person(_))) | Err(_) => nothing("it is never loaded now"),
        };
        (fate, unload(module))
    }))
}

/// The name of modprobe as the script calls it, with the flags that it still knows.
/// `insmod` wants the path of a file, which the new modules have elsewhere.
fn modprobe(program: &str, arguments: &[&str]) -> String {
    if program.to_ascii_lowercase().contains("insmod") {
        let directory = program.strip_suffix("insmod").filter(|text| text.is_empty() || text.ends_with('/'));
        return format!("{}modprobe", directory.unwrap_or_default());
    }
    let flags = arguments.iter().filter(|word| matches!(**word, "-q" | "-s" | "-v" | "-n"));
    flags.fold(program.to_owned(), |text, flag| text + " " + flag)
}

/// The modules that the words name, and their options.
fn modules<'a>(arguments: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let words = arguments.iter().copied().filter(|word| !word.starts_with('-'));
    words.partition(|word| !word.contains('='))
}

fn load_one(modprobe: &str, module: &str, options: &[&str], iptables: &str) -> Fate {
    match successor(module) {
        Err(reason) => person(reason),
        Ok(None) => Fate::Keep,
        Ok(Some(Successor::Nothing(note))) => nothing(*note),
        Ok(Some(Successor::Person(reason))) => person(*reason),
        Ok(Some(Successor::Module(module))) => {
            Fate::Commands { commands: vec![format!("{modprobe} {module}")], note: None }
        }
        Ok(Some(Successor::Helper(modules, connections))) => {
            let mut commands: Vec<String> = modules.iter().map(|module| format!("{modprobe} {module}")).collect();
            for (protocol, usual, helper) in *connections {
                let given = options.iter().find_map(|option| option.strip_prefix("ports="));
                let ports = given.unwrap_or(usual);
                if !ports.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
                    return person(format!("the ports {ports} of {module} are not known here"));
                }
                commands.extend(ports.split(',').filter(|port| !port.is_empty()).map(|port| {
                    // Nothing flushes the raw table, so a second run must find the rule instead of adding it again.
                    let rule = format!("PREROUTING -p {protocol} --dport {port} -j CT --helper {helper}");
                    format!("{iptables} -t raw -C {rule} 2>/dev/null || {iptables} -t raw -A {rule}")
                }));
            }
            let note = "a helper watches only the connections that a rule of the raw table gives to it; a rule of that table \
                        stays when the script flushes the others";
            Fate::Commands { commands, note: Some(note.to_owned()) }
        }
    }
}

/// The successor of a module written as a name or a file; none for a module that has
/// nothing to do with ipchains, and an error for an unknown masquerading module.
fn successor(module: &str) -> Result<Option<&'static Successor>, String> {
    let file = module.rsplit('/').next().unwrap_or(module);
    let name = file.split('.').next().unwrap_or(file).replace('-', "_");
    match MODULES.iter().find(|(old, _)| *old == name) {
        Some((_, successor)) => Ok(Some(successor)),
        None if name.starts_with("ip_masq_") => Err(format!("what the masquerading module {name} did is not known")),
        None => Ok(None),
    }
}

/// Joins the fates of the parts of one command; each comes with the command for that part
/// alone, in case it stays while another does not.
fn merge(parts: impl Iterator<Item = (Fate, String)>) -> Fate {
    let parts: Vec<(Fate, String)> = parts.collect();
    if parts.iter().all(|(fate, _)| *fate == Fate::Keep) {
        return Fate::Keep;
    }
    let (mut commands, mut notes) = (Vec::new(), Vec::new());
    for (fate, alone) in parts {
        match fate {
            Fate::Keep => commands.push(alone),
            Fate::Commands { commands: new, note } => {
                commands.extend(new);
                notes.extend(note);
            }
            Fate::Nothing { note } => notes.push(note),
            Fate::Person { .. } => return fate,
        }
    }
    notes.dedup();
    let note = notes.join("; ");
    match commands.is_empty() {
        true => Fate::Nothing { note },
        false => Fate::Commands { commands, note: Some(note).filter(|note| !note.is_empty()) },
    }
}

/// When a setting may go: a name below `net/ipv4`, the values that ask for nothing, or
/// none if every value does, and why.
const SETTINGS: &[(&str, Option<&str>, &str)] = &[
    ("ip_always_defrag", None, "connection tracking always puts fragments together"),
    ("ip_masq_debug", None, "masquerading has no debug level any more"),
    ("ip_masq_udp_dloose", Some("0"), "masquerading never accepts udp from other hosts, as this asked"),
];

/// What writing `value` to a file under `/proc` becomes.
pub(super) fn proc_write(path: &str, value: &str) -> Fate {
    if path.starts_with("/proc/net/ip_masq") || path.starts_with("/proc/net/ip_fw") {
        return person(format!("{path} is gone, and no other file takes what was written there"));
    }
    path.strip_prefix("/proc/sys/").map_or(Fate::Keep, |key| setting(key, value))
}

/// What `sysctl` with these words becomes; only assignments can change.
pub(super) fn sysctl(arguments: &[&str]) -> Fate {
    let (assignments, flags): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|word| word.contains('='));
    let flags = flags.join(" ");
    merge(assignments.iter().map(|assignment| {
        let (key, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        // A name with slashes may hold dots, as in net/ipv4/conf/eth0.5/rp_filter.
        let key = if key.contains('/') { key.to_owned() } else { key.replace('.', "/") };
        (setting(key.trim(), value), format!("sysctl {flags} {}", quote(assignment)))
    }))
}

fn setting(key: &str, value: &str) -> Fate {
    let Some(name) = key.strip_prefix("net/ipv4/") else { return Fate::Keep };
    match SETTINGS.iter().find(|(old, ..)| *old == name) {
        Some((_, idle, note)) if idle.is_none_or(|idle| idle == value.trim()) => nothing(*note),
        Some(_) => person(format!("{name} has no successor, and the value {} asks for something", value.trim())),
        None if name.starts_with("ip_masq_") => person(format!("{name} has no successor")),
        None => Fate::Keep,
    }
}

/// Puts a word in quotes if a shell would read it otherwise.
fn quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/=-+:,".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Programs that take a service as an argument.
const SERVICE_TOOLS: &[&str] = &["service", "chkconfig", "invoke-rc.d", "update-rc.d", "rc-update", "rc-service"];

/// Whether the words, program first, start, stop or register the ipchains service.
///
/// The name alone may be changed to iptables. A script that already moves over, with
/// `service ipchains stop; service iptables start`, stays correct: stopping and then
/// starting the same service leaves it running. The other order would leave it stopped.
pub(super) fn is_ipchains_service(words: &[&str]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    let (directory, name) = program.rsplit_once('/').unwrap_or(("", program));
    let script = directory.ends_with("init.d") || directory.ends_with("rc.d");
    (script && name == "ipchains") || (SERVICE_TOOLS.contains(&name) && arguments.contains(&"ipchains"))
}

/// The file that a test should ask for in place of one that is gone.
pub(super) fn path(path: &str) -> Option<&'static str> {
    match path {
        "/proc/net/ip_fwchains" | "/proc/net/ip_fwnames" => Some("/proc/net/ip_tables_names"),
        "/proc/net/ip_masquerade" => Some("/proc/net/nf_conntrack"),
        _ => None,
    }
}

/// What an `ipmasqadm` command becomes. `texts` are its arguments as written, for the new
/// commands, and `arguments` their values where known. `iptables` is the program's text.
pub(super) fn masqadm(arguments: &[Option<&str>], texts: &[&str], iptables: &str) -> Fate {
    let Some((Some(kind), known)) = arguments.split_first() else {
        return person("what ipmasqadm does here is known only at run time");
    };
    let texts = texts.get(1..).unwrap_or_default();
    let read = |values| Options::read(known, texts, values);
    let fate = match *kind {
        "portfw" => read(&[('P', 1, 1), ('L', 2, 2), ('R', 2, 2), ('p', 1, 1)]).map(|o| portfw(&o, iptables)),
        "mfw" => read(&[('m', 1, 1), ('r', 1, 2), ('p', 1, 1)]).map(|o| mfw(&o, iptables)),
        "autofw" => read(&[('r', 3, 3), ('h', 1, 1)]).map(|o| autofw(&o, iptables)),
        other => Err(format!("ipmasqadm {other} has no counterpart")),
    };
    fate.unwrap_or_else(person)
}

/// The options of an `ipmasqadm` command: each letter with the texts of its values.
struct Options<'a>(Vec<(char, Vec<&'a str>)>);

impl<'a> Options<'a> {
    /// Reads the words; `values` says how few and how many values a letter takes, and the
    /// letters that are commands or change nothing take none.
    fn read(known: &[Option<&str>], texts: &[&'a str], values: &[(char, usize, usize)]) -> Result<Self, String> {
        let mut words = known.iter().copied().zip(texts.iter().copied()).peekable();
        let mut options = Vec::new();
        while let Some((value, text)) = words.next() {
            let value = value.ok_or_else(|| format!("whether {text} is an option is known only at run time"))?;
            let letters = value.strip_prefix('-').ok_or_else(|| format!("{text} is not expected in ipmasqadm"))?;
            for letter in letters.chars() {
                let shape = values.iter().find(|(with, ..)| *with == letter).map(|(_, few, many)| (*few, *many));
                let plain = "adflnADEFILS".contains(letter).then_some((0, 0));
                let (few, many) = shape.or(plain).ok_or_else(|| format!("no translation for ipmasqadm's -{letter}"))?;
                let mut taken = Vec::new();
                while taken.len() < many {
                    let is_value = |word: &(Option<&str>, &str)| !word.0.unwrap_or(word.1).starts_with('-');
                    let Some((_, text)) = words.next_if(is_value) else { break };
                    taken.push(text);
                }
                if taken.len() < few {
                    return Err(format!("ipmasqadm's -{letter} lacks a value"));
                }
                options.push((letter, taken));
            }
        }
        Ok(Options(options))
    }

    fn values(&self, letter: char) -> Option<&[&'a str]> {
        self.0.iter().find(|(other, _)| *other == letter).map(|(_, values)| values.as_slice())
    }

    /// The command for nat PREROUTING.
    fn verbs(&self) -> Option<&'static str> {
        self.0.iter().find_map(|(letter, _)| match letter {
            'a' | 'A' => Some("-A"),
            'I' => Some("-I"),
            'd' | 'D' => Some("-D"),
            _ => None,
        })
    }

    /// The fate of the commands that are the same for all kinds.
    fn common(&self, iptables: &str) -> Option<Fate> {
        self.0.iter().find_map(|(letter, _)| match letter {
            'f' | 'F' => Some(Fate::Commands {
                commands: vec![format!("{iptables} -t nat -F PREROUTING")],
                note: Some(
                    "this removes the REDIRECT rules and other forwarding too, but no rule of FORWARD".to_owned(),
                ),
            }),
            'l' | 'L' if self.0.iter().all(|(letter, _)| "lLn".contains(*letter)) => {
                let commands = vec![format!("{iptables} -t nat -L PREROUTING -n")];
                Some(Fate::Commands { commands, note: None })
            }
            'E' | 'S' => Some(person("ipmasqadm changes an entry that is known only at run time")),
            _ => None,
        })
    }

    /// The commands, with a note if entries may have taken turns.
    fn commands(&self, commands: Vec<String>) -> Fate {
        let turns = "ipmasqadm lets several entries for the same packets take turns, while the first of these rules \
                     takes all; `-m statistic --mode nth` on the earlier ones shares them out";
        Fate::Commands { commands, note: self.values('p').map(|_| turns.to_owned()) }
    }
}

fn portfw(options: &Options, iptables: &str) -> Fate {
    if let Some(fate) = options.common(iptables) {
        return fate;
    }
    let (Some(verb), Some([protocol]), Some([address, port]), Some([host, inside])) =
        (options.verbs(), options.values('P'), options.values('L'), options.values('R'))
    else {
        return person("iptables needs the protocol, both addresses and both ports of a forwarded port");
    };
    options.commands(vec![format!(
        "{iptables} -t nat {verb} PREROUTING -d {address} -p {protocol} --dport {port} -j DNAT \
             --to-destination {host}:{inside}"
    )])
}

/// Like autofw it looked only at packets for this host, hence `--dst-type LOCAL`.
fn mfw(options: &Options, iptables: &str) -> Fate {
    if let Some(fate) = options.common(iptables) {
        return fate;
    }
    let (Some(verb), Some([mark]), Some([host, inside @ ..])) =
        (options.verbs(), options.values('m'), options.values('r'))
    else {
        return person("iptables needs the mark and the address that it leads to");
    };
    let marked = format!("{iptables} -t nat {verb} PREROUTING -m mark --mark {mark} -m addrtype --dst-type LOCAL");
    let commands = match inside.first() {
        None => vec![format!("{marked} -j DNAT --to-destination {host}")],
        // A new port can be given only together with a protocol that has ports.
        Some(inside) => ["tcp", "udp"]
            .map(|protocol| format!("{marked} -p {protocol} -j DNAT --to-destination {host}:{inside}"))
            .to_vec(),
    };
    options.commands(commands)
}

fn autofw(options: &Options, iptables: &str) -> Fate {
    if let Some(fate) = options.common(iptables) {
        return fate;
    }
    let (Some(verb), Some([protocol, low, high]), Some([host])) =
        (options.verbs(), options.values('r'), options.values('h'))
    else {
        return person("only a port range that is always forwarded (-r and -h) has a counterpart");
    };
    options.commands(vec![format!(
        "{iptables} -t nat {verb} PREROUTING -p {protocol} --dport {low}:{high} -m addrtype --dst-type LOCAL \
             -j DNAT --to-destination {host}"
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fate as lines: commands, then `# note`; `keep`, `: # note` or `? reason`.
    fn show(fate: Fate) -> String {
        match fate {
            Fate::Keep => "keep".to_owned(),
            Fate::Nothing { note } => format!(": # {}", first_words(&note)),
            Fate::Person { reason } => format!("? {}", first_words(&reason)),
            Fate::Commands { mut commands, note } => {
                commands.extend(note.map(|note| format!("# {}", first_words(&note))));
                commands.join("\n")
            }
        }
    }

    /// Enough of a sentence to tell it from the others.
    fn first_words(text: &str) -> String {
        text.split(' ').take(4).collect::<Vec<_>>().join(" ")
    }

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    fn load(text: &str) -> String {
        let words = words(text);
        show(load_module(words[0], &words[1..], "$IPT"))
    }

    fn unload(text: &str) -> String {
        let words = words(text);
        show(unload_module(words[0], &words[1..]))
    }

    /// Words with a `$` are not known.
    fn adm(text: &str) -> String {
        let texts = words(text);
        let known: Vec<_> = texts.iter().map(|text| (!text.contains('$')).then_some(*text)).collect();
        show(masqadm(&known, &texts, "iptables"))
    }

    #[test]
    fn helpers_come_with_rules() {
        assert_eq!(
            load("/sbin/modprobe ip_masq_ftp"),
            "/sbin/modprobe nf_conntrack_ftp\n/sbin/modprobe nf_nat_ftp\n\
             $IPT -t raw -C PREROUTING -p tcp --dport 21 -j CT --helper ftp 2>/dev/null || $IPT -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n# a helper watches only"
        );
        assert_eq!(
            load("/sbin/insmod -k /lib/modules/2.2.16/ipv4/ip_masq_irc.o ports=6667,6668"),
            "/sbin/modprobe nf_conntrack_irc\n/sbin/modprobe nf_nat_irc\n\
             $IPT -t raw -C PREROUTING -p tcp --dport 6667 -j CT --helper irc 2>/dev/null || $IPT -t raw -A PREROUTING -p tcp --dport 6667 -j CT --helper irc\n\
             $IPT -t raw -C PREROUTING -p tcp --dport 6668 -j CT --helper irc 2>/dev/null || $IPT -t raw -A PREROUTING -p tcp --dport 6668 -j CT --helper irc\n# a helper watches only"
        );
        assert_eq!(
            load("$INSMOD ip_masq_h323"),
            "modprobe nf_conntrack_h323\nmodprobe nf_nat_h323\n\
             $IPT -t raw -C PREROUTING -p tcp --dport 1720 -j CT --helper Q.931 2>/dev/null || $IPT -t raw -A PREROUTING -p tcp --dport 1720 -j CT --helper Q.931\n\
             $IPT -t raw -C PREROUTING -p udp --dport 1719 -j CT --helper RAS 2>/dev/null || $IPT -t raw -A PREROUTING -p udp --dport 1719 -j CT --helper RAS\n# a helper watches only"
        );
        assert_eq!(load("modprobe ip_masq_ftp ports=$PORTS"), "? the ports $PORTS of");
    }

    #[test]
    fn other_modules_change_or_go() {
        assert_eq!(load("modprobe -q ipchains"), "modprobe -q ip_tables");
        assert_eq!(load("insmod ip_masq_quake ports=26000"), ": # masquerading needs no help");
        assert_eq!(load("$MODPROBE ip_masq_portfw"), ": # iptables rules of the");
        assert_eq!(load("modprobe ip_masq_ipsec"), "? masqueraded IPsec needs NAT");
        assert_eq!(load("modprobe ip_masq_secret"), "? what the masquerading module");
        assert_eq!(load("modprobe ne io=0x300"), "keep");
        assert_eq!(load("modprobe -a ipchains ne ip_masq_mms"), "modprobe ip_tables\nmodprobe ne\n# the kernel has no");
    }

    #[test]
    fn modules_are_unloaded_in_reverse() {
        assert_eq!(
            unload("/sbin/rmmod ip_masq_ftp"),
            "/sbin/rmmod nf_nat_ftp\n/sbin/rmmod nf_conntrack_ftp\n# a helper can be"
        );
        assert_eq!(
            load("modprobe -r ip_masq_sip ne"),
            "modprobe -r nf_nat_sip\nmodprobe -r nf_conntrack_sip\nmodprobe -r ne\n# a helper can be"
        );
        assert_eq!(unload("rmmod ipchains"), ": # the module ipchains is");
        assert_eq!(unload("rmmod ip_masq_quake ip_masq_secret"), ": # it is never loaded");
        assert_eq!(unload("rmmod ne"), "keep");
    }

    #[test]
    fn settings_stay_or_go() {
        let write = |path, value| show(proc_write(path, value));
        assert_eq!(write("/proc/sys/net/ipv4/ip_forward", "1"), "keep");
        assert_eq!(write("/proc/sys/net/ipv4/conf/eth0/rp_filter", "1"), "keep");
        assert_eq!(write("/proc/sys/net/ipv4/ip_always_defrag", "1"), ": # connection tracking always puts");
        assert_eq!(write("/proc/sys/net/ipv4/ip_masq_debug", "0"), ": # masquerading has no debug");
        assert_eq!(write("/proc/sys/net/ipv4/ip_masq_udp_dloose", "0\n"), ": # masquerading never accepts udp");
        assert_eq!(write("/proc/sys/net/ipv4/ip_masq_udp_dloose", "1"), "? ip_masq_udp_dloose has no successor,");
        assert_eq!(write("/proc/net/ip_masq/icmp", "1"), "? /proc/net/ip_masq/icmp is gone, and");
        let sysctl = |text| show(sysctl(&words(text)));
        assert_eq!(sysctl("-w net.ipv4.ip_forward=1"), "keep");
        assert_eq!(sysctl("net.ipv4.ip_always_defrag"), "keep");
        assert_eq!(sysctl("-w net.ipv4.ip_always_defrag=1"), ": # connection tracking always puts");
        assert_eq!(
            sysctl("-q -w net/ipv4/ip_always_defrag=1 net.ipv4.ip_forward=1"),
            "sysctl -q -w net.ipv4.ip_forward=1\n# connection tracking always puts"
        );
    }

    #[test]
    fn words_with_spaces_stay_words() {
        let fate = sysctl(&["-w", "net.ipv4.ip_masq_debug=0", "net.ipv4.ip_local_port_range=1024 4999"]);
        assert_eq!(show(fate), "sysctl -w 'net.ipv4.ip_local_port_range=1024 4999'\n# masquerading has no debug");
    }

    #[test]
    fn services_are_known() {
        for text in [
            "service ipchains stop",
            "/sbin/chkconfig --level 2345 ipchains off",
            "/etc/init.d/ipchains start",
            "/etc/rc.d/init.d/ipchains stop",
        ] {
            assert!(is_ipchains_service(&words(text)), "{text}");
        }
        for text in ["", "service iptables stop", "/sbin/ipchains -F", "echo ipchains", "ipchains stop"] {
            assert!(!is_ipchains_service(&words(text)), "{text}");
        }
    }

    #[test]
    fn paths_have_successors() {
        assert_eq!(path("/proc/net/ip_fwchains"), Some("/proc/net/ip_tables_names"));
        assert_eq!(path("/proc/net/ip_fwnames"), Some("/proc/net/ip_tables_names"));
        assert_eq!(path("/proc/net/ip_masquerade"), Some("/proc/net/nf_conntrack"));
        assert_eq!(path("/proc/net/dev"), None);
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
        assert_eq!(adm("autofw -A -r tcp 1 2 -h 10.0.0.1 -c tcp 21"), "? no translation for ipmasqadm's");
        assert_eq!(adm("autofw -A -r tcp 1 2 -h 10.0.0.1 -u"), "? no translation for ipmasqadm's");
        assert_eq!(adm("autofw -A -d 1.2.3.4 -h 10.0.0.1"), "? 1.2.3.4 is not expected");
    }
}
