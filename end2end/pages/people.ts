// Who is in a room: invite, add, leave.
import { expect, type Page } from "@playwright/test";
import { isReady } from "./ready";

export class PeoplePage {
  readonly invite;
  readonly inviteLink;
  readonly username;
  readonly add;
  readonly leave;

  constructor(private readonly page: Page) {
    this.invite = page.getByRole("button", { name: "Invite people" });
    this.inviteLink = page.getByRole("link", { name: "/join/" });
    this.username = page.getByLabel("Username", { exact: true });
    this.add = page.getByRole("button", { name: "Add", exact: true });
    this.leave = page.getByRole("button", { name: /^Leave/ });
  }

  async open(room: string): Promise<void> {
    await this.page.goto(`${room}/people`);
    await isReady(this.page);
  }

  /** Presses "Invite people" and gives the address under the link that is shown. */
  async newInvite(): Promise<string> {
    await this.invite.click();
    const address = await this.inviteLink.getAttribute("href");
    expect(address).toContain("/join/");
    return new URL(address ?? "", this.page.url()).pathname;
  }

  async adds({ name, username }: { name: string; username: string }): Promise<void> {
    await this.username.fill(username);
    await this.add.click();
    await expect(this.page.getByRole("main")).toContainText(name);
  }
}
