//! What a person may change about themselves, and where they are signed in.

use super::{ROW, ROW_OWN, Row, SMALL, TAG_STRONG, alert_for, date, ledger, press, press_for, section};
use crate::{
    rules::civil,
    ui::{
        page_data::{Done, FormReply, SessionRow, Settings, reply_to},
        parts::{Field, alert, field},
        words,
    },
    wire::{Millis, person::Me},
};
use leptos::prelude::*;

const NAME_AT: &str = "/settings/name";
const PASSWORD_AT: &str = "/settings/password";

pub fn settings(page: Settings, me: &Me, now: Millis) -> AnyView {
    let done = page.done.map(|done| {
        let said = match done {
            Done::Name => "Your name is changed.",
            Done::Password => "Your password is changed. Every other device is signed out.",
        };
        view! {
            <div class="alert alert--good" role="status">
                {said}
            </div>
        }
    });
    let reply = page.reply.as_ref();
    let sessions = page.sessions.into_iter().map(|row| session(row, now)).collect();
    view! {
        {done}
        {section("Name", String::new(), name_form(me, reply))}
        {section("Password", String::new(), password_form(reply))}
        {alert_for(reply, "/settings/sessions", "")}
        {section(
            "Sessions",
            "Each line is one browser that is signed in. Ending one takes effect at once.".to_owned(),
            ledger(sessions),
        )}
    }
    .into_any()
}

fn name_form(me: &Me, reply: Option<&FormReply>) -> AnyView {
    let reply = reply_to(reply, NAME_AT);
    let name = Field::text("name", "Name").filled_by("name").hint("What others see.");
    view! {
        <form class="form" method="post" action=NAME_AT>
            {alert(reply, &["name"])} {field(name, &me.name, reply)} <div class="form__actions">
                <button class="button button--primary">"Change name"</button>
            </div>
        </form>
    }
    .into_any()
}

fn password_form(reply: Option<&FormReply>) -> AnyView {
    let reply = reply_to(reply, PASSWORD_AT);
    let current = Field::password("current", "Current password", "current-password");
    let new = Field::password("password", "New password", "new-password")
        .hint("At least 8 characters. Every other device is signed out.");
    view! {
        <form class="form" method="post" action=PASSWORD_AT>
            {alert(reply, &["password"])} {field(current, "", reply)} {field(new, "", reply)}
            <div class="form__actions">
                <button class="button button--primary">"Change password"</button>
            </div>
        </form>
    }
    .into_any()
}

fn session(row: SessionRow, now: Millis) -> AnyView {
    let since = if row.this {
        "now".to_owned()
    } else {
        words::span(civil::span(Millis(now.0.saturating_sub(row.last_seen_at.0))))
    };
    let browser = browser(row.agent);
    let revoke = ["/settings/sessions/", &row.session.to_string(), "/revoke"].concat();
    let action = if row.this {
        press("/sign-out", vec![], words::SIGN_OUT, SMALL)
    } else {
        let name = Some(["End the session on ", &browser].concat());
        press_for(&revoke, vec![], "End", SMALL, name)
    };
    Row {
        mark: since.into_any(),
        name: browser,
        detail: ["Signed in ", &date(row.created_at, now)].concat(),
        tags: if row.this {
            vec![(TAG_STRONG, "this one")]
        } else {
            vec![]
        },
        class: if row.this { ROW_OWN } else { ROW },
        actions: vec![action],
    }
    .view()
}

/// What a browser calls itself, in a few words: "Firefox on Linux". Those that pretend to be
/// others name themselves before them.
fn browser(agent: String) -> String {
    const NAMES: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(part, _)| agent.contains(part))
            .map(|(_, name)| *name)
    };
    match (find(&NAMES), find(&SYSTEMS)) {
        (Some(name), Some(system)) => [name, " on ", system].concat(),
        (Some(name), None) => name.to_owned(),
        (None, _) if agent.trim().is_empty() => "a browser without a name".to_owned(),
        (None, _) => agent,
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_called_by_a_name_and_a_system() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/151.0 Safari/537.36 Edg/151.0";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1";
        for (agent, name) in [
            (edge, "Edge on Windows"),
            (phone, "Safari on iPhone"),
            ("curl/8", "curl/8"),
        ] {
            assert_eq!(browser(agent.to_owned()), name);
        }
        assert_eq!(browser(String::new()), "a browser without a name");
    }
}
