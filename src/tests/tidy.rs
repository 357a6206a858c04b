//! The arrows between the houses, and where SQL and feature gates may stand.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each house and what it may import. `server/http` may draw pages, so it sees the UI.
const ARROWS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("rules", &["wire"]),
    ("client", &["wire", "rules"]),
    ("api", &["wire", "server"]),
    ("browser", &["wire", "rules", "client", "api"]),
    ("ui", &["wire", "rules", "client", "api", "browser"]),
    ("server", &["wire", "rules"]),
    ("server/http", &["wire", "rules", "server", "ui", "api"]),
];

#[test]
fn every_house_imports_only_what_its_arrows_allow() {
    let wrong: Vec<String> = sources()
        .iter()
        .flat_map(|(path, text)| wrong_arrows(&house_of(path), text, path))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_arrow_is_seen() {
    let path = Path::new("src/wire/room.rs");
    for text in [
        "use crate::server::store::Store;",
        "use crate::{client::Tab, wire::Seq};",
        "    crate::ui::shell();",
        "pub(crate) use crate::rules;",
    ] {
        assert_eq!(wrong_arrows("wire", text, path).len(), 1, "{text}");
    }
    assert!(wrong_arrows("ui", "use crate::{client::Tab, wire::Seq};", path).is_empty());
    assert_eq!(wrong_arrows("server", "use crate::ui::shell;", path).len(), 1);
    assert!(wrong_arrows("server/http", "use crate::ui::shell;", path).is_empty());
}

#[test]
fn sql_stands_in_sql_files_only() {
    let mentions =
        |text: &str| without_comments(text).contains("sqlx::query") || without_comments(text).contains("query_as(");
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| {
            let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            file != "sql.rs" && !is_test(path) && mentions(text)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn feature_gates_stand_at_the_top_only() {
    let gate = concat!("cfg(feature", " =");
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| {
            let allowed = ["src/lib.rs", "src/main.rs"].iter().any(|top| path == Path::new(top))
                || path.starts_with("src/api")
                || path.starts_with("src/tests");
            !allowed && text.contains(gate)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Tests go past the doors where no verb makes what they need; they say so by name.
fn is_test(path: &Path) -> bool {
    path.components()
        .filter_map(|part| part.as_os_str().to_str())
        .any(|part| matches!(part, "tests" | "tests.rs" | "testing.rs"))
}

/// All Rust files of the package, with paths from its root.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn house_of(path: &Path) -> String {
    let mut parts = path.components().skip(1).filter_map(|part| part.as_os_str().to_str());
    let house = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    if house == "server" && second.trim_end_matches(".rs") == "http" {
        return "server/http".to_owned();
    }
    house.to_owned()
}

fn wrong_arrows(house: &str, text: &str, path: &Path) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == house) else {
        return Vec::new(); // lib.rs, main.rs, the entry member and the tests see every house.
    };
    let own = house.split('/').next().unwrap_or_default();
    imported(&without_comments(text))
        .into_iter()
        .filter(|target| target != own && !allowed.contains(&target.as_str()))
        .map(|target| format!("{}: {house} → {target}", path.display()))
        .collect()
}

/// The houses named behind `crate::`, alone or in braces.
fn imported(text: &str) -> Vec<String> {
    let mut houses = Vec::new();
    for (at, found) in text.match_indices("crate::") {
        let rest = &text[at + found.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            houses.extend(group_heads(group));
        } else {
            houses.push(first_word(rest));
        }
    }
    houses.retain(|name| ARROWS.iter().any(|(house, _)| house == name));
    houses
}

/// The first word of each part of `a::b, c::{d, e}, f}`.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = vec![first_word(group)];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(first_word(&group[at + 1..])),
            _ => {}
        }
    }
    heads
}

fn first_word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| line.find("//").map_or(line, |at| &line[..at]))
        .collect::<Vec<_>>()
        .join("\n")
}
