//! Oneself, at the foot of the list, and the browser's offer to install.

use crate::{
    browser::{keep, program},
    ui::{
        desk::Desk,
        parts::{Icon, Size, avatar, icon},
        words,
    },
    wire::membership::ServerRole,
};
use leptos::prelude::*;

pub fn foot(desk: Desk) -> AnyView {
    let me = desk.me();
    let keeper = me.role >= ServerRole::Admin;
    view! {
        <footer class="sidebar__foot">
            {move || desk.installable().get().then(install)}
            <details class="menu">
                <summary class="menu__open">
                    {avatar(&me.name, me.hue, Size::Small)}
                    <span class="menu__name" dir="auto">
                        {me.name.clone()}
                    </span> {icon(Icon::More)}
                </summary>
                <div class="menu__panel">
                    <a class="menu__item" href="/settings">
                        {words::SETTINGS}
                    </a>
                    {keeper
                        .then(|| {
                            view! {
                                <a class="menu__item" href="/admin">
                                    {words::PEOPLE_AND_INVITES}
                                </a>
                            }
                        })}
                    <div class="menu__rule"></div>
                    <form
                        method="post"
                        action="/sign-out"
                        on:submit=move |_| {
                            keep::forget_drafts();
                            desk.say_signed_out();
                        }
                    >
                        <button class="menu__item">{words::SIGN_OUT}</button>
                    </form>
                </div>
            </details>
        </footer>
    }
    .into_any()
}

fn install() -> AnyView {
    view! {
        <button class="button button--wide" type="button" on:click=|_| program::install()>
            {words::INSTALL}
        </button>
    }
    .into_any()
}
