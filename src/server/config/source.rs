//! Where settings come from: the file, the environment, the command line.

use super::{Config, Refused, Setting, settings};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

pub const FILE_NAME: &str = "Leptos.toml";
const VARIABLE_PREFIX: &str = "WHILST_";
/// Names another file; a variable of our family that is no setting.
const FILE_VARIABLE: &str = "WHILST_CONFIG";
/// The table that Leptos reads. Its reader takes all that follows the heading, so it stands last.
const LEPTOS_HEADING: &str = "[package.metadata.leptos]";
/// What Leptos understands there; it ignores what it does not know, we do not.
const LEPTOS_KEYS: &[&str] = &[
    "output-name",
    "site-root",
    "site-pkg-dir",
    "site-pkg-url",
    "env",
    "site-addr",
    "reload-port",
    "reload-external-port",
    "reload-ws-protocol",
    "not-found-path",
    "hash-file",
    "hash-files",
    "server-fn-prefix",
    "disable-server-fn-hash",
    "server-fn-mod-path",
];

/// Settings of one origin.
#[derive(Debug)]
pub struct Layer {
    place: String,
    values: Vec<(String, String, toml::Value)>,
}

/// A configuration and the file it comes from, which Leptos reads as well.
#[derive(Debug, PartialEq, Eq)]
pub struct Loaded {
    pub config: Config,
    pub file: Option<PathBuf>,
}

/// Where a process stands.
pub struct Surroundings<V> {
    pub variables: V,
    pub started_in: PathBuf,
    /// The folder of the binary.
    pub beside: Option<PathBuf>,
}

/// File, environment and arguments of a process, laid over each other.
///
/// # Errors
/// The first thing that cannot be used.
pub fn load(
    surroundings: Surroundings<impl IntoIterator<Item = (OsString, OsString)>>,
    arguments: Vec<Layer>,
) -> Result<Loaded, Refused> {
    let mut variables = Vec::new();
    for (name, value) in surroundings.variables {
        variables.extend(our_variable(&name, value)?);
    }
    let asked_for = variables.iter().find(|(name, _)| name == FILE_VARIABLE);
    let asked_for = asked_for.map(|(_, path)| Path::new(path));
    let beside = surroundings.beside.as_deref();
    let file = find_file(asked_for, &surroundings.started_in, beside);
    let mut layers = Vec::new();
    if let Some(path) = &file {
        let text = std::fs::read_to_string(path).map_err(|error| Refused::Unreadable {
            place: path.display().to_string(),
            problem: error.to_string(),
            right: format!("a file that this account may read, or no {FILE_VARIABLE}"),
        })?;
        layers.push(Layer::of_file(path, &text)?);
    }
    layers.push(Layer::of_environment(variables)?);
    layers.extend(arguments);
    Ok(Loaded {
        config: Config::from_layers(&layers)?,
        file,
    })
}

/// A variable of our family as text; what is not ours may be anything.
fn our_variable(name: &OsStr, value: OsString) -> Result<Option<(String, String)>, Refused> {
    let Some(name) = name.to_str().filter(|name| name.starts_with(VARIABLE_PREFIX)) else {
        return Ok(None);
    };
    match value.into_string() {
        Ok(value) => Ok(Some((name.to_owned(), value))),
        Err(_) => Err(Refused::Unreadable {
            place: "environment".to_owned(),
            problem: format!("{name} holds bytes that are no text"),
            right: "UTF-8".to_owned(),
        }),
    }
}

/// The file to read: the one that was asked for, else the one in the folder we
/// were started in, else the one beside the binary.
fn find_file(asked_for: Option<&Path>, started_in: &Path, beside: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = asked_for {
        return Some(path.to_owned());
    }
    let beside = beside.map(|folder| folder.join(FILE_NAME));
    [Some(started_in.join(FILE_NAME)), beside]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
}

impl Layer {
    /// # Errors
    /// Text that is no TOML, a value outside a table, a wrong `[package.metadata.leptos]`.
    pub fn of_file(path: &Path, text: &str) -> Result<Self, Refused> {
        let place = path.display().to_string();
        let tables: toml::Table = text.parse().map_err(|error: toml::de::Error| Refused::Unreadable {
            place: place.clone(),
            problem: error.to_string().trim_end().to_owned(),
            right: "TOML, as in the file that is shipped".to_owned(),
        })?;
        let mut layer = Self {
            place,
            values: Vec::new(),
        };
        for (section, value) in tables {
            match value {
                toml::Value::Table(metadata) if section == "package" => layer.check_leptos(text, &metadata)?,
                toml::Value::Table(settings) => layer.take(&section, settings),
                value => return Err(layer.refuse_loose(&section, &value)),
            }
        }
        Ok(layer)
    }

