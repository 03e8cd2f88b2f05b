//! Which kind of file it is, judged by its content alone.

use crate::diag::{Diagnostic, Severity};
use crate::text::{FileId, Place, Source, base_name};

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A shell script.
    Script,
    /// What ipchains-save writes.
    IpchainsSave,
    /// What iptables-save writes.
    IptablesSave,
}

impl Form {
    /// The form of the file once it is rewritten: a script stays one, and of others the new content tells.
    pub fn of_rewritten(self) -> Option<Self> {
        (self == Self::Script).then_some(self)
    }
}

/// The form of `source`: a save file begins with `*table` or `:chain policy` once comments are passed over, and no
/// shell is named to read it.
///
/// A file of rules alone (`-A input ...`), as ipchains-save writes for one chain, counts as a save file too.
pub fn detect(source: &Source) -> Form {
    let text = source.view();
    if interpreter(source).is_some_and(|name| SHELLS.contains(&name)) {
        return Form::Script;
    }
    let meaningful = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines = text.trim_start_matches('\u{FEFF}').lines();
    // iptables-restore reads each line up to its first NUL byte.
    let lines = lines.map(|line| line.split('\0').next().unwrap_or_default().trim());
    let mut lines = lines.filter(meaningful);
    let Some(first) = lines.next() else { return Form::Script };
    let (mark, rest) = first.split_at(first.chars().next().map_or(0, char::len_utf8));
    let mut words = rest.split_whitespace();
    match mark {
        "*" if words.next().is_none_or(is_table) && words.next().is_none() => Form::IptablesSave,
        ":" => of_chain(rest),
        "[" => match words.next().is_some_and(is_counters) && words.next() == Some("-A") {
            true => Form::IptablesSave,
            false => Form::Script,
        },
        "-" if words.next() == Some("A") => match words.next() {
            Some("input" | "forward" | "output") => Form::IpchainsSave,
            _ => Form::IptablesSave,
        },
        _ => Form::Script,
    }
}

/// The form of a file that begins with `:` and this, which may also be the shell's null command.
fn of_chain(rest: &str) -> Form {
    let mut words = rest.split_whitespace();
    let (Some(name), policy) = (words.next(), words.next()) else { return Form::Script };
    let policies = ["-", "ACCEPT", "DROP", "DENY", "REJECT", "QUEUE", "MASQ", "RETURN"];
    let is_declared = policy.is_some_and(|policy| policies.contains(&policy));
    match name {
        _ if rest.starts_with(char::is_whitespace) || !is_declared && !is_plain(name) => Form::Script,
        "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING" => Form::IptablesSave,
        _ if words.next().is_some_and(|counters| counters.starts_with('[')) => Form::IptablesSave,
        _ => Form::IpchainsSave,
    }
}

/// Whether it may be the name of a table, and not a glob.
fn is_table(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Whether a shell would see nothing special in the name of a chain.
fn is_plain(name: &str) -> bool {
    !name.contains(|c: char| c.is_ascii_punctuation() && !"-_.+:%@".contains(c))
}

/// Whether it is what stands behind `[` in `[packets:bytes]`.
fn is_counters(word: &str) -> bool {
    let counters = word.strip_suffix(']').and_then(|inner| inner.split_once(':'));
    counters.is_some_and(|(packets, bytes)| packets.parse::<u64>().is_ok() && bytes.parse::<u64>().is_ok())
}

/// Interpreters that read what a shell reads.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "ksh", "zsh", "mksh", "busybox"];

/// The program that the first line of a file names as its reader.
fn interpreter(source: &Source) -> Option<&str> {
    let line = source.view().trim_start_matches('\u{FEFF}').strip_prefix("#!")?.lines().next()?;
    let mut words = line.split([' ', '\t', ';', '\r']).filter(|word| !word.is_empty());
    let program = base_name(words.next()?);
    if program == "env" { words.find(|word| !word.starts_with('-') && !word.contains('=')) } else { Some(program) }
}

/// A complaint about a script whose first line names another interpreter than a shell.
pub(super) fn foreign(source: &Source, file: FileId) -> Option<Diagnostic> {
    let program = interpreter(source)?;
    let known = SHELLS.contains(&program)
        || program.starts_with('@')
        || matches!(program, "rcscript" | "runscript" | "openrc-run" | "rc.common");
    // Scripts for a wrapper of iptables itself, and templates, are read as scripts.
    let foreign = ["perl", "python", "ruby", "awk", "gawk", "tclsh", "expect", "node", "php", "lua", "make"];
    let is_foreign = !known && foreign.iter().any(|name| program.starts_with(name));
    let place = Place::new(file, source.line_span(0));
    is_foreign.then(|| {
        Diagnostic::new(
            "syntax-error",
            Severity::Error,
            place,
            format!("this is a script for {program}, not for a shell"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        detect(&Source::new("f", text.as_bytes().to_vec()))
    }

    #[test]
    fn save_files_are_known_by_their_first_line() {
        assert_eq!(form("# Generated\n*filter\n:INPUT ACCEPT [0:0]\n"), Form::IptablesSave);
        assert_eq!(form("* filter\nCOMMIT\n"), Form::IptablesSave);
        assert_eq!(form("#!/sbin/iptables-restore\n*filter\nCOMMIT\n"), Form::IptablesSave);
        assert_eq!(form("\u{FEFF}*nat\r\nCOMMIT\r\n"), Form::IptablesSave);
        assert_eq!(form("*filter\0\nCOMMIT\n"), Form::IptablesSave);
        assert_eq!(form(":input DENY\n:my -\n-A input -j DENY\n"), Form::IpchainsSave);
        assert_eq!(form(":f2b-sshd\n-A input -j f2b-sshd\n"), Form::IpchainsSave);
        assert_eq!(form("# a\n\n:a|b - [0:0]\n"), Form::IptablesSave);
        assert_eq!(form("-A\tINPUT -j DROP\n"), Form::IptablesSave);
        assert_eq!(form("-A inputs -j DROP\n"), Form::IptablesSave);
        assert_eq!(form("[12:3450] -A INPUT -j DROP\n"), Form::IptablesSave);
        assert_eq!(form("-A forward -s 10.0.0.0/255.0.0.0 -j MASQ\n"), Form::IpchainsSave);
    }

    #[test]
    fn everything_else_is_a_script() {
        assert_eq!(form("#!/bin/sh\nipchains -F\n"), Form::Script);
        assert_eq!(form("#!/bin/sh\n:a\n"), Form::Script);
        assert_eq!(form("\u{FEFF}#! /usr/bin/env bash\n# rules\n-A input\n"), Form::Script);
        assert_eq!(form(": ${IPT:=iptables}\n"), Form::Script);
        for null in
            [":", ":\techo", ":;iptables -F", ":>/var/log/firewall", ":) echo", ":|cat", ":&& x", ":`x`", ":'x'"]
        {
            assert_eq!(form(&format!("{null}\niptables -F\n")), Form::Script, "{null}");
        }
        for glob in ["*) echo;;", "*)", "*.rules", "*/", "*\"$x\"", "* a b"] {
            assert_eq!(form(&format!("{glob}\niptables -F\n")), Form::Script, "{glob}");
        }
        assert_eq!(form("[ -A ] && iptables -F\n"), Form::Script);
        assert_eq!(form("[1:2]\n"), Form::Script);
        assert_eq!(form(""), Form::Script);
    }
}
