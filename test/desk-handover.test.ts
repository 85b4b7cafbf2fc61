import { expect, test } from "vitest";
import { openBrowser, openPage } from "./support/browser.ts";
import { goTo } from "./support/desk.ts";
import { startTestCenter } from "./support/running-center.ts";
import { employ, logIn } from "./support/staff.ts";

test("a shift is handed over at one desk with notes and two signatures; then nobody can change it", async () => {
  await using browser = await openBrowser();
  await using center = await startTestCenter();
  for (const id of ["ann", "bob"]) await employ(center, id, "dispatcher");
  await center.rest("POST", "/alerts", {
    ruleId: "street.exposed_garbage",
    subject: { kind: "spot", id: "corner" },
    place: { lat: 22.733, lon: 113.9033 },
  });
  const opened = await openPage(browser);
  const { page } = opened;
  await logIn(page, center, "ann");
  await page.locator(".line").waitFor();
  await goTo(opened, "o");
  await page.getByText("Notes: what matters").waitFor();
  await page.locator("textarea").fill("Gate of depot 2 <b>sticks</b>");
  await page.getByRole("button", { name: "Hand over and sign" }).click();

  const record = page.locator("main details.panel");
  await record.getByText("Waits for the second signature").waitFor();
  await record.locator("blockquote", { hasText: "Gate of depot 2 <b>sticks</b>" }).waitFor();
  // Ann cannot sign for herself, nor can bob without his password.
  const sign = async (name: string, password: string) => {
    await record.locator("input[name=name]").fill(name);
    await record.locator("input[name=password]").fill(password);
    await record.getByRole("button", { name: "Take over and sign" }).click();
  };
  await sign("ann", "copper thursday violin moss");
  await expect.poll(() => record.locator(".problem").innerText()).not.toBe("");
  const refused = await record.locator(".problem").innerText();
  await sign("bob", "not the password of bob");
  await expect.poll(() => record.locator(".problem").innerText()).not.toBe(refused);
  await sign("bob", "copper thursday violin moss");
  await record.getByText("Waits for the second signature").waitFor({ state: "detached" });
  await record.locator("summary").click();
  await record.getByText("Given by ann").waitFor();
  await record.getByText("Taken by bob").waitFor();
  expect(await record.locator("input, textarea, button").count()).toBe(0);
  expect(opened.problems).toEqual([]);
});
