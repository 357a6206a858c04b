//! Pages in front of the house: set-up, sign-in, an invite, a new password.
//! Plain forms; no program runs here.

use crate::ui::{
    page_data::{FormReply, Gate, reply_to},
    parts::{Field, alert, brand, field},
};
use leptos::prelude::*;

const NAME: Field = Field::text("name", "Name")
    .filled_by("name")
    .hint("What others see. Any script, up to 64 characters.");
const NEW_USERNAME: Field = Field::text("username", "Username")
    .filled_by("username")
    .hint("For @mentions and signing in: a–z, 0–9, -, _ and dots.");
const USERNAME: Field = Field::text("username", "Username").filled_by("username");
const PASSWORD: Field = Field::password("password", "Password", "current-password");
const NEW_PASSWORD: Field =
    Field::password("password", "Password", "new-password").hint("At least 8 characters; a few words do well.");

pub fn gate(page: Gate) -> AnyView {
    match page {
        Gate::SetUp { reply } => sheet(
            "The first account",
            "This server is empty. Whoever creates this account owns it.".to_owned(),
            form(
                "/setup",
                &[NAME, NEW_USERNAME, NEW_PASSWORD],
                "Create the first account",
                None,
                reply.as_ref(),
            ),
            None,
        ),
        Gate::SignIn { next, reply } => sheet(
            "Sign in",
            "What was said while you were away is kept for you.".to_owned(),
            form(
                "/sign-in",
                &[USERNAME, PASSWORD],
                "Sign in",
                next.as_deref(),
                reply.as_ref(),
            ),
            Some(view! { "No account? Ask somebody here for an invite link." }.into_any()),
        ),
        Gate::Join {
            code,
            invited_by,
            host,
            reply,
        } => sheet(
            "Join Whilst",
            [invited_by.as_str(), " invites you to ", &host, "."].concat(),
            form(
                &["/join/", &code].concat(),
                &[NAME, NEW_USERNAME, NEW_PASSWORD],
                "Join",
                None,
                reply.as_ref(),
            ),
            Some(view! { "Already have an account? " <a href="/sign-in">"Sign in"</a> }.into_any()),
        ),
        Gate::Reset { code, name, reply } => sheet(
            "A new password",
            ["For ", name.as_str(), ". Every device is signed out by it."].concat(),
            form(
                &["/reset/", &code].concat(),
                &[NEW_PASSWORD],
                "Set the password",
                None,
                reply.as_ref(),
            ),
            None,
        ),
        Gate::LinkGone => super::blank(
            "This link no longer works.",
            "It is used up, expired, or was never made. Ask for a new one.",
            view! { <a class="button button--primary" href="/">"To the front"</a> }.into_any(),
        ),
    }
}

pub fn title(page: &Gate) -> &'static str {
    match page {
        Gate::SetUp { .. } => "The first account",
        Gate::SignIn { .. } => "Sign in",
        Gate::Join { .. } => "Join",
        Gate::Reset { .. } => "A new password",
        Gate::LinkGone => "This link no longer works",
    }
}

fn sheet(title: &'static str, text: String, form: AnyView, foot: Option<AnyView>) -> AnyView {
    view! {
        <main class="gate">
            <div class="gate__sheet">
                <header class="gate__head">
                    {brand("brand brand--large")} <h1 class="gate__title">{title}</h1>
                    <p class="gate__text" dir="auto">
                        {text}
                    </p>
                </header>
                {form}
                {foot.map(|foot| view! { <p class="gate__foot">{foot}</p> })}
            </div>
        </main>
    }
    .into_any()
}

fn form(
    action: &str,
    fields: &[Field],
    button: &'static str,
    next: Option<&str>,
    reply: Option<&FormReply>,
) -> AnyView {
    let reply = reply_to(reply, action);
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let fields: Vec<_> = fields.iter().map(|one| field(*one, "", reply)).collect();
    // After a refusal the way back is among what was sent.
    let next = reply.and_then(|reply| reply.field("next")).or(next);
    let next = next
        .filter(|next| !next.is_empty())
        .map(|next| view! { <input type="hidden" name="next" value=next.to_owned()/> });
    view! {
        <form class="gate__form" method="post" action=action.to_owned()>
            {alert(reply, &names)} {fields} {next}
            <div class="form__actions">
                <button class="button button--primary">{button}</button>
            </div>
        </form>
    }
    .into_any()
}
