import { expect, type Page } from "@playwright/test";

/** The page answers to clicks; before, only plain links and forms work. */
export async function isReady(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-ready", "1");
}

/** Text as part of a regular expression. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
