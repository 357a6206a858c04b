//! The table and the file of a run.

use serde_json::{Value, json};
use whilst_load::Result;

const FILE: &str = "target/load.json";

/// What a figure is held against.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    must: Option<Bound>,
    goal: Option<Bound>,
}

/// All figures of a run, in order.
pub struct Report {
    scale: &'static str,
    figures: Vec<Figure>,
}

impl Report {
    pub fn new(scale: &'static str) -> Self {
        Self {
            scale,
            figures: Vec::new(),
        }
    }

    /// A figure that is only said.
    pub fn note(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.put(name, value, unit, None, None);
    }

    /// A figure that has to hold, and one that would be better.
    pub fn hold(&mut self, name: impl Into<String>, value: f64, unit: &'static str, must: Bound, goal: Bound) {
        self.put(name, value, unit, Some(must), Some(goal));
    }

    fn put(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        must: Option<Bound>,
        goal: Option<Bound>,
    ) {
        let figure = Figure {
            name: name.into(),
            value,
            unit,
            must,
            goal,
        };
        eprintln!("  {}: {} {}", figure.name, shown(value), unit);
        self.figures.push(figure);
    }

    /// True if no figure misses its must.
    pub fn is_met(&self) -> bool {
        self.figures
            .iter()
            .all(|figure| figure.must.is_none_or(|must| must.holds(figure.value)))
    }

    pub fn print(&self) {
        println!(
            "{:<58} {:>12} {:<6} {:>10} {:>10}  outcome",
            "figure", "value", "unit", "must", "goal"
        );
        for figure in &self.figures {
            println!(
                "{:<58} {:>12} {:<6} {:>10} {:>10}  {}",
                figure.name,
                shown(figure.value),
                figure.unit,
                figure.must.map_or(String::new(), Bound::shown),
                figure.goal.map_or(String::new(), Bound::shown),
                figure.outcome(),
            );
        }
    }

    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self) -> Result<()> {
        let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
        let misses: Vec<&str> = self
            .figures
            .iter()
            .filter(|figure| figure.outcome() == "MISSED")
            .map(|figure| figure.name.as_str())
            .collect();
        let all = json!({ "scale": self.scale, "figures": figures, "misses": misses });
        std::fs::write(FILE, serde_json::to_string_pretty(&all)?)?;
        Ok(())
    }
}

impl Figure {
    fn outcome(&self) -> &'static str {
        match (self.must, self.goal) {
            (Some(must), _) if !must.holds(self.value) => "MISSED",
            (_, Some(goal)) if !goal.holds(self.value) => "must met",
            (None, None) => "",
            _ => "goal met",
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "must": self.must.map(Bound::shown),
            "goal": self.goal.map(Bound::shown),
            "outcome": self.outcome(),
        })
    }
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            AtMost(most) => value <= most,
            AtLeast(least) => value >= least,
        }
    }

    fn shown(self) -> String {
        match self {
            AtMost(most) => format!("≤ {}", shown(most)),
            AtLeast(least) => format!("≥ {}", shown(least)),
        }
    }
}

fn shown(value: f64) -> String {
    match value.abs() {
        large if large >= 1_000.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
