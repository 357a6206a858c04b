//! The table and the file of a run.

use crate::{profile::Profile, tried::tried};
use serde_json::{Value, json};
use std::collections::HashMap;
use whilst_load::Result;

const FILE: &str = "target/load.json";

/// What a figure is held against.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    must: Option<Bound>,
    goal: Option<Bound>,
    /// What shows where it comes from.
    shown_by: Option<ShownBy>,
}

#[derive(Clone)]
enum ShownBy {
    Profile(Look),
    Words(String),
}

/// A look at the server while something was measured.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look(usize);

/// All figures of a run, in order.
pub struct Report {
    scale: &'static str,
    figures: Vec<Figure>,
    looks: Vec<Option<Profile>>,
}

impl Report {
    pub fn new(scale: &'static str) -> Self {
        Self {
            scale,
            figures: Vec::new(),
            looks: Vec::new(),
        }
    }

    /// Begins to look at where a process spends its time, for figures that miss their goal. Nothing
    /// is to be measured before [`Profile::ready`].
    pub fn look(&mut self, pid: u32, name: &str) -> Look {
        self.looks.push(Some(Profile::of(pid, name)));
        Look(self.looks.len() - 1)
    }

    /// Looks no more; what was seen is read at the end. To be called when nothing is under way.
    pub fn looked(&mut self, look: Look) {
        if let Some(Some(profile)) = self.looks.get_mut(look.0) {
            profile.end();
        }
    }

    /// A figure that is only said.
    pub fn note(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.put(name, value, unit, None, None);
    }

    /// A figure that has to hold, and one that would be better.
    pub fn hold(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        must: Bound,
        goal: Bound,
    ) -> &mut Figure {
        self.put(name, value, unit, Some(must), Some(goal))
    }

    fn put(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        must: Option<Bound>,
        goal: Option<Bound>,
    ) -> &mut Figure {
        let figure = Figure {
            name: name.into(),
            value,
            unit,
            must,
            goal,
            shown_by: None,
        };
        eprintln!("  {}: {} {}", figure.name, shown(value), unit);
        self.figures.push_mut(figure)
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

    /// For each figure that misses its goal: where the time went meanwhile, and what was tried.
    pub fn explain(&mut self) {
        let mut read = HashMap::new();
        let missed = self.figures.iter().filter(|figure| figure.misses_goal());
        for (nth, figure) in missed.enumerate() {
            if nth == 0 {
                println!("\nGoals that are missed");
            }
            println!(
                "{}: {} {} where {} would be good",
                figure.name,
                shown(figure.value),
                figure.unit,
                figure.goal.map_or(String::new(), Bound::shown)
            );
            let seen = match &figure.shown_by {
                Some(ShownBy::Words(words)) => Some(words.clone()),
                Some(ShownBy::Profile(look)) => {
                    let told = || self.looks.get_mut(look.0)?.take()?.told();
                    read.entry(*look).or_insert_with(told).clone()
                }
                None => None,
            };
            println!(
                "  profile: {}",
                seen.as_deref().unwrap_or("none was taken; it wants perf")
            );
            println!("  tried: {}", tried(&figure.name).unwrap_or("nothing yet"));
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
    /// This look at the server shows where it comes from.
    pub fn seen_by(&mut self, look: Look) {
        self.shown_by = Some(ShownBy::Profile(look));
    }

    /// These words tell where it comes from.
    pub fn because(&mut self, words: String) {
        self.shown_by = Some(ShownBy::Words(words));
    }

    fn misses_goal(&self) -> bool {
        self.goal.is_some_and(|goal| !goal.holds(self.value)) || self.outcome() == "MISSED"
    }

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
