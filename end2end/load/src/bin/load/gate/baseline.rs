//! The file that is measured against. It is changed in a commit of its own, with the reason.

use serde_json::{Value, json};
use std::{collections::HashMap, fs};
use whilst_load::Result;

const FILE: &str = "end2end/load/baseline.json";
const ABOUT: &str = "What a message costs, as `./test gate` measures it. What is counted may grow by a tenth, \
    what is compared with the machine's floor by three tenths. `target/release/load gate --record` writes \
    this file; it is changed in a commit of its own that says why.";

/// Something that is measured, and how much more of it there may be.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    pub name: &'static str,
    /// What it is, for who reads the file.
    what: &'static str,
    /// The part by which it may grow.
    part: f64,
    /// Or so much, where the part of a small number would be nothing.
    least: f64,
}

#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub figure: Figure,
    pub value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Held,
    /// So much better that it ought to be written down.
    Better,
    Missed,
    /// Nothing is written down for it.
    Unknown,
}

impl Figure {
    /// One that the code alone decides.
    pub const fn counted(name: &'static str, what: &'static str) -> Self {
        Self::counted_to(0.0, name, what)
    }

    /// One that the code alone decides, and that may always grow by so much.
    pub const fn counted_to(least: f64, name: &'static str, what: &'static str) -> Self {
        Self {
            name,
            what,
            part: 0.1,
            least,
        }
    }

    /// One that was divided by what the machine can do.
    pub const fn compared(name: &'static str, what: &'static str) -> Self {
        Self {
            name,
            what,
            part: 0.3,
            least: 0.0,
        }
    }

    pub const fn is(self, value: f64) -> Measured {
        Measured { figure: self, value }
    }

    fn at_most(&self, baseline: f64) -> f64 {
        baseline + (baseline * self.part).max(self.least)
    }
}

impl Verdict {
    pub fn is_held(self) -> bool {
        matches!(self, Self::Held | Self::Better)
    }
}

/// The values that are written down, by name.
pub struct Baseline {
    values: HashMap<String, f64>,
    rows: Vec<Value>,
}

impl Baseline {
    /// # Errors
    /// Where there is no such file.
    pub fn read() -> Result<Self> {
        let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
        let all: Value = serde_json::from_str(&text)?;
        let rows = all["figures"].as_array().ok_or("no figures in the baseline")?;
        let value = |row: &Value| Some((row["name"].as_str()?.to_owned(), row["value"].as_f64()?));
        Ok(Self {
            values: rows.iter().filter_map(value).collect(),
            rows: rows.clone(),
        })
    }

    /// The middle ones of some runs, which list the same figures in the same order.
    ///
    /// # Errors
    /// Where a run lacks one.
    pub fn of(runs: &[Vec<Measured>]) -> Result<Self> {
        let (mut values, mut rows) = (HashMap::new(), Vec::new());
        for (nth, Measured { figure, .. }) in runs.first().ok_or("no runs")?.iter().enumerate() {
            let mut all: Vec<f64> = runs
                .iter()
                .map(|run| run.get(nth).map(|measured| measured.value))
                .collect::<Option<_>>()
                .ok_or("a run lacks a figure")?;
            all.sort_unstable_by(f64::total_cmp);
            let value = rounded(all[all.len() / 2]);
            println!("{:<52} {value:>11}  of {all:?}", figure.name);
            rows.push(json!({ "name": figure.name, "value": value, "what": figure.what }));
            values.insert(figure.name.to_owned(), value);
        }
        Ok(Self { values, rows })
    }

    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self) -> Result<()> {
        let all = json!({ "about": ABOUT, "figures": self.rows });
        fs::write(FILE, serde_json::to_string_pretty(&all)? + "\n")?;
        Ok(())
    }

    pub fn verdict(&self, measured: &Measured) -> Verdict {
        let Some(baseline) = self.values.get(measured.figure.name) else {
            return Verdict::Unknown;
        };
        let slack = measured.figure.at_most(*baseline) - baseline;
        match measured.value - baseline {
            more if more > slack => Verdict::Missed,
            more if more < -slack => Verdict::Better,
            _ => Verdict::Held,
        }
    }

    /// A line of the table.
    pub fn line(&self, measured: &Measured) -> String {
        let figure = &measured.figure;
        let baseline = self.values.get(figure.name).copied();
        let shown = |value: Option<f64>| value.map_or(String::new(), |value| rounded(value).to_string());
        let outcome = match self.verdict(measured) {
            Verdict::Held => "held",
            Verdict::Better => "held, and better than what is written down",
            Verdict::Missed => "MISSED",
            Verdict::Unknown => "MISSED: it is not in the baseline",
        };
        format!(
            "{:<52} {:>11} {:>11} {:>11}  {outcome}",
            figure.name,
            shown(baseline),
            shown(baseline.map(|baseline| figure.at_most(baseline))),
            shown(Some(measured.value)),
        )
    }
}

/// Three digits, or whole ones.
fn rounded(value: f64) -> f64 {
    let places = match value.abs() {
        large if large >= 100.0 => 1.0,
        middle if middle >= 1.0 => 100.0,
        _ => 1_000.0,
    };
    (value * places).round() / places
}
