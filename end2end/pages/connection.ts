import type { Page } from "@playwright/test";

export class Connection {
  readonly connecting;
  readonly offline;
  /** Either of them: the wire is down. */
  readonly trouble;

  constructor(page: Page) {
    const status = page.getByRole("status");
    this.connecting = status.filter({ hasText: "Connecting…" });
    this.offline = status.filter({ hasText: "Offline — messages will be sent later" });
    this.trouble = status.filter({ hasText: /Connecting…|Offline — messages will be sent later/ });
  }
}
