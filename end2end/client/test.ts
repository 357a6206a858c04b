// What all figures stand on: a server with a month of history, somebody who reads and somebody who speaks.
import { randomUUID } from "node:crypto";
import type { BrowserContext, BrowserContextOptions, Page } from "@playwright/test";
import type { Person } from "../fixtures/people";
import { Server } from "../fixtures/server";
import { test as base } from "../fixtures/test";
import { SignInPage } from "../pages/entrance";

/** How often each figure is taken; the median of them counts. */
export const ROUNDS = 5;
export const ROOM = "general";

/** A room's pace is not what is measured here. */
const UNPACED = { WHILST_LIMITS_COMMANDS_BURST: "1000", WHILST_LIMITS_COMMANDS_PER_SECOND: "1000" };

type Fixtures = {
  /** The owner of the demo, with `general` open: some fifty messages, twelve people. */
  reader: Person;
  /** Another member of that room. */
  speaker: Speaker;
};

export const test = base.extend<Fixtures & { credentials: { username: string; password: string } }>({
  settings: UNPACED,
  // Named so that "server", on which all else stands, is filled before it starts.
  credentials: async ({}, use) => use({ username: "", password: "" }),
  server: async ({ settings, credentials }, use) => {
    const server = await Server.create(settings);
    const told = await server.command("demo");
    credentials.username = /Sign in as "([^"]+)"/.exec(told)?.[1] ?? "";
    credentials.password = /with the password "([^"]+)"/.exec(told)?.[1] ?? "";
    await server.start();
    await use(server);
    await server.remove();
  },
  reader: async ({ people, credentials }, use) => {
    const reader = await people.visitor("Reader");
    await signIn(reader.page, credentials);
    await reader.isInside();
    await reader.opens(ROOM);
    await use(reader);
  },
  speaker: async ({ people, reader }, use) => {
    const speaker = await people.joins("Bo Diddley", reader);
    const room = speaker.room.address;
    // What speaks is the door of forms; a second page that draws would take the reader's processor.
    await speaker.page.close();
    await use(new Speaker(speaker.context, room));
  },
});

export async function signIn(page: Page, { username, password }: { username: string; password: string }): Promise<void> {
  await page.goto("/sign-in");
  await new SignInPage(page).signIn(username, password);
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

/** A new browser, with nothing but the session of another, for the same server under any name. */
export async function signedIn(
  from: BrowserContext,
  options: BrowserContextOptions,
  domain?: string,
): Promise<BrowserContext> {
  const browser = from.browser();
  if (!browser) throw new Error("This browser cannot be opened a second time.");
  const cookies = (await from.cookies()).map((cookie) => ({ ...cookie, domain: domain ?? cookie.domain }));
  return browser.newContext({ storageState: { cookies, origins: [] }, ...options });
}

export async function slowed(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

/** Says things without a page. */
export class Speaker {
  constructor(
    private readonly context: BrowserContext,
    private readonly room: string,
  ) {}

  async says(body: string, room = this.room): Promise<void> {
    const form = { body, client_key: randomUUID().replaceAll("-", "") };
    const answer = await this.context.request.post(room, { form, maxRedirects: 0, headers: { "sec-fetch-site": "same-origin" } });
    if (answer.status() !== 303) throw new Error(`A message was answered with ${answer.status()}.`);
  }
}
