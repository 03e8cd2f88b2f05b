//! The fate of a packet as one line of JSON, in the form of the conformance vectors.

use serde::Serialize;

use crate::model::Dialect;
use crate::packet::{Decision, Outcome, Reason, Verdict};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One built-in chain.
    Chain,
    /// The whole way through the host.
    Host,
}

#[derive(Serialize)]
struct Line<'a> {
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_out: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snat: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

/// The line, with its end; a fate that is not known is the verdict `depends` with the reasons.
pub fn verdict_line(decision: &Decision, level: Level, dialect: Dialect) -> String {
    let line = match decision {
        Decision::Known(outcome) => known(outcome, level, dialect),
        Decision::Depends { reasons, .. } => Line {
            verdict: "depends",
            at: None,
            redirect_port: None,
            mark: None,
            tos_out: None,
            snat: None,
            reasons: distinct(reasons),
        },
    };
    // Strings and numbers alone are always serialisable.
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

/// The reasons in words, each once.
fn distinct(reasons: &[Reason]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for reason in reasons.iter().map(ToString::to_string) {
        if !all.contains(&reason) {
            all.push(reason);
        }
    }
    all
}

fn known(outcome: &Outcome, level: Level, dialect: Dialect) -> Line<'static> {
    let verdict = outcome.verdict;
    Line {
        verdict: verdict.name(),
        at: Some(outcome.at.chain(dialect)),
        redirect_port: match verdict {
            Verdict::Redirect { port } => port,
            _ => None,
        },
        mark: outcome.mark.filter(|_| verdict.passes()),
        tos_out: outcome.tos.filter(|_| verdict.passes()),
        snat: match verdict {
            Verdict::Masquerade { rewritten } if level == Level::Host => Some(rewritten),
            _ => None,
        },
        reasons: Vec::new(),
    }
}
