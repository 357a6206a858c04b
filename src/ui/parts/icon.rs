//! Drawings of twenty by twenty. They say nothing to readers: names do.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Back,
    Lock,
    People,
    Plus,
    Close,
    More,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Back => "M11 4 5 10l6 6",
            Self::Lock => "M5 9h10v7H5zM7 9V6.500a3 3 0 0 1 6 0V9",
            Self::People => {
                "M7.500 9.500a2.750 2.750 0 1 0 0-5.500 2.750 2.750 0 0 0 0 5.500zM2.500 16c.3-2.700 2.300-4.200 5-4.200s4.700 1.500 5 4.200M13 4.300a2.600 2.600 0 0 1 0 5M14.500 12.200c1.700.5 2.800 1.800 3 3.800"
            }
            Self::Plus => "M10 4.500v11M4.500 10h11",
            Self::Close => "m5 5 10 10M15 5 5 15",
            Self::More => "M6 12.500 10 8.500l4 4",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Back => "icon icon--ahead",
            Self::People => "icon",
            _ => "icon icon--small",
        }
    }
}

pub fn icon(icon: Icon) -> AnyView {
    view! {
        <svg class=icon.class() viewBox="0 0 20 20" aria-hidden="true">
            <path d=icon.path()/>
        </svg>
    }
    .into_any()
}

/// The name of the program with its mark, a link home.
pub fn brand(class: &'static str) -> AnyView {
    view! {
        <a class=class href="/">
            "Whilst"
            <svg class="brand__mark" viewBox="0 0 18 48" aria-hidden="true">
                <rect width="18" height="18" rx="5"/>
                <path
                    class="brand__tail"
                    d="M5 24h8a5 5 0 0 1 5 5v4.500c0 2-.7 4-2 5.600L9.300 47a2.500 2.500 0 0 1-4.400-1.900L5.700 40A5.700 5.700 0 0 1 0 34.300V29a5 5 0 0 1 5-5z"
                />
            </svg>
        </a>
    }
    .into_any()
}
