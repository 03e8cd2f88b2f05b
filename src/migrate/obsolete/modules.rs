//! Modules of the kernel: those of 2.2, and what took their place.

use super::{Fate, merge, nothing, person};
use crate::text::base_name;

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
pub(in crate::migrate) fn load_module(program: &str, arguments: &[&str], iptables: &str) -> Fate {
    let modprobe = modprobe(program, arguments);
    let (modules, options) = modules(arguments);
    let fate = |module: &&str| (load_one(&modprobe, module, &options, iptables), format!("{modprobe} {module}"));
    merge(modules.iter().map(fate))
}

/// What `rmmod` or `modprobe -r` becomes, where loading modules brings the rules `brought`.
pub(in crate::migrate) fn unload_module(program: &str, arguments: &[&str], iptables: &str, brought: &[String]) -> Fate {
    let flags: String = arguments.iter().filter(|word| word.starts_with('-')).map(|flag| format!(" {flag}")).collect();
    let unload = |module: &str| format!("{program}{flags} {module}");
    let (modules, _) = modules(arguments);
    merge(modules.iter().map(|module| {
        let fate = match successor(module) {
            Ok(None) => Fate::Keep,
            // A helper can be unloaded only when no rule of the raw table names it.
            Ok(Some(Successor::Helper(modules, connections))) => {
                let given = |rule: &&String| {
                    connections.iter().any(|(.., helper)| rule.ends_with(&format!(" --helper {helper}")))
                };
                let mut rules: Vec<String> = brought.iter().filter(given).cloned().collect();
                if rules.is_empty() {
                    rules = connections.iter().map(|(protocol, port, helper)| helped(protocol, port, helper)).collect();
                }
                let gone = rules.iter().map(|rule| without_rule(iptables, rule));
                let unloaded = modules.iter().rev().map(|module| unload(module));
                Fate::Commands { commands: gone.chain(unloaded).collect(), note: None }
            }
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
                    let rule = helped(protocol, port, helper);
                    format!("{iptables} -t raw -C {rule} 2>/dev/null || {iptables} -t raw -A {rule}")
                }));
            }
            let note = "a helper watches only the connections that a rule of the raw table gives to it; a rule of that table \
                        stays when the script flushes the others";
            Fate::Commands { commands, note: Some(note.to_owned()) }
        }
    }
}

/// The rule of the raw table that gives connections to a helper.
fn helped(protocol: &str, port: &str, helper: &str) -> String {
    format!("PREROUTING -p {protocol} --dport {port} -j CT --helper {helper}")
}

/// The command that takes such a rule out, which need not be there.
fn without_rule(iptables: &str, rule: &str) -> String {
    format!("{iptables} -t raw -D {rule} 2>/dev/null || :")
}

/// The rules of the raw table that come with the modules which `arguments` load.
pub(in crate::migrate) fn helper_rules(arguments: &[&str]) -> Vec<String> {
    if arguments.iter().any(|word| matches!(*word, "-r" | "--remove")) {
        return Vec::new();
    }
    let (modules, options) = modules(arguments);
    let given = options.iter().find_map(|option| option.strip_prefix("ports="));
    let mut rules = Vec::new();
    for module in modules {
        let Ok(Some(Successor::Helper(_, connections))) = successor(module) else { continue };
        for (protocol, usual, helper) in *connections {
            let ports = given.unwrap_or(usual).split(',').filter(|port| !port.is_empty());
            rules.extend(ports.map(|port| helped(protocol, port, helper)));
        }
    }
    rules
}

/// The successor of a module written as a name or a file; none for a module that has
/// nothing to do with ipchains, and an error for an unknown masquerading module.
fn successor(module: &str) -> Result<Option<&'static Successor>, String> {
    let file = base_name(module);
    let name = file.split('.').next().unwrap_or(file).replace('-', "_");
    match MODULES.iter().find(|(old, _)| *old == name) {
        Some((_, successor)) => Ok(Some(successor)),
        None if name.starts_with("ip_masq_") => Err(format!("what the masquerading module {name} did is not known")),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{show, words};
    use super::*;

    fn load(text: &str) -> String {
        let words = words(text);
        show(load_module(words[0], &words[1..], "$IPT"))
    }

    fn unload(text: &str) -> String {
        let words = words(text);
        show(unload_module(words[0], &words[1..], "$IPT", &[]))
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
            "$IPT -t raw -D PREROUTING -p tcp --dport 21 -j CT --helper ftp 2>/dev/null || :\n\
             /sbin/rmmod nf_nat_ftp\n/sbin/rmmod nf_conntrack_ftp"
        );
        assert_eq!(
            unload("modprobe -r ip_masq_sip ne"),
            "$IPT -t raw -D PREROUTING -p udp --dport 5060 -j CT --helper sip 2>/dev/null || :\n\
             modprobe -r nf_nat_sip\nmodprobe -r nf_conntrack_sip\nmodprobe -r ne"
        );
        let brought = ["21", "2121"].map(|port| helped("tcp", port, "ftp"));
        let all = show(unload_module("rmmod", &["ip_masq_ftp"], "$IPT", &brought));
        assert!(
            all.contains("--dport 21 ") && all.contains("\n$IPT -t raw -D PREROUTING -p tcp --dport 2121 "),
            "{all}"
        );
        assert_eq!(unload("rmmod ipchains"), ": # the module ipchains is");
        assert_eq!(unload("rmmod ip_masq_quake ip_masq_secret"), ": # it is never loaded");
        assert_eq!(unload("rmmod ne"), "keep");
    }
}
