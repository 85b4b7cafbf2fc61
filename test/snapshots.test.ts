import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import mqtt from "mqtt";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import type { Alert } from "../src/domain/alert.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** The smallest picture that is one: a single pixel of a grey. */
const pixel = (grey: number): Buffer => {
  const picture = new PNG({ width: 1, height: 1 });
  picture.data.set([grey, grey, grey, 255]);
  return PNG.sync.write(picture);
};

/** An AI box that has pictures, and things that are none. */
async function openBox() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    if (path.startsWith("/picture")) response.end(pixel(Number(path.slice(8)) || 0));
    else if (path === "/page.jpg") response.end("<html><script>alert(1)</script></html>");
    else if (path === "/elsewhere.jpg") response.writeHead(302, { location: "/picture1" }).end();
    else if (path === "/huge.jpg") response.end(Buffer.concat([pixel(1), Buffer.alloc(40_000)]));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())),
  };
}

async function openCamera(center: TestCenter, id = "camera-1", attributes = {}) {
  const place = { lat: 22.733, lon: 113.9033 };
  const { mqtt: login } = await center.rest<{ mqtt: object }>("POST", "/devices", {
    id,
    kind: "camera",
    place,
    attributes,
  });
  const client = await mqtt.connectAsync(center.mqtt as string, login);
  return {
    sees: (snapshotUrl: string | undefined, fields: object = {}) => {
      const event = { type: "detection", category: "illegalDumping", confidence: 0.9, phase: "pulse", ...fields };
      return client.publishAsync(`kerbside/v1/camera/${id}/event`, JSON.stringify({ ...event, snapshotUrl }), {
        qos: 1,
      });
    },
    [Symbol.asyncDispose]: () => client.endAsync(),
  };
}

