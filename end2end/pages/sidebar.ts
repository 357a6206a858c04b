import { expect, type Locator, type Page } from "@playwright/test";
import { literal } from "./ready";

export class Sidebar {
  readonly navigation;
  readonly newRoom;
  readonly newMessage;
  readonly install;
  readonly catchUp;

  constructor(page: Page) {
    this.navigation = page.getByRole("navigation", { name: "Rooms" });
    this.newRoom = page.getByRole("button", { name: "New room" });
    this.newMessage = page.getByRole("button", { name: "New message" });
    this.catchUp = page.locator(".sidebar").getByRole("link", { name: /^Catch up/ });
    this.install = page.getByRole("button", { name: /^Install/ });
  }

  room(name: string): Locator {
    return this.navigation.getByRole("link", { name: new RegExp(`^${literal(name)}(?!\\w)`) });
  }

  /** The exact numbers that a room's link tells. */
  async counts(name: string, unread: number, mentions = 0): Promise<void> {
    const link = this.room(name);
    const told = (count: number, word: RegExp, text: string) =>
      count === 0
        ? expect(link).not.toHaveAccessibleName(word)
        : expect(link).toHaveAccessibleName(new RegExp(`(?<!\\d)${count} ${text}`));
    await told(unread, /\d unread/, "unread");
    await told(mentions, /\d mention/, mentions === 1 ? "mention(?!s)" : "mentions");
  }
}
