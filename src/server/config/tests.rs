use super::*;
use axum::http::{HeaderMap, HeaderValue};
use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::Path};

fn shipped() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE_NAME)).unwrap()
}

fn from_file(text: &str) -> Result<Config, Refused> {
    Config::from_layers(&[Layer::of_file(Path::new(FILE_NAME), text)?])
}

fn from_environment(pairs: &[(&str, &str)]) -> Result<Config, Refused> {
    let pairs = pairs.iter().map(|&(name, text)| (name.to_owned(), text.to_owned()));
    Config::from_layers(&[Layer::of_environment(pairs)?])
}

#[test]
fn the_shipped_file_changes_no_default() {
    assert_eq!(from_file(&shipped()), Ok(Config::default()));
}

#[test]
fn each_setting_stands_in_the_shipped_file_with_its_true_default_and_a_word_about_it() {
    let text = shipped();
    for setting in SETTINGS {
        let section = text
            .split(&format!("[{}]\n", setting.section))
            .nth(1)
            .expect(setting.section);
        let section = section.split("\n[").next().unwrap();
        let line = format!("# {}", setting.line(&Config::default()));
        let at = section.lines().position(|l| l == line).expect(&line);
        assert!(
            section.lines().nth(at.saturating_sub(1)).unwrap().starts_with("# "),
            "{line} is not explained"
        );
    }
    let shown = text
        .lines()
        .filter(|l| l.starts_with("# ") && l.contains(" = "))
        .count();
    assert_eq!(shown, SETTINGS.len(), "the file shows a setting that is none");
}

#[test]
fn every_default_is_a_value_that_its_own_setting_accepts() {
    let mut lines = Vec::new();
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            lines.push(format!("[{section}]"));
        }
        lines.push(setting.line(&Config::default()));
    }
    assert_eq!(from_file(&lines.join("\n")), Ok(Config::default()));
}

#[test]
fn what_the_site_was_built_with_is_what_it_is_served_with() {
    let built: toml::Table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let built = &built["workspace"]["metadata"]["leptos"][0];
    let served: toml::Table = shipped().parse().unwrap();
    let served = &served["package"]["metadata"]["leptos"];
    for key in ["output-name", "site-root", "site-pkg-dir", "hash-files"] {
        assert_eq!(built.get(key), served.get(key), "{key}");
    }
}

