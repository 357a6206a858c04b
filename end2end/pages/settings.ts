import type { Page } from "@playwright/test";

export class SettingsPage {
  readonly sessions;
  readonly signOut;

  constructor(page: Page) {
    this.sessions = page.getByRole("heading", { name: /sessions/i });
    this.signOut = page.getByRole("button", { name: "Sign out", exact: true });
  }
}
