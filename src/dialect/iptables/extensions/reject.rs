//! An answer to the sender of a packet that is dropped.

use super::{Case, Constraint, Extension, Kind, OptionRow};
use crate::model::Family;

const ANSWERS: &[(&str, &str)] = &[
    ("icmp-net-unreachable", "icmp-net-unreachable"),
    ("net-unreach", "icmp-net-unreachable"),
    ("icmp-host-unreachable", "icmp-host-unreachable"),
    ("host-unreach", "icmp-host-unreachable"),
    ("icmp-proto-unreachable", "icmp-proto-unreachable"),
    ("proto-unreach", "icmp-proto-unreachable"),
    ("icmp-port-unreachable", "icmp-port-unreachable"),
    ("port-unreach", "icmp-port-unreachable"),
    ("icmp-net-prohibited", "icmp-net-prohibited"),
    ("net-prohib", "icmp-net-prohibited"),
    ("icmp-host-prohibited", "icmp-host-prohibited"),
    ("host-prohib", "icmp-host-prohibited"),
    ("tcp-reset", "tcp-reset"),
    ("tcp-rst", "tcp-reset"),
    ("icmp-admin-prohibited", "icmp-admin-prohibited"),
    ("admin-prohib", "icmp-admin-prohibited"),
];

const ANSWERS_V6: &[(&str, &str)] = &[
    ("icmp6-no-route", "icmp6-no-route"),
    ("no-route", "icmp6-no-route"),
    ("icmp6-adm-prohibited", "icmp6-adm-prohibited"),
    ("adm-prohibited", "icmp6-adm-prohibited"),
    ("icmp6-addr-unreachable", "icmp6-addr-unreachable"),
    ("addr-unreach", "icmp6-addr-unreachable"),
    ("icmp6-port-unreachable", "icmp6-port-unreachable"),
    ("port-unreach", "icmp6-port-unreachable"),
    ("tcp-reset", "tcp-reset"),
    ("icmp6-policy-fail", "icmp6-policy-fail"),
    ("policy-fail", "icmp6-policy-fail"),
    ("icmp6-reject-route", "icmp6-reject-route"),
    ("reject-route", "icmp6-reject-route"),
];

pub(super) static REJECT: Extension = Extension::target(
    "REJECT",
    &[OptionRow::new("--reject-with", Kind::Choice(ANSWERS, Case::FoldedPrefix)).added_as(
        "icmp-port-unreachable",
        &[],
        &[],
    )],
)
.of_family(&[Family::V4])
.in_tables(&["filter"])
.in_hooks(&["INPUT", "FORWARD", "OUTPUT"])
.constrained(&[Constraint::Protocol { option: ("--reject-with", "tcp-reset"), protocol: 6 }]);

pub(super) static REJECT_V6: Extension = Extension::target(
    "REJECT",
    &[OptionRow::new("--reject-with", Kind::Choice(ANSWERS_V6, Case::FoldedPrefix)).added_as(
        "icmp6-port-unreachable",
        &[],
        &[],
    )],
)
.of_family(&[Family::V6])
.in_tables(&["filter"])
.in_hooks(&["INPUT", "FORWARD", "OUTPUT"])
.constrained(&[Constraint::Protocol { option: ("--reject-with", "tcp-reset"), protocol: 6 }]);
