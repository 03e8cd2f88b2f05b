//! `iptlint explain`: the documentation of a lint, which needs no network.

use super::super::output::{complain, print};
use super::super::{CLEAN, FAILED};
use crate::lint::Lint;

/// Arguments of `iptlint explain`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The lint.
    name: String,
}

pub(super) fn run(args: &Args) -> u8 {
    let Some(lint) = Lint::named(&args.name) else {
        complain("iptlint", &format!("there is no lint `{}`; `iptlint lints` lists them", args.name));
        return FAILED;
    };
    match print(&page(lint)) {
        Ok(()) => CLEAN,
        Err(message) => {
            complain("iptlint", &message);
            FAILED
        }
    }
}

/// The page of a lint in Markdown, its headings one level down.
fn page(lint: &Lint) -> String {
    let fixable = if lint.fixable { ", with a fix" } else { "" };
    let mut page = format!("# {}\n\n{} ({}{fixable})\n\n", lint.name, lint.severity.name(), lint.category.name());
    let mut code = false;
    for line in lint.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        code ^= line.starts_with("```");
        if line.starts_with("<!--") {
            continue;
        }
        if !code && line.starts_with("# ") {
            page.push('#');
        }
        page.push_str(line);
        page.push('\n');
    }
    page
}
