import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { giveReferences, openGallery } from "../simulators/gallery.ts";
import { createRest } from "../simulators/rest.ts";
import { drawScene, type Scene } from "../simulators/street-scene.ts";
import { ADMIN_TOKEN, startTestCenter } from "./support/running-center.ts";

const noon = Date.parse("2026-09-22T12:00+08:00");
const clean: Scene = { camera: "camera-1", bins: 4, at: noon, category: null, bbox: [0.5, 0.5, 0.2, 0.2] };
const dumping: Scene = { ...clean, category: "illegalDumping" };

/** Where two pictures of one street differ: shares of the picture. */
function differing(one: Buffer, other: Buffer) {
  const [a, b] = [PNG.sync.read(one), PNG.sync.read(other)];
  const at = Array.from({ length: a.width * a.height }, (_, i) => i).filter((i) =>
    [0, 1, 2].some((part) => a.data[i * 4 + part] !== b.data[i * 4 + part]),
  );
  const columns = at.map((i) => (i % a.width) / a.width);
  const rows = at.map((i) => Math.floor(i / a.width) / a.height);
  return { count: at.length, left: Math.min(...columns), right: Math.max(...columns), top: Math.min(...rows) };
}

test("a simulated camera draws its problem where it says that it lies, and nothing else changes", () => {
  const { count, left, right, top } = differing(drawScene(clean), drawScene(dumping));
  expect(count).toBeGreaterThan(500);
  expect([left >= 0.49, right <= 0.72, top >= 0.48]).toEqual([true, true, true]);
  expect(drawScene(dumping)).toEqual(drawScene(dumping));
  expect(differing(drawScene(clean), drawScene({ ...clean, camera: "camera-2" })).count).toBeGreaterThan(500);
});

test("what it saw is fetched by event; the oldest events go", async () => {
  await using gallery = await openGallery();
  const fetched = (eventId: string) => fetch(gallery.pictureUrl.replace("{eventId}", eventId));
  gallery.saw("e-1", dumping);
  const answer = await fetched("e-1");
  expect(answer.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(drawScene(dumping));
  expect((await fetched("e-2")).status).toBe(404);
  expect((await fetched("%E0%A4%A")).status).toBe(404);
  for (let i = 0; i < 2_000; i++) gallery.saw(`later-${i}`, clean);
  expect((await fetched("e-1")).status).toBe(404);
  expect((await fetched("later-0")).status).toBe(200);
});

test("cameras get a reference picture once; where it lies is for managers only", async () => {
  await using center = await startTestCenter();
  const attributes = { binsInView: 2, pictureUrl: "http://root:secret@camera.lan/{eventId}" };
  await center.rest("POST", "/devices", { id: "camera-1", kind: "camera", attributes });
  await center.rest("POST", "/devices", { id: "camera-2", kind: "camera" });
  const rest = createRest(center.http, ADMIN_TOKEN);
  const { signal } = new AbortController();
  expect(await giveReferences(rest, signal)).toBe(1);
  expect(await giveReferences(rest, signal)).toBe(0);
  const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "wall", role: "viewer" });
  const seen = await createRest(center.http, token).get<object>("/devices/camera-1");
  expect(JSON.stringify(seen)).not.toContain("secret");
});
