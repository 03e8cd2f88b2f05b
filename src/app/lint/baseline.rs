//! Findings that are known already, by their fingerprints.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::report::{Checked, Failure, fingerprints};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    schema: u32,
    findings: Vec<Known>,
}

#[derive(Deserialize, Serialize, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields)]
struct Known {
    path: String,
    code: String,
    fingerprint: String,
}

/// Takes out of `checked` what the baseline at `path` knows, and says how many that were.
pub(super) fn subtract(path: &Path, checked: &mut [Checked]) -> Result<(), Failure> {
    let failed = |message: String| Failure { path: Some(path.to_string_lossy().into_owned()), message };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    if baseline.schema != 1 {
        return Err(failed(format!("this baseline has the unknown schema {}", baseline.schema)));
    }
    let known: HashSet<Known> = baseline.findings.into_iter().collect();
    for file in checked {
        let prints = fingerprints(file);
        let mut fresh = prints
            .iter()
            .zip(&file.findings)
            .map(|(print, finding)| {
                !known.contains(&Known {
                    path: file.path().to_owned(),
                    code: finding.code.to_owned(),
                    fingerprint: print.clone(),
                })
            })
            .collect::<Vec<_>>()
            .into_iter();
        let before = file.findings.len();
        file.findings.retain(|_| fresh.next().unwrap_or(true));
        file.baselined = before - file.findings.len();
    }
    Ok(())
}

/// The baseline that knows all findings of `checked`.
pub(super) fn text(checked: &[Checked]) -> String {
    let of_file = |file: &Checked| {
        let known = fingerprints(file).into_iter().zip(&file.findings).map(|(fingerprint, finding)| Known {
            path: file.path().to_owned(),
            code: finding.code.to_owned(),
            fingerprint,
        });
        known.collect::<Vec<_>>()
    };
    let baseline = Baseline { schema: 1, findings: checked.iter().flat_map(of_file).collect() };
    // Strings and numbers alone are always serialisable.
    serde_json::to_string_pretty(&baseline).unwrap_or_default() + "\n"
}
