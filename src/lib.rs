//! Reads ipchains and iptables firewall scripts, finds what is unsafe, wrong or
//! dead in them, and migrates ipchains to iptables.
//!
//! The modules are layers, low to high; each uses only those above it in this list.

pub mod text;

pub mod logic;

pub mod diag;

pub mod syntax;

pub mod model;

pub mod dialect;

pub mod eval;

pub mod analysis;

pub mod print;

pub mod packet;
pub mod verify;

pub mod lint;

pub mod migrate;

pub mod report;

pub mod app;
