import { SetupPage } from "../pages/entrance";
import { Tab } from "../fixtures/people";
import { BROKEN_WIRE } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";

const NAME = "Ottilie Quendelhuber";
const USERNAME = "ottilie";
const ROOM = "Zwetschgenkammer";
const MESSAGE = "The plums are in the cellar";
const PERSONAL = [NAME, "Quendelhuber", USERNAME, ROOM, MESSAGE];

test("without a server it opens and says so, and its caches know nobody", async ({ profile, server, quiet }) => {
  let context = await profile.open();
  let tab = new Tab(context.pages()[0]!);
  await tab.goes("/setup");
  await new SetupPage(tab.page).create(NAME, USERNAME, "a long walk by the river");
  await tab.isInside();
  await tab.createsRoom(ROOM, "Closed");
  await tab.says(MESSAGE);
  const room = tab.room.address;

  await tab.page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activated") return;
    await new Promise<void>((done) =>
      active?.addEventListener("statechange", () => active.state === "activated" && done()),
    );
  });
  // Once more through the worker, every kind of page.
  for (const path of ["/", `${room}/people`, "/settings", "/admin", "/new-room", room]) await tab.goes(path);

  const kept = await tab.page.evaluate(async () => {
    const found: { address: string; text: string }[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const answer = await cache.match(request);
        const headers = JSON.stringify([...(answer?.headers ?? [])]);
        found.push({ address: new URL(request.url).pathname, text: `${name} ${headers} ${await answer?.text()}` });
      }
    }
    return found;
  });
  const addresses = kept.map(({ address }) => address);
  expect(addresses).toContain("/shell");
  for (const path of ["/", room, "/settings", "/admin", "/sign-in"]) expect(addresses).not.toContain(path);
  expect(addresses.filter((address) => /^\/(r|api|join|settings|admin)\b/.test(address))).toEqual([]);

  const roomId = room.split("/").pop()!;
  const cookies = (await context.cookies()).map(({ value }) => value).filter((value) => value.length > 8);
  expect(cookies.length).toBeGreaterThan(0);
  for (const { address, text } of kept) {
    for (const secret of [...PERSONAL, roomId, ...cookies]) {
      expect(text.includes(secret), `${address} holds "${secret}"`).toBe(false);
    }
  }

  // The server is gone, and so is the browser's process.
  quiet.expects(BROKEN_WIRE);
  await profile.close();
  await server.stop();
  context = await profile.open();
  tab = new Tab(context.pages()[0]!);
  await tab.page.goto(room, { waitUntil: "commit" });
  await tab.isReady();
  await expect(tab.page.locator("html")).toHaveAttribute("data-boot", "shell");
  await expect(tab.connection.offline).toBeVisible();

  await server.start();
  await expect(tab.connection.trouble).toBeHidden({ timeout: 45_000 });
  await tab.reloads();
  await expect(tab.page.locator("html")).not.toHaveAttribute("data-boot", "shell");
  await tab.room.isOpen(ROOM);
  await tab.sees(MESSAGE);
});

test("the shell has the same bytes for everybody", async ({ people, server }) => {
  const ada = await people.owner("Ada Lovelace");
  const signedIn = await ada.page.request.get("/shell");
  const nobody = await fetch(`${server.url}/shell`);
  expect(await signedIn.text()).toBe(await nobody.text());
  expect(signedIn.headers()["set-cookie"]).toBeUndefined();
  expect(signedIn.headers()["content-security-policy"]).not.toContain("nonce-");
});
