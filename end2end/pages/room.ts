import { expect, type Locator, type Page } from "@playwright/test";

export class RoomPage {
  readonly log;
  readonly messages;
  readonly composer;
  readonly send;
  readonly markAsRead;
  readonly divider;

  constructor(private readonly page: Page) {
    this.log = page.getByRole("log", { name: /^Messages in / });
    this.messages = this.log.getByRole("article");
    this.composer = page.getByRole("textbox", { name: /^(Message |Edit message$)/ });
    this.send = page.getByRole("button", { name: "Send", exact: true });
    this.markAsRead = page.getByRole("button", { name: "Mark as read" });
    this.divider = this.log.getByRole("separator", { name: "New", exact: true });
  }

  /** The room's own address, without a message's number. */
  get address(): string {
    const path = new URL(this.page.url()).pathname;
    return path.split("/").slice(0, 3).join("/");
  }

  /** The message whose whole text this is. */
  message(text: string): Locator {
    return this.messages.filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** The address of a message, once it is stored. */
  async permalink(text: string): Promise<string> {
    const message = this.message(text);
    await expect(message).toHaveAttribute("id", /^m-\d+$/);
    const id = await message.getAttribute("id");
    return `${this.address}/${id!.slice("m-".length)}`;
  }

  /** What can be done with a message, once its panel is open. */
  get actions(): Locator {
    return this.page.getByRole("group", { name: "Message actions" });
  }

  action(name: string): Locator {
    return this.actions.getByRole("button", { name, exact: true });
  }

  async opensActions(text: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.getByRole("button", { name: "Message actions" }).click();
    await expect(this.actions).toBeVisible();
  }

  /** The chip of an emoji at a message. */
  reaction(text: string, emoji: string): Locator {
    return this.message(text).getByRole("button", { name: new RegExp(`^${emoji} \\d`) });
  }

  async isOpen(name: string): Promise<void> {
    await expect(this.page.getByRole("log", { name: `Messages in ${name}`, exact: true })).toBeVisible();
  }

  /** Which of these texts the log shows, in its order; a text that stands there twice is told twice. */
  async order(texts: string[]): Promise<string[]> {
    const shown = await this.messages.allInnerTexts();
    const lines = shown.map((text) => text.split("\n").map((line) => line.trim()));
    return lines.flatMap((of) => of.filter((line) => texts.includes(line)).slice(0, 1));
  }
}
