import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Evidence, PictureProof } from "../../domain/alert.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { clockText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";

const say = words({
  pictures: { zh: "现场照片", en: "Pictures of the work" },
  valid: { zh: "有效：{metres} 米内", en: "valid, {metres} m away" },
  far: { zh: "无效：距 {metres} 米或时间不符", en: "no proof: {metres} m away, or before the dispatch" },
  nowhere: { zh: "无位置", en: "no position" },
  snapshot: { zh: "摄像机画面", en: "Camera picture" },
  takenAt: { zh: "画面时间 {time}", en: "taken at {time}" },
  outside: { zh: "画面在外部系统，不在此处加载", en: "The picture lies outside and is not loaded here" },
  reference: { zh: "干净时的参考画面", en: "How it looks when it is clean" },
  noReference: { zh: "尚无参考画面", en: "No reference picture yet" },
});

/** A picture the center keeps: its address in memory once it is here, and its bytes. */
export interface KeptPicture {
  readonly url: string;
  readonly bytes: Blob;
}

export const alertPicture = (alertId: string, picture: string): string =>
  `/alerts/${encodeURIComponent(alertId)}/pictures/${encodeURIComponent(picture)}`;
export const referenceOf = (cameraId: string): string => `/devices/${encodeURIComponent(cameraId)}/reference-picture`;

/**
 * A picture needs the session's right, so it is fetched and shown from memory: no token in an address.
 * @param path after `/api/v1`; null: nothing to fetch
 * @param round fetched anew when it changes
 */
export function useKeptPicture(path: string | null, round = 0): Signal<KeptPicture | null> {
  const { rest } = useDesk();
  const kept = useSignal<KeptPicture | null>(null);
  useEffect(() => {
    kept.value = null;
    if (path === null) return;
    let made: string | null = null;
    let current = true;
    void rest
      .call("GET", path)
      .then(async (answer) => {
        if (!answer.ok || !current) return;
        const bytes = await answer.blob();
        if (!current) return;
        made = URL.createObjectURL(bytes);
        kept.value = { url: made, bytes };
      })
      .catch(() => {});
    return () => {
      current = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [path, round]);
  return kept;
}

/** Only pictures of this origin are loaded by their address: one from a device must not make the desk call anybody. */
const isHere = (url: string): boolean => {
  if (/^data:image\/(jpeg|png|webp);/.test(url)) return true;
  return URL.canParse(url, location.href) && new URL(url, location.href).origin === location.origin;
};

/** The picture of a piece of evidence that can be shown, as a path of the center or an address here; null: there is none. */
export function pictureOf(alertId: string, { picture }: Evidence): string | null {
  return typeof picture === "string" ? alertPicture(alertId, picture) : null;
}

export interface SnapshotProps {
  readonly alertId: string;
  readonly item: Evidence;
  readonly large?: boolean;
}

/** What a camera saw, with the box it drew. */
export function Snapshot({ alertId, item, large = false }: SnapshotProps) {
  const { snapshotUrl, bbox, pictureAt } = item;
  const path = pictureOf(alertId, item);
  const kept = useKeptPicture(path).value;
  if (path === null && typeof snapshotUrl !== "string") return null;
  if (path === null && !isHere(snapshotUrl as string)) return <p class="outside">{say("outside")}</p>;
  const address = path === null ? (snapshotUrl as string) : kept?.url;
  const earlier = path !== null && typeof pictureAt === "number" && pictureAt !== item.at;
  const drawn = !earlier && Array.isArray(bbox) && bbox.length === 4 && bbox.every((part) => typeof part === "number");
  const [x = 0, y = 0, width = 0, height = 0] = drawn ? (bbox as number[]) : [];
  const percent = (part: number) => `${part * 100}%`;
  return (
    <figure class={large ? "snapshot large" : "snapshot"}>
      {address !== undefined && <img src={address} alt={say("snapshot")} loading="lazy" />}
      {address !== undefined && drawn && (
        <span
          class="box"
          style={{ left: percent(x), top: percent(y), width: percent(width), height: percent(height) }}
        />
      )}
      {typeof pictureAt === "number" && <figcaption>{say("takenAt", { time: clockText(pictureAt) })}</figcaption>}
    </figure>
  );
}

/** How a camera's view looks when nothing is wrong. */
export function Reference({ cameraId, round }: { cameraId: string; round: number }) {
  const kept = useKeptPicture(referenceOf(cameraId), round).value;
  if (!kept) return <p class="empty">{say("noReference")}</p>;
  return (
    <figure class="snapshot large">
      <img src={kept.url} alt={say("reference")} />
      <figcaption>{say("reference")}</figcaption>
    </figure>
  );
}

/** What crews took of their work, and whether it proves anything. */
export function Pictures({ alert }: { alert: AlertView }) {
  return (
    <>
      <h3>{say("pictures")}</h3>
      <ul class="pictures">
        {alert.pictures.map((picture) => (
          <li key={picture.id}>
            <Picture alertId={alert.id} picture={picture} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Picture({ alertId, picture }: { alertId: string; picture: PictureProof }) {
  const kept = useKeptPicture(alertPicture(alertId, picture.id)).value;
  const metres = picture.metres ?? "–";
  return (
    <figure class={picture.valid ? "valid" : "invalid"}>
      {kept && <img src={kept.url} alt="" />}
      <figcaption>
        {clockText(picture.at)} · {picture.by.replace(/^user:/, "")} ·{" "}
        {picture.valid ? say("valid", { metres }) : picture.metres === null ? say("nowhere") : say("far", { metres })}
      </figcaption>
    </figure>
  );
}