const dumping = async (center: TestCenter): Promise<Alert | undefined> => {
  const { items } = await center.rest<{ items: Alert[] }>("GET", "/alerts?open=true&ruleId=street.illegal_dumping");
  return items[0];
};
const outcomes = async (center: TestCenter): Promise<Record<string, number>> => {
  const text = await (await fetch(`${center.http}/metrics`)).text();
  const found = text.matchAll(/^kerbside_snapshots_total\{outcome="(\w+)"\} (\d+)/gm);
  return Object.fromEntries([...found].flatMap(([, name, n]) => (Number(n) > 0 ? [[name, Number(n)]] : [])));
};
const read = (center: TestCenter, path: string, token: string) =>
  fetch(`${center.http}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
const tokenFor = async (center: TestCenter, role: string): Promise<string> =>
  (await center.rest<{ token: string }>("POST", "/tokens", { name: role, role })).token;

describe("what a camera saw", () => {
  test("is fetched, kept with the alert, and shown to who may see it", async () => {
    await using box = await openBox();
    const settings = { SNAPSHOT_HOSTS: "127.0.0.1", SNAPSHOT_EVERY_SECONDS: "0" };
    await using center = await startTestCenter(settings);
    await using camera = await openCamera(center);
    await camera.sees(box.url("/picture7"));
    await expect.poll(async () => (await dumping(center))?.evidence[0]?.picture).toMatch(/^[0-9a-f]{64}\.png$/);
    const alert = (await dumping(center)) as Alert;
    const [evidence] = alert.evidence;
    expect(evidence?.pictureAt).toBe(evidence?.at);

    const address = `/alerts/${alert.id}/pictures/${evidence?.picture}`;
    const shown = await read(center, address, await tokenFor(center, "dispatcher"));
    expect(shown.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(pixel(7));
    const viewer = await tokenFor(center, "viewer");
    expect((await read(center, address, viewer)).status).toBe(403);
    const public_ = (await (await read(center, `/alerts/${alert.id}`, viewer)).json()) as Alert;
    expect(JSON.stringify(public_)).not.toContain("http://127.0.0.1");

    // The next sighting brings its own picture; until it has come the earlier one stands, with its own time.
    await camera.sees(box.url("/picture8"));
    await expect
      .poll(async () => {
        const next = (await dumping(center))?.evidence[0];
        return next !== undefined && next.at > (evidence?.at ?? 0) && next.pictureAt === next.at;
      })
      .toBe(true);
    expect(await outcomes(center)).toEqual({ kept: 2 });
  });

  test("lies where its camera, or the box it hangs on, keeps the pictures of its events", async () => {
    await using box = await openBox();
    await using center = await startTestCenter({ SNAPSHOT_HOSTS: "127.0.0.1", SNAPSHOT_EVERY_SECONDS: "0" });
    const pictureUrl = box.url("/picture5?event={eventId}&camera={cameraId}");
    await center.rest("POST", "/devices", { id: "box-1", kind: "gateway", attributes: { pictureUrl, devices: "*" } });
    await using camera = await openCamera(center, "camera-1", { gatewayId: "box-1" });
    await camera.sees(undefined, { eventId: "1607123955.475377-mxklsc" });
    await expect.poll(() => outcomes(center)).toEqual({ kept: 1 });
    await camera.sees(undefined, { eventId: "../../a b" });
    await expect.poll(() => outcomes(center)).toEqual({ kept: 2 });
    await camera.sees(undefined);
    await expect.poll(async () => (await dumping(center))?.count).toBe(3);
    expect(box.asked).toEqual([
      "/picture5?event=1607123955.475377-mxklsc&camera=camera-1",
      "/picture5?event=..%2F..%2Fa%20b&camera=camera-1",
    ]);
  });

  test("is not asked for where nobody listed the host, and what is no picture is not kept", async () => {
    await using box = await openBox();
    await using strict = await startTestCenter({ SNAPSHOT_HOSTS: "10.9.0.0/16" });
    await using camera = await openCamera(strict);
    await camera.sees(box.url("/picture1"));
    await expect.poll(() => outcomes(strict)).toEqual({ unreachable: 1 });
    expect(box.asked).toEqual([]);

    const settings = { SNAPSHOT_HOSTS: "127.0.0.1", SNAPSHOT_EVERY_SECONDS: "0", PICTURE_BYTES: "20000" };
    await using center = await startTestCenter(settings);
    await using other = await openCamera(center);
    for (const [path, counted] of [
      ["/page.jpg", { notAPicture: 1 }],
      ["/elsewhere.jpg", { notAPicture: 1, refused: 1 }],
      ["/missing.jpg", { notAPicture: 1, refused: 2 }],
      ["/huge.jpg", { notAPicture: 1, refused: 2, tooLarge: 1 }],
    ] as const) {
      await other.sees(box.url(path));
      await expect.poll(() => outcomes(center)).toEqual(counted);
    }
    await other.sees("file:///etc/passwd");
    await other.sees("javascript:alert(1)");
    expect((await dumping(center))?.evidence[0]?.picture).toBeUndefined();
    expect(await outcomes(center)).toEqual({ notAPicture: 1, refused: 2, tooLarge: 1 });
    expect(box.asked).toEqual(["/page.jpg", "/elsewhere.jpg", "/missing.jpg", "/huge.jpg"]);
  });

  test("of one camera not more often than was set", async () => {
    await using box = await openBox();
    await using center = await startTestCenter({ SNAPSHOT_HOSTS: "127.0.0.1", SNAPSHOT_EVERY_SECONDS: "3600" });
    await using camera = await openCamera(center);
    for (const n of [1, 2, 3]) await camera.sees(box.url(`/picture${n}`), { eventId: `e-${n}` });
    await expect.poll(() => outcomes(center)).toEqual({ kept: 1 });
    await expect.poll(async () => (await dumping(center))?.count).toBe(3);
    expect(box.asked).toHaveLength(1);
  });
});

describe("how it looks when nothing is wrong", () => {
  test("a dispatcher keeps a reference picture of a camera; what is no picture is refused", async () => {
    await using center = await startTestCenter();
    await using _camera = await openCamera(center);
    const token = await tokenFor(center, "dispatcher");
    const put = (id: string, body: Buffer, type: string) =>
      fetch(`${center.http}/api/v1/devices/${id}/reference-picture`, {
        method: "PUT",
        headers: { authorization: `Bearer ${token}`, "content-type": type },
        body: new Uint8Array(body),
      });
    expect((await put("camera-1", pixel(3), "image/png")).status).toBe(200);
    const shown = await read(center, "/devices/camera-1/reference-picture", token);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(pixel(3));
    expect((await put("camera-1", Buffer.from("<svg/>"), "image/png")).status).toBe(415);
    expect((await put("nobody", pixel(3), "image/png")).status).toBe(404);
    expect((await read(center, "/devices/camera-1/reference-picture", await tokenFor(center, "viewer"))).status).toBe(
      403,
    );
    // Registering the camera again takes nothing away, and names no other picture.
    await center.rest("PATCH", "/devices/camera-1", { attributes: { pole: "7", referencePicture: "another.png" } });
    const again = await read(center, "/devices/camera-1/reference-picture", token);
    expect(Buffer.from(await again.arrayBuffer())).toEqual(pixel(3));
    // Tidying up old pictures leaves what is still looked at.
    const { attributes } = await center.rest<{ attributes: { referencePicture: string } }>("GET", "/devices/camera-1");
    await center.center.pictures.forget(Date.now() + 1_000, new Set([attributes.referencePicture]));
    expect((await read(center, "/devices/camera-1/reference-picture", token)).status).toBe(200);
    const { items } = await center.rest<{ items: { action: string }[] }>("GET", "/audit?action=device.reference");
    expect(items).toHaveLength(1);
  });
});
