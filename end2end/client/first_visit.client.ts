// Every byte of a first visit, counted on the wire: pages, files, what the service worker keeps, and all heads.
import type { BrowserContextOptions, Page } from "@playwright/test";
import { Wire } from "../fixtures/wire";
import { isReady } from "../pages/ready";
import { figure } from "./figures";
import { signedIn, test } from "./test";

const KINDS = ["html", "wasm", "js", "css", "font", "image", "other"] as const;
type Kinds = Partial<Record<(typeof KINDS)[number], number>>;

test("a first visit of the entrance", async ({ browser, server }, info) => {
  const wire = await Wire.to(server.port);
  const context = await browser.newContext({ serviceWorkers: "allow" });
  const { all, note } = await visited(await context.newPage(), wire, "/sign-in");
  await figure(info, "first visit of /sign-in, all bytes", [all], note);
  await context.close();
  await wire.close();
});

test("a first visit of a room", async ({ reader, server }, info) => {
  const wire = await Wire.to(server.port);
  const options: BrowserContextOptions = { serviceWorkers: "allow" };
  const context = await signedIn(reader.context, options, "localhost");
  const { all, note } = await visited(await context.newPage(), wire, reader.room.address);
  await figure(info, "first visit of a room, all bytes", [all], note);
  await context.close();
  await wire.close();
});

/** Until the service worker has all that it keeps. In kilobytes. */
async function visited(page: Page, wire: Wire, path: string): Promise<{ all: number; note: string }> {
  const kinds: Kinds = {};
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const kindOf = new Map<string, keyof Kinds>();
  session.on("Network.responseReceived", ({ requestId, response }) => kindOf.set(requestId, kind(response.mimeType)));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const of = kindOf.get(requestId) ?? "other";
    kinds[of] = (kinds[of] ?? 0) + encodedDataLength;
  });
  await page.goto(wire.url + path);
  await isReady(page);
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activated") return;
    await new Promise<void>((done) => active?.addEventListener("statechange", () => active.state === "activated" && done()));
  });
  const all = wire.told / 1000;
  const bySight = Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0) / 1000;
  const parts = KINDS.flatMap((kind) => (kinds[kind] ? [`${kind} ${(kinds[kind] / 1000).toFixed(1)}`] : []));
  return { all, note: `${parts.join(", ")}; kept for later ${(all - bySight).toFixed(1)}` };
}

function kind(mime: string): keyof Kinds {
  const found = KINDS.find((kind) => mime.includes(kind));
  return mime.includes("javascript") ? "js" : (found ?? "other");
}