    /// The variables of our family; all others belong to somebody else.
    ///
    /// # Errors
    /// A variable of our family that is no setting.
    pub fn of_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Refused> {
        let mut layer = Self {
            place: "environment".to_owned(),
            values: Vec::new(),
        };
        for (name, text) in variables {
            if !name.starts_with(VARIABLE_PREFIX) || name == FILE_VARIABLE {
                continue;
            }
            let setting = settings::SETTINGS.iter().find(|setting| setting.variable() == name);
            let Some(setting) = setting else {
                return Err(Refused::Unreadable {
                    place: layer.place,
                    problem: format!("{name}={text}: there is no such setting"),
                    right: nearest(&name, settings::SETTINGS.iter().map(Setting::variable)),
                });
            };
            layer
                .values
                .push((setting.section.to_owned(), setting.key.to_owned(), setting.read(&text)));
        }
        Ok(layer)
    }

    /// One setting given as an argument, such as `--addr`.
    pub fn of_argument(argument: &str, section: &str, key: &str, text: &str) -> Self {
        let value = settings::find(section, key)
            .map_or_else(|| toml::Value::String(text.to_owned()), |setting| setting.read(text));
        Self {
            place: format!("argument {argument}"),
            values: vec![(section.to_owned(), key.to_owned(), value)],
        }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &str, &toml::Value)> {
        self.values
            .iter()
            .map(|(section, key, value)| (section.as_str(), key.as_str(), value))
    }

    pub(super) fn unknown(&self, section: &str, key: &str, value: &toml::Value) -> Refused {
        let names = settings::SETTINGS.iter().map(|s| format!("[{}] {}", s.section, s.key));
        Refused::Unknown {
            place: self.place.clone(),
            section: section.to_owned(),
            key: key.to_owned(),
            value: value.to_string(),
            right: nearest(&format!("[{section}] {key}"), names),
        }
    }

    pub(super) fn wrong(&self, setting: &Setting, value: &toml::Value, right: String) -> Refused {
        Refused::Wrong {
            place: self.place.clone(),
            section: setting.section.to_owned(),
            key: setting.key.to_owned(),
            value: value.to_string(),
            right,
        }
    }

    fn take(&mut self, section: &str, settings: toml::Table) {
        self.values.extend(
            settings
                .into_iter()
                .map(|(key, value)| (section.to_owned(), key, value)),
        );
    }

    fn refuse_loose(&self, key: &str, value: &toml::Value) -> Refused {
        Refused::Unreadable {
            place: self.place.clone(),
            problem: format!("{key} = {value} stands in no table"),
            right: format!("under its heading, as in [server]; {key} is none of the headings"),
        }
    }

    fn check_leptos(&self, text: &str, package: &toml::Table) -> Result<(), Refused> {
        let leptos = package.get("metadata").and_then(|metadata| metadata.get("leptos"));
        let Some(keys) = leptos.and_then(toml::Value::as_table) else {
            return Err(self.refuse_loose("package", &toml::Value::String("…".to_owned())));
        };
        if let Some((key, value)) = keys.iter().find(|(key, _)| !LEPTOS_KEYS.contains(&key.as_str())) {
            return Err(Refused::Unknown {
                place: self.place.clone(),
                section: "package.metadata.leptos".to_owned(),
                key: key.clone(),
                value: value.to_string(),
                right: nearest(key, LEPTOS_KEYS.iter().map(|&key| key.to_owned())),
            });
        }
        let below = text
            .lines()
            .skip_while(|line| !line.starts_with(LEPTOS_HEADING))
            .skip(1);
        if let Some(heading) = below.into_iter().find(|line| line.trim_start().starts_with('[')) {
            return Err(Refused::Unreadable {
                place: self.place.clone(),
                problem: format!("{heading} stands below {LEPTOS_HEADING}"),
                right: format!("{LEPTOS_HEADING} as the last table: Leptos reads from there to the end of the file"),
            });
        }
        Ok(())
    }
}

/// Who set a value last, to name the right place when two values do not fit together.
pub(super) fn whose<'a>(layers: &'a [Layer], section: &str, key: &str) -> Place<'a> {
    let layer = layers
        .iter()
        .rev()
        .find(|layer| layer.values().any(|(s, k, _)| s == section && k == key));
    Place(layer.map_or("default", |layer| &layer.place))
}

pub(super) struct Place<'a>(&'a str);

impl Place<'_> {
    pub(super) fn refuse(&self, section: &str, key: &str, value: &str, right: &str) -> Refused {
        Refused::Wrong {
            place: self.0.to_owned(),
            section: section.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            right: right.to_owned(),
        }
    }
}

/// The known name that is least unlike: most wrong keys are slips of the hand.
fn nearest(given: &str, known: impl Iterator<Item = String>) -> String {
    known
        .min_by_key(|name| distance(given, name))
        .unwrap_or_else(|| "a setting of the shipped file".to_owned())
}

/// Levenshtein's distance over bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let swapped = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = swapped.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
