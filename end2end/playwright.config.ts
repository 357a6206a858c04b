import { defineConfig } from "@playwright/test";
import { LAUNCH } from "./fixtures/chromium";

export default defineConfig({
  outputDir: "../target/end2end",
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  reporter: "list",
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    // A page's requests can be held up only while no service worker answers them.
    serviceWorkers: "block",
    launchOptions: LAUNCH,
  },
  projects: [
    // They wait more than they work; what is timed has the machine to itself.
    { name: "stories", testMatch: "stories/*.story.ts", workers: 2 },
    { name: "long", testMatch: "long_walk.ts", timeout: 3_600_000 },
    { name: "hour", testMatch: "long_hour.ts", timeout: 7_200_000, use: { trace: "off" } },
    { name: "screenshots", testMatch: "screenshots.ts" },
    // A recorder takes more of the page's time than the page does. What is missed is measured a second time: a
    // neighbour on the machine moves times by a tenth.
    { name: "client", testMatch: "client/*.client.ts", retries: 1, use: { trace: "off" } },
  ],
});
