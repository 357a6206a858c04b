import type { Page } from "@playwright/test";

export class NewRoomPage {
  readonly name;
  readonly create;

  constructor(private readonly page: Page) {
    this.name = page.getByLabel("Name", { exact: true });
    this.create = page.getByRole("button", { name: /^Create/ });
  }

  async creates(name: string, kind: "Open" | "Closed"): Promise<void> {
    await this.name.fill(name);
    await this.page.getByRole("radio", { name: kind }).check();
    await this.create.click();
  }
}

export class NewMessagePage {
  constructor(private readonly page: Page) {}

  async writesTo(name: string): Promise<void> {
    const main = this.page.getByRole("main");
    await main.getByRole("button", { name }).or(main.getByRole("link", { name })).click();
  }
}
