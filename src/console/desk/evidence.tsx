import { categories } from "../../domain/categories.ts";
import { metrics } from "../../domain/metrics.ts";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import { clockText } from "../shared/time.ts";
import { Pictures, Snapshot } from "./pictures.tsx";

const say = words({
  title: { zh: "证据", en: "Evidence" },
  belief: { zh: "综合可信度 {pct}%", en: "believed {pct} %" },
  contested: { zh: "来源互相矛盾，请先核实传感器", en: "The sources contradict each other: check the sensor first" },
  sources: { zh: "{n} 个来源", en: "{n} sources" },
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

const HIDDEN = new Set(["source", "at", "snapshotUrl", "picture", "pictureAt", "bbox", "lat", "lon", "eventId"]);

/** Who saw what, each source beside the others with what it weighs together. */
export function Evidence({ alert }: { alert: AlertView }) {
  const { evidence, belief, contested, subject, subjectName } = alert;
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
            <strong>{(item.source === subject.id && subjectName) || item.source}</strong>{" "}
            <time>{clockText(item.at)}</time>
            <span>
              {Object.entries(item)
                .filter(([name, value]) => !HIDDEN.has(name) && value !== null)
                .map(([name, value]) => factText(name, value))
                .join(" · ")}
            </span>
            <Snapshot alertId={alert.id} item={item} />
          </li>
        ))}
      </ul>
      {alert.pictures.length > 0 && <Pictures alert={alert} />}
    </section>
  );
}
