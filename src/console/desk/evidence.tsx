import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Evidence as EvidenceItem, PictureProof } from "../../domain/alert.ts";
import { categories } from "../../domain/categories.ts";
import { metrics } from "../../domain/metrics.ts";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import { clockText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";

const say = words({
  title: { zh: "证据", en: "Evidence" },
  belief: { zh: "综合可信度 {pct}%", en: "believed {pct} %" },
  contested: { zh: "来源互相矛盾，请先核实传感器", en: "The sources contradict each other: check the sensor first" },
  sources: { zh: "{n} 个来源", en: "{n} sources" },
  pictures: { zh: "现场照片", en: "Pictures of the work" },
  valid: { zh: "有效：{metres} 米内", en: "valid, {metres} m away" },
  far: { zh: "无效：距 {metres} 米或时间不符", en: "no proof: {metres} m away, or before the dispatch" },
  nowhere: { zh: "无位置", en: "no position" },
  snapshot: { zh: "摄像机画面", en: "Camera picture" },
  outside: { zh: "画面在外部系统，不在此处加载", en: "The picture lies outside and is not loaded here" },
  confidence: { zh: "置信度", en: "confidence" },
  category: { zh: "类别", en: "category" },
});

const known = (table: Readonly<Record<string, { title: Text; unit?: string }>>, name: string) =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** One fact as people say it; whatever a device wrote is text. */
function factText(name: string, value: unknown): string {
  if (name === "confidence" && typeof value === "number") return `${say("confidence")} ${Math.round(value * 100)}%`;
  if (name === "category" && typeof value === "string") {
    const category = known(categories as never, value);
    return category ? inLanguage(category.title) : value;
  }
  const metric = known(metrics, name);
  if (metric && typeof value === "number")
    return `${inLanguage(metric.title)} ${Math.round(value * 100) / 100} ${metric.unit}`.trim();
  return `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

const HIDDEN = new Set(["source", "at", "snapshotUrl", "bbox", "lat", "lon", "eventId"]);

/** Who saw what, each source beside the others with what it weighs together. */
export function Evidence({ alert }: { alert: AlertView }) {
  const { evidence, belief, contested } = alert;
  return (
    <section class="evidence">
      <h3>
        {say("title")} <small>{say("belief", { pct: Math.round(belief * 100) })}</small>
      </h3>
      <meter
        min={0}
        max={1}
        low={0.5}
        high={0.8}
        optimum={1}
        value={belief}
        aria-label={say("belief", { pct: Math.round(belief * 100) })}
      />
      {contested && <p class="notice">{say("contested")}</p>}
      <ul>
        {evidence.map((item) => (
          <li key={`${item.source}-${item.at}`}>
            <strong>{item.source}</strong> <time>{clockText(item.at)}</time>
            <span>
              {Object.entries(item)
                .filter(([name, value]) => !HIDDEN.has(name) && value !== null)
                .map(([name, value]) => factText(name, value))
                .join(" · ")}
            </span>
            <Snapshot item={item} />
          </li>
        ))}
      </ul>
      {alert.pictures.length > 0 && <Pictures alert={alert} />}
    </section>
  );
}

/** Only pictures of this origin are loaded: an address from a device must not make the desk call anybody. */
const isHere = (url: string): boolean => {
  if (/^data:image\/(jpeg|png|webp);/.test(url)) return true;
  return URL.canParse(url, location.href) && new URL(url, location.href).origin === location.origin;
};

/** What a camera saw, with the box it drew. */
export function Snapshot({ item, large = false }: { item: EvidenceItem; large?: boolean }) {
  const { snapshotUrl, bbox } = item as { snapshotUrl?: unknown; bbox?: unknown };
  if (typeof snapshotUrl !== "string") return null;
  if (!isHere(snapshotUrl)) return <p class="outside">{say("outside")}</p>;
  const box =
    Array.isArray(bbox) && bbox.length === 4 && bbox.every((part) => typeof part === "number")
      ? (bbox as number[])
      : null;
  const [x = 0, y = 0, width = 0, height = 0] = box ?? [];
  const percent = (part: number) => `${part * 100}%`;
  return (
    <figure class={large ? "snapshot large" : "snapshot"}>
      <img src={snapshotUrl} alt={say("snapshot")} loading="lazy" />
      {box && (
        <span
          class="box"
          style={{ left: percent(x), top: percent(y), width: percent(width), height: percent(height) }}
        />
      )}
    </figure>
  );
}

function Pictures({ alert }: { alert: AlertView }) {
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

/** A picture needs the session's right, so it is fetched and shown from memory: no token in an address. */
export function Picture({ alertId, picture }: { alertId: string; picture: PictureProof }) {
  const { rest } = useDesk();
  const url = useSignal<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let current = true;
    void rest
      .call("GET", `/alerts/${encodeURIComponent(alertId)}/pictures/${encodeURIComponent(picture.id)}`)
      .then(async (answer) => {
        if (!answer.ok || !current) return;
        made = URL.createObjectURL(await answer.blob());
        url.value = made;
      })
      .catch(() => {});
    return () => {
      current = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [alertId, picture.id]);
  const metres = picture.metres ?? "–";
  return (
    <figure class={picture.valid ? "valid" : "invalid"}>
      {url.value && <img src={url.value} alt="" />}
      <figcaption>
        {clockText(picture.at)} · {picture.by.replace(/^user:/, "")} ·{" "}
        {picture.valid ? say("valid", { metres }) : picture.metres === null ? say("nowhere") : say("far", { metres })}
      </figcaption>
    </figure>
  );
}
