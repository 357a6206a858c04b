//! Oneself, at the foot of the list, and the browser's offer to install.

use crate::{
    browser::program,
    ui::{
        desk::Desk,
        live::maybe,
        parts::{Icon, Size, avatar, button, icon},
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
            {maybe(move || desk.installable().get().then(install))}
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
                    <form method="post" action="/sign-out">
                        <button class="menu__item">{words::SIGN_OUT}</button>
                    </form>
                </div>
            </details>
        </footer>
    }
    .into_any()
}

fn install() -> AnyView {
    button("button button--wide", words::INSTALL.into_any(), program::install)
}