#[test]
fn a_variable_overrides_the_file_and_an_argument_overrides_both() {
    let file = Layer::of_file(
        Path::new(FILE_NAME),
        "[server]\naddr = \"127.0.0.1:1\"\n[away]\nmin_absence_seconds = 7",
    );
    let environment = [
        ("WHILST_SERVER_ADDR", "127.0.0.1:2"),
        ("WHILST_AWAY_MIN_ABSENCE_SECONDS", "1"),
        ("WHILST_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("WHILST_CONFIG", "elsewhere.toml"),
        ("HOME", "/root"),
    ];
    let environment = Layer::of_environment(environment.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let argument = Layer::of_argument("--addr", "server", "addr", "127.0.0.1:3");
    let config = Config::from_layers(&[file.unwrap(), environment.unwrap(), argument]).unwrap();
    assert_eq!(config.server.addr.port(), 3);
    assert_eq!(config.limits().away_min_absence_ms, Millis(1_000));
    assert_eq!(config.server.trusted_proxies.texts(), ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn a_wrong_setting_says_where_it_stands_what_it_is_and_what_would_be_right() {
    let table = [
        (
            "[server]\nadr = \"127.0.0.1:1\"",
            "Leptos.toml: [server] adr = \"127.0.0.1:1\" — there is no such setting; right would be: [server] addr",
        ),
        (
            "[limits]\nbody_max_bytes = 5",
            "Leptos.toml: [limits] body_max_bytes = 5 — right would be: a whole number from 256 to 32768",
        ),
        (
            "[limits]\nbody_max_bytes = \"5\"",
            "Leptos.toml: [limits] body_max_bytes = \"5\" — right would be: a whole number from 256 to 32768",
        ),
        (
            "[sign_in]\nargon2_memory_kib = 1024",
            "Leptos.toml: [sign_in] argon2_memory_kib = 1024 — right would be: a whole number from 19456 to 1048576",
        ),
        (
            "[server]\naddr = \"here\"",
            "Leptos.toml: [server] addr = \"here\" — right would be: an address and a port, as in \"127.0.0.1:3000\" \
             or \"[::1]:3000\"",
        ),
        (
            "[server]\nlog = \"loud\"\n",
            "Leptos.toml: [server] log = \"loud\" — right would be: off, error, warn, info, debug or trace, or pairs \
             such as \"info,whilst::server=debug\"",
        ),
        (
            "[away]\nmin_absence_seconds = 1000",
            "default: [away] full_card_seconds = 900 — right would be: not below away.min_absence_seconds, which is \
             1000",
        ),
        (
            "addr = 1",
            "Leptos.toml: addr = 1 stands in no table — right would be: under its heading, as in [server]; addr is \
             none of the headings",
        ),
        (
            "[package.metadata.leptos]\nsite-rot = \"x\"",
            "Leptos.toml: [package.metadata.leptos] site-rot = \"x\" — there is no such setting; right would be: \
             site-root",
        ),
        (
            "[package.metadata.leptos]\nenv = \"PROD\"\n[away]",
            "Leptos.toml: [away] stands below [package.metadata.leptos] — right would be: [package.metadata.leptos] \
             as the last table: Leptos reads from there to the end of the file",
        ),
    ];
    for (text, said) in table {
        assert_eq!(from_file(text).unwrap_err().to_string(), said);
    }
    let error = from_file("[server\n").unwrap_err().to_string();
    assert!(
        error.starts_with("Leptos.toml: ") && error.contains("line 1"),
        "{error}"
    );
}

#[test]
fn a_wrong_variable_stops_the_start_as_well() {
    let error = |pairs: &[(&str, &str)]| from_environment(pairs).unwrap_err().to_string();
    assert_eq!(
        error(&[("WHILST_SERVER_ADR", "x")]),
        "environment: WHILST_SERVER_ADR=x: there is no such setting — right would be: WHILST_SERVER_ADDR"
    );
    assert_eq!(
        error(&[("WHILST_SESSIONS_LIFETIME_DAYS", "many")]),
        "environment: [sessions] lifetime_days = \"many\" — right would be: a whole number from 1 to 400"
    );
}

#[test]
fn plain_http_is_for_this_machine_alone() {
    let with =
        |addr: &str, url: &str| from_environment(&[("WHILST_SERVER_ADDR", addr), ("WHILST_SERVER_PUBLIC_URL", url)]);
    assert_eq!(
        with("127.0.0.1:3000", "").unwrap().public_url().to_string(),
        "http://127.0.0.1:3000"
    );
    assert_eq!(with("[::1]:80", "").unwrap().public_url().to_string(), "http://[::1]");
    assert_eq!(
        with("0.0.0.0:80", "https://Chat.Example.org/")
            .unwrap()
            .public_url()
            .link("/join/x"),
        "https://chat.example.org/join/x"
    );
    assert!(with("0.0.0.0:80", "http://localhost:8080").is_ok());
    let error = with("0.0.0.0:80", "").unwrap_err().to_string();
    assert!(
        error.contains("[server] addr = 0.0.0.0:80") && error.contains("public_url"),
        "{error}"
    );
    let error = with("127.0.0.1:80", "http://chat.example.org").unwrap_err().to_string();
    assert!(error.contains("no service worker"), "{error}");
    for bad in [
        "chat.example.org",
        "https://",
        "https://a b",
        "https://a/b",
        "https://u@a",
        "https://a:0",
        "https://a:x",
        "https://a:99999",
        "https://a?b",
        "https://[::1",
        "https://[::1]x",
        "ftp://a",
        "https://-a",
        "https://a..b",
    ] {
        assert!(with("127.0.0.1:80", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_port_left_to_the_machine_is_in_the_links_once_it_is_known() {
    let config = from_environment(&[("WHILST_SERVER_ADDR", "127.0.0.1:0")]).unwrap();
    let config = config.bound_to(([127, 0, 0, 1], 4567).into());
    assert_eq!(config.public_url().to_string(), "http://127.0.0.1:4567");
}

#[test]
fn the_three_names_of_this_machine_are_one_origin_and_nothing_else_is() {
    let here = PublicUrl::parse("http://localhost:3000").unwrap();
    for ours in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
        assert!(here.is_origin(ours), "{ours}");
    }
    for other in [
        "null",
        "",
        "http://localhost",
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000/",
        "http://localhost.evil.org:3000",
        "http://evil.localhost:3000",
        "http://localhost:3000@evil.org",
    ] {
        assert!(!here.is_origin(other), "{other}");
    }
    let there = PublicUrl::parse("https://chat.example.org").unwrap();
    for ours in ["https://chat.example.org", "https://chat.example.org:443"] {
        assert!(there.is_origin(ours), "{ours}");
    }
    for other in [
        "http://chat.example.org",
        "https://example.org",
        "https://a.chat.example.org",
        "https://chat.example.org:444",
        "https://chat.example.org.evil.org",
        "https://chat.example.org/x",
        "null",
    ] {
        assert!(!there.is_origin(other), "{other}");
    }
}

#[test]
fn a_change_comes_from_a_page_of_ours_or_not_at_all() {
    let config = from_environment(&[("WHILST_SERVER_PUBLIC_URL", "https://chat.example.org")]).unwrap();
    let ours = Some("https://chat.example.org");
    let table = [
        (Some("same-origin"), ours, true),
        (Some("same-origin"), None, true),
        (None, ours, true),
        (None, None, false),
        (Some("same-origin"), Some("null"), false),
        (Some("same-origin"), Some("https://evil.org"), false),
        (Some("same-site"), ours, false),
        (Some("cross-site"), ours, false),
        (Some("none"), ours, false),
        (Some("none"), None, false),
        (Some(""), ours, false),
        (None, Some("null"), false),
        (None, Some("http://chat.example.org"), false),
    ];
    for (site, origin, good) in table {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        assert_eq!(same_origin(&headers, &config).is_ok(), good, "{site:?} {origin:?}");
    }
    let mut twice = HeaderMap::new();
    twice.append("origin", HeaderValue::from_static("https://chat.example.org"));
    twice.append("origin", HeaderValue::from_static("https://evil.org"));
    assert!(same_origin(&twice, &config).is_err());
}

#[test]
fn only_a_trusted_proxy_may_say_for_whom_it_speaks() {
    let proxies = Proxies::parse(&["10.0.0.0/8".to_owned(), "fd00::/8".to_owned()]).unwrap();
    let client = |peer: &str, header: Option<&str>| proxies.client(peer.parse().unwrap(), header).to_string();
    assert_eq!(client("203.0.113.5", Some("198.51.100.1")), "203.0.113.5");
    assert_eq!(client("10.1.2.3", None), "10.1.2.3");
    assert_eq!(client("10.1.2.3", Some("198.51.100.1")), "198.51.100.1");
    assert_eq!(
        client("10.1.2.3", Some("6.6.6.6, 198.51.100.1, 10.9.9.9")),
        "198.51.100.1"
    );
    assert_eq!(client("::ffff:10.1.2.3", Some("2001:db8::1")), "2001:db8::1");
    assert_eq!(client("fd00::1", Some("198.51.100.1, who?")), "fd00::1");
    assert_eq!(client("10.1.2.3", Some("")), "10.1.2.3");
    for bad in ["10.0.0.0/33", "x", "10.0.0.0/", "::/129"] {
        assert!(Proxies::parse(&[bad.to_owned()]).is_err(), "{bad}");
    }
    assert!(Network::parse("0.0.0.0/0").unwrap().holds("9.9.9.9".parse().unwrap()));
}

/// Starts in `here` with a binary in `beside`, and says which file it took.
fn file_taken(here: &Path, beside: &Path, variables: &[(&str, &str)]) -> Result<Option<PathBuf>, Refused> {
    let variables = variables.iter().map(|&(name, value)| (name.into(), value.into()));
    let surroundings = Surroundings {
        variables: variables.collect::<Vec<(OsString, OsString)>>(),
        started_in: here.to_owned(),
        beside: Some(beside.to_owned()),
    };
    load(surroundings, Vec::new()).map(|loaded| loaded.file)
}

#[test]
fn the_file_is_the_one_asked_for_else_the_one_where_we_are_else_the_one_beside_the_binary() {
    let folder = tempfile::tempdir().unwrap();
    let [here, beside, asked] = ["here", "beside", "asked"].map(|name| folder.path().join(name));
    std::fs::create_dir_all(&here).unwrap();
    std::fs::create_dir_all(&beside).unwrap();
    assert_eq!(file_taken(&here, &beside, &[]), Ok(None));
    std::fs::write(beside.join(FILE_NAME), "").unwrap();
    assert_eq!(file_taken(&here, &beside, &[]), Ok(Some(beside.join(FILE_NAME))));
    std::fs::write(here.join(FILE_NAME), "").unwrap();
    assert_eq!(file_taken(&here, &beside, &[]), Ok(Some(here.join(FILE_NAME))));
    let variable = [("WHILST_CONFIG", asked.to_str().unwrap())];
    let error = file_taken(&here, &beside, &variable).unwrap_err().to_string();
    assert!(
        error.starts_with(asked.to_str().unwrap()) && error.contains("right would be"),
        "{error}"
    );
    std::fs::write(&asked, "").unwrap();
    assert_eq!(file_taken(&here, &beside, &variable), Ok(Some(asked.clone())));
}

#[test]
fn a_variable_that_is_no_text_stops_the_start_only_if_it_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str| {
        let surroundings = Surroundings {
            variables: [(name.into(), OsString::from_vec(vec![0xff]))],
            started_in: folder.path().to_owned(),
            beside: None,
        };
        load(surroundings, Vec::new())
    };
    assert!(with("LS_COLORS").is_ok());
    let error = with("WHILST_SERVER_DATA").unwrap_err().to_string();
    assert!(error.contains("WHILST_SERVER_DATA"), "{error}");
}
