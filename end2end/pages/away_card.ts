import type { Locator, Page } from "@playwright/test";

export class AwayCard {
  readonly card;
  readonly catchUp;
  readonly jumpToMention;
  readonly dismiss;

  constructor(page: Page) {
    this.card = page.getByRole("region", { name: "While you were away" });
    // The word is a button where there is scripting, and a link before.
    this.catchUp = this.action("Catch up");
    this.jumpToMention = this.action("Jump to mention");
    this.dismiss = this.card.getByRole("button", { name: "Dismiss" });
  }

  /** What the full card says of one room. */
  line(room: string): Locator {
    return this.card.getByRole("listitem").filter({ hasText: room });
  }

  private action(name: string): Locator {
    return this.card.getByRole("button", { name }).or(this.card.getByRole("link", { name }));
  }
}
