import { signal } from "@preact/signals";
import { words } from "../shared/language.ts";
import type { Rest } from "../staff/rest.ts";
import { Refused } from "../staff/rest.ts";
import { download } from "./save-file.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  exports: { zh: "导出", en: "Exports" },
  asking: { zh: "正在准备…", en: "being prepared …" },
  coming: { zh: "已接收 {size}", en: "{size} received" },
  saved: { zh: "已保存，{size}", en: "saved, {size}" },
  brokeOff: { zh: "连接中断，文件不完整，未保存", en: "The line broke before the file was whole; nothing was saved" },
  noRoom: { zh: "磁盘空间不足，未保存", en: "There is no room on the disk; nothing was saved" },
});

type Progress = "asking" | "coming" | "saved" | "failed";

interface Export {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly progress: Progress;
  readonly problem: string | null;
  readonly stop: () => void;
  readonly again: () => void;
}

/** Files that are on their way; they go on whatever page is open. */
const running = signal<readonly Export[]>([]);
const SAVED_SHOWN_MS = 8_000;
/** Bytes come in thousands of pieces; the screen counts a few times a second. */
const COUNT_EVERY_MS = 250;
let lastId = 0;

const change = (id: number, fields: Partial<Export>) => {
  running.value = running.value.map((one) => (one.id === id ? { ...one, ...fields } : one));
};
const drop = (id: number) => {
  running.value = running.value.filter((one) => one.id !== id);
};

/** Fetches a file in the background: how far it is, and what became of it, is shown at the edge of every page. */
export function startExport(rest: Rest, path: string, name: string): void {
  const id = ++lastId;
  const stopping = new AbortController();
  const again = () => {
    drop(id);
    startExport(rest, path, name);
  };
  const stop = () => {
    stopping.abort();
    drop(id);
  };
  running.value = [...running.value, { id, name, bytes: 0, progress: "asking", problem: null, stop, again }];
  let countedAt = Number.NEGATIVE_INFINITY;
  let bytes = 0;
  const onBytes = (sum: number) => {
    bytes = sum;
    if (performance.now() - countedAt < COUNT_EVERY_MS) return;
    countedAt = performance.now();
    change(id, { bytes, progress: "coming" });
  };
  download(rest, path, name, { onBytes, signal: stopping.signal }).then(
    () => {
      change(id, { bytes, progress: "saved" });
      setTimeout(() => drop(id), SAVED_SHOWN_MS);
    },
    (error) => change(id, { progress: "failed", problem: problemText(error) }),
  );
}

function problemText(error: unknown): string {
  if (error instanceof Refused) return error.message;
  return (error as Error).name === "QuotaExceededError" ? say("noRoom") : say("brokeOff");
}

/** 1.5 MB as people say it. */
function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Every file on its way: its name, what has come, and a way to stop it. */
export function Exports() {
  if (running.value.length === 0) return null;
  return (
    <section class="exports" aria-label={say("exports")}>
      <ul>
        {running.value.map((one) => (
          <li key={one.id} class={one.progress}>
            <strong>{one.name}</strong>
            <span role={one.progress === "failed" ? "alert" : "status"}>
              {one.problem ?? (one.progress === "saved" ? say("saved", { size: sizeText(one.bytes) }) : "")}
            </span>
            {(one.progress === "asking" || one.progress === "coming") && (
              <span class="muted">{say(one.progress, { size: sizeText(one.bytes) })}</span>
            )}
            {one.progress === "failed" && (
              <button type="button" onClick={one.again}>
                {sayDesk("again")}
              </button>
            )}
            {one.progress !== "saved" && (
              <button type="button" onClick={one.stop}>
                {one.progress === "failed" ? sayDesk("close") : sayDesk("cancel")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
