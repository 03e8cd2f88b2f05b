//! Which shell runs the script, as far as its first line says so.

use crate::text::{Source, base_name};

/// The shells that do different things with the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// Under its own name; as `sh` it keeps closer to the standard.
    Bash,
    /// dash, or the shell of busybox, which is made of the same code.
    Dash,
    /// Any of them.
    Any,
}

impl Shell {
    /// What the first line of a script says.
    pub(super) fn of(source: &Source) -> Self {
        let first = source.view().lines().next().unwrap_or_default();
        let Some(line) = first.strip_prefix("#!") else { return Self::Any };
        let mut words = line.split_whitespace().map(base_name).filter(|word| *word != "env" && *word != "busybox");
        match words.next() {
            Some("bash") if !line.contains("--posix") => Self::Bash,
            Some("dash" | "ash") => Self::Dash,
            _ => Self::Any,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shell;
    use crate::text::Source;

    #[test]
    fn the_first_line_names_the_shell() {
        for (line, expected) in [
            ("#!/bin/bash -e", Shell::Bash),
            ("#! /usr/bin/env bash", Shell::Bash),
            ("#!/bin/busybox ash", Shell::Dash),
            ("#!/bin/dash", Shell::Dash),
            ("#!/bin/sh", Shell::Any),
            ("# bash", Shell::Any),
            ("", Shell::Any),
        ] {
            assert_eq!(Shell::of(&Source::new("f", line.as_bytes().to_vec())), expected, "{line}");
        }
    }
}
