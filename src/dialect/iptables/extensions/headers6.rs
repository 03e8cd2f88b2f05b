//! The extension headers of IPv6.

use super::{Constraint, Coupling, Extension, Kind, Meaning, OptionRow};
use crate::model::Family;

const V6: &[Family] = &[Family::V6];
const HIGHEST: u64 = u32::MAX as u64;
const ALL: &[&str] = &["0:4294967295"];
const TESTS: Meaning = Meaning::Opaque;

/// Names of extension headers, with those of the list of protocols; the kernel's bits give the order.
const HEADERS: &[(&str, &str)] = &[
    ("hop-by-hop", "hop-by-hop"),
    ("hop", "hop-by-hop"),
    ("hopopt", "hop-by-hop"),
    ("0", "hop-by-hop"),
    ("ipv6-opts", "ipv6-opts"),
    ("dst", "ipv6-opts"),
    ("60", "ipv6-opts"),
    ("ipv6-route", "ipv6-route"),
    ("route", "ipv6-route"),
    ("43", "ipv6-route"),
    ("ipv6-frag", "ipv6-frag"),
    ("frag", "ipv6-frag"),
    ("44", "ipv6-frag"),
    ("ah", "ah"),
    ("auth", "ah"),
    ("51", "ah"),
    ("esp", "esp"),
    ("50", "esp"),
    ("ipv6-nonxt", "ipv6-nonxt"),
    ("none", "ipv6-nonxt"),
    ("59", "ipv6-nonxt"),
    ("protocol", "protocol"),
    ("prot", "protocol"),
    ("255", "protocol"),
];

/// Types of mobility headers by their long and short names.
const MOBILITY: &[(&str, u8)] = &[
    ("binding-refresh-request", 0),
    ("brr", 0),
    ("home-test-init", 1),
    ("hoti", 1),
    ("careof-test-init", 2),
    ("coti", 2),
    ("home-test", 3),
    ("hot", 3),
    ("careof-test", 4),
    ("cot", 4),
    ("binding-update", 5),
    ("bu", 5),
    ("binding-acknowledgement", 6),
    ("ba", 6),
    ("binding-error", 7),
    ("be", 7),
];

const fn range(name: &'static str) -> OptionRow {
    OptionRow::new(name, Kind::Range(HIGHEST)).negatable().full_range(ALL).meaning(TESTS)
}

const fn count(name: &'static str, highest: u64) -> OptionRow {
    OptionRow::new(name, Kind::Number(0, highest)).negatable().meaning(TESTS)
}

const fn switch(name: &'static str) -> OptionRow {
    OptionRow::new(name, Kind::Switch).meaning(TESTS)
}

pub(super) static AH6: Extension =
    Extension::matching("ah", &[range("--ahspi"), count("--ahlen", HIGHEST).omitted_if(&["0"]), switch("--ahres")])
        .of_family(V6);

pub(super) static DST: Extension = Extension::matching(
    "dst",
    &[count("--dst-len", HIGHEST), OptionRow::new("--dst-opts", Kind::HeaderOptions).meaning(TESTS)],
)
.of_family(V6);

pub(super) static HBH: Extension = Extension::matching(
    "hbh",
    &[count("--hbh-len", HIGHEST), OptionRow::new("--hbh-opts", Kind::HeaderOptions).meaning(TESTS)],
)
.of_family(V6);

pub(super) static EUI64: Extension =
    Extension::matching("eui64", &[]).of_family(V6).in_hooks(&["PREROUTING", "INPUT", "FORWARD"]);

pub(super) static FRAG: Extension = Extension::matching(
    "frag",
    &[
        range("--fragid"),
        count("--fraglen", HIGHEST),
        switch("--fragres"),
        switch("--fragfirst"),
        switch("--fragmore").conflicts(&["--fraglast"]),
        switch("--fraglast").conflicts(&["--fragmore"]),
    ],
)
.of_family(V6);

pub(super) static IPV6HEADER: Extension = Extension::matching(
    "ipv6header",
    &[OptionRow::new("--header", Kind::Names(HEADERS)).negatable().required().meaning(TESTS), switch("--soft")],
)
.of_family(V6);

pub(super) static MH: Extension = Extension::matching(
    "mh",
    &[OptionRow::new("--mh-type", Kind::NamedRange(MOBILITY)).negatable().full_range(&["0:255"]).meaning(TESTS)],
)
.of_family(V6)
.for_protocols(&[135]);

pub(super) static RT: Extension = Extension::matching(
    "rt",
    &[
        count("--rt-type", HIGHEST),
        range("--rt-segsleft"),
        count("--rt-len", HIGHEST),
        switch("--rt-0-res").after("--rt-type"),
        OptionRow::new("--rt-0-addrs", Kind::AddressList).after("--rt-type").meaning(TESTS),
        switch("--rt-0-not-strict").after("--rt-0-addrs"),
    ],
)
.of_family(V6)
.constrained(&[
    Constraint::Beside { option: "--rt-0-res", other: ("--rt-type", "0"), or_not: "", unless: ("", "") },
    Constraint::Beside { option: "--rt-0-addrs", other: ("--rt-type", "0"), or_not: "", unless: ("", "") },
]);

pub(super) static SRH: Extension = Extension::matching(
    "srh",
    &[
        count("--srh-next-hdr", 255),
        count("--srh-hdr-len-eq", 255),
        count("--srh-hdr-len-gt", 255),
        count("--srh-hdr-len-lt", 255),
        count("--srh-segs-left-eq", 255),
        count("--srh-segs-left-gt", 255),
        count("--srh-segs-left-lt", 255),
        count("--srh-last-entry-eq", 255),
        count("--srh-last-entry-gt", 255),
        count("--srh-last-entry-lt", 255),
        count("--srh-tag", 65_535),
        OptionRow::new("--srh-psid", Kind::Segment).negatable().meaning(TESTS),
        OptionRow::new("--srh-nsid", Kind::Segment).negatable().meaning(TESTS),
        OptionRow::new("--srh-lsid", Kind::Segment).negatable().meaning(TESTS),
    ],
)
.of_family(V6)
.coupled(Coupling::Shared(&[
    &["--srh-hdr-len-eq", "--srh-hdr-len-gt", "--srh-hdr-len-lt"],
    &["--srh-segs-left-eq", "--srh-segs-left-gt", "--srh-segs-left-lt"],
    &["--srh-last-entry-eq", "--srh-last-entry-gt", "--srh-last-entry-lt"],
]));
