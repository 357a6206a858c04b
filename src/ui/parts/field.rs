//! A labelled field of a plain form, and what it says after a refusal.

use crate::{
    ui::{page_data::FormReply, words},
    wire::{ClientKey, Problem},
};
use leptos::prelude::*;

/// What a field is; all words are shown as they are.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub hint: &'static str,
    pub class: &'static str,
}

impl Field {
    pub const fn text(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            autocomplete: "off",
            hint: "",
            class: "field",
        }
    }

    pub const fn password(name: &'static str, label: &'static str, autocomplete: &'static str) -> Self {
        Self {
            kind: "password",
            autocomplete,
            ..Self::text(name, label)
        }
    }

    pub const fn number(name: &'static str, label: &'static str) -> Self {
        Self {
            kind: "number",
            class: "field field--short",
            ..Self::text(name, label)
        }
    }

    #[must_use]
    pub const fn filled_by(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    #[must_use]
    pub const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

/// The field with what was typed before, or with `value`, and the problem if it is this field's.
pub fn field(field: Field, value: &str, reply: Option<&FormReply>) -> AnyView {
    let name = field.name;
    let value = reply.and_then(|reply| reply.field(name)).unwrap_or(value).to_owned();
    let problem = reply.filter(|reply| problem_of(&reply.problem) == Some(name));
    let problem = problem.map(words::refusal);
    let hint_id = [name, "-hint"].concat();
    let problem_id = [name, "-problem"].concat();
    let described: Vec<&str> = [
        (!field.hint.is_empty()).then_some(hint_id.as_str()),
        problem.is_some().then_some(problem_id.as_str()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    view! {
        <div class=field.class>
            <label class="field__label" for=name>{field.label}</label>
            <input
                class="input"
                id=name
                name=name
                type=field.kind
                autocomplete=field.autocomplete
                value=value
                aria-describedby=described
                aria-invalid=problem.is_some().then_some("true")
                required
            />
            {(!field.hint.is_empty())
                .then(|| view! { <span class="field__hint" id=hint_id.clone()>{field.hint}</span> })}
            {problem.map(|text| view! { <span class="field__problem" id=problem_id.clone()>{text}</span> })}
        </div>
    }
    .into_any()
}

/// The field a problem is about, if it is about one.
fn problem_of(problem: &Problem) -> Option<&'static str> {
    match problem {
        Problem::NameEmpty | Problem::NameTooLong { .. } | Problem::NameUnreadable | Problem::NameTaken => Some("name"),
        Problem::UsernameUnreadable | Problem::UsernameTaken => Some("username"),
        Problem::PasswordTooShort { .. } | Problem::PasswordTooLong => Some("password"),
        _ => None,
    }
}

/// What is said above a form: problems that belong to none of its fields.
pub fn alert(reply: Option<&FormReply>, fields: &[&str]) -> Option<AnyView> {
    let reply = reply.filter(|reply| problem_of(&reply.problem).is_none_or(|name| !fields.contains(&name)))?;
    let text = words::refusal(reply);
    Some(view! { <div class="alert" role="alert">{text}</div> }.into_any())
}

/// The key that makes a form sent twice happen once.
pub fn hidden_key(key: ClientKey) -> AnyView {
    view! { <input type="hidden" name="client_key" value=key.to_string()/> }.into_any()
}
