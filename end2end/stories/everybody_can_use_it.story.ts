import { expect, SHORT_ABSENCE, test } from "../fixtures/test";

test.use({ settings: SHORT_ABSENCE });

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any screen, ${colorScheme}`, async ({ people, axe }) => {
    test.slow();
    // Without motion, or a colour is measured half way.
    const look = { colorScheme, reducedMotion: "reduce" } as const;
    const visitor = await people.visitor("Vi Sitor", look);
    await visitor.goes("/setup");
    await axe(visitor.page, "set-up");

    const ada = await people.owner("Ada Lovelace", look);
    const landing = ada.room.address;
    await axe(ada.page, "an empty room");
    const link = await ada.invites();
    await visitor.goes(link);
    await axe(visitor.page, "joining");
    await visitor.goes("/sign-in");
    await axe(visitor.page, "signing in");

    const bo = await people.joins("Bo Diddley", ada, look);
    await ada.createsRoom("garden");
    await ada.adds(bo);
    const garden = ada.room.address;
    await bo.opens("garden");
    await bo.says("The tulips are out");
    await ada.sees("The tulips are out");
    await ada.says("Then I come at once");
    await axe(ada.page, "a room with messages");

    // By its link: a page that is loaded counts as a visit of a minute until its socket has greeted.
    await ada.opens("general");
    const left = Date.now();
    await ada.closesTab();
    await bo.says("@ada bring the lantern");
    await bo.says("And your boots");
    await expect.poll(() => Date.now() - left).toBeGreaterThan(1_500);
    const back = await ada.opensTab(landing);
    await expect(back.card.card).toBeVisible();
    await axe(back.page, "the away card");
    await back.card.jumpToMention.click();
    await back.room.isOpen("garden");
    await axe(back.page, "a room with unread messages");

    for (const path of [`${garden}/people`, "/new-room", "/new-message", "/settings", "/admin"]) {
      await back.goes(path);
      await axe(back.page, path);
    }

    await back.page.setViewportSize({ width: 390, height: 844 });
    await back.goes(garden);
    await axe(back.page, "a room on a phone");
    await back.goes("/");
    await axe(back.page, "the rooms on a phone");
  });
}

test("nothing is wider than a small screen", async ({ people }) => {
  const ada = await people.owner("Ada Lovelace", { viewport: { width: 1280, height: 800 } });
  await ada.says(`A very long word: ${"a".repeat(300)}`);
  const room = ada.room.address;
  await ada.page.setViewportSize({ width: 320, height: 640 });
  for (const path of [room, `${room}/people`, "/", "/settings", "/admin", "/new-room", "/new-message"]) {
    await ada.goes(path);
    const width = await ada.page.evaluate(() => document.documentElement.scrollWidth);
    expect.soft(width, path).toBeLessThanOrEqual(320);
  }
});
