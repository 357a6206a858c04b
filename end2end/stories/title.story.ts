// The title of every page beside the list of rooms says how much is unread.
import type { Person, Tab } from "../fixtures/people";
import { REFUSED } from "../fixtures/quiet";
import { expect, test } from "../fixtures/test";
import { NewRoomPage } from "../pages/new_room";

const SIZES = [
  { name: "a desk", viewport: { width: 1280, height: 800 } },
  { name: "a phone", viewport: { width: 390, height: 844 } },
];

/** Every page with a list of rooms, by its address, and what it is called. */
function pages(general: string, entry: string): Record<string, string> {
  return {
    "/": "Whilst",
    [general]: "general · Whilst",
    [entry]: "general · Whilst",
    [`${general}/people`]: "general: people · Whilst",
    "/new-room": "New room · Whilst",
    "/new-message": "New message · Whilst",
    "/settings": "Settings · Whilst",
    "/admin": "People and invites · Whilst",
  };
}

const numbered = (unread: number, title: string) => (unread > 0 ? `(${unread}) ${title}` : title);

for (const { name, viewport } of SIZES) {
  test(`on ${name} the title of every page has the unread number, with scripts off and live`, async ({ people }) => {
    test.slow();
    const ada = await people.owner("Ada Lovelace", { viewport });
    await ada.says("Welcome");
    const general = ada.room.address;
    const entry = await ada.room.permalink("Welcome");
    const bo = await people.joins("Bo Diddley", ada);
    await ada.createsRoom("garden");
    await ada.adds(bo);
    const garden = ada.room.address;
    await ada.goes("/settings");
    await bo.goes(garden);
    const plain = await people.visitor(ada.name, { viewport, javaScriptEnabled: false });
    await plain.signsIn();

    const titles = Object.entries(pages(general, entry));
    const shows = async (person: Person | Tab, path: string, title: string) => {
      await person.goes(path);
      await expect(person.page, path).toHaveTitle(title);
    };
    for (const [path, title] of titles) await shows(plain, path, title);

    let unread = 0;
    for (const [path, title] of titles) {
      await shows(ada, path, numbered(unread, title));
      await bo.says(`message ${++unread}`);
      await expect(ada.page, `${path}, live`).toHaveTitle(numbered(unread, title));
    }
    for (const [path, title] of titles) await shows(plain, path, numbered(unread, title));

    // Read elsewhere, the number goes while the page stays.
    await ada.goes("/settings");
    await expect(ada.page).toHaveTitle(`(${unread}) Settings · Whilst`);
    const other = await ada.opensTab(garden);
    await expect(other.page).toHaveTitle("garden · Whilst");
    await expect(ada.page).toHaveTitle("Settings · Whilst");
  });
}

test("the title of a refused form and of a room to join has the unread number", async ({ people, quiet }) => {
  quiet.expects(REFUSED);
  const ada = await people.owner("Ada Lovelace");
  const bo = await people.joins("Bo Diddley", ada);
  await bo.createsRoom("orchard");
  const orchard = bo.room.address;
  await bo.opens("general");
  const plain = await people.visitor(ada.name, { javaScriptEnabled: false });
  await plain.signsIn();
  for (const person of [ada, plain]) {
    await person.goes("/settings");
    await bo.says(`For ${person.hydrates ? "one" : "the other"}`);
    const unread = person === ada ? 1 : 2;
    await person.goes(orchard);
    await expect(person.page.getByRole("button", { name: "Join" })).toBeVisible();
    await expect(person.page).toHaveTitle(new RegExp(`^\\(${unread}\\) `));
    await person.goes("/new-room");
    await new NewRoomPage(person.page).creates("   ", "Open");
    await expect(person.page.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await expect(person.page).toHaveTitle(`(${unread}) New room · Whilst`);
  }
});
